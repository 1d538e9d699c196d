"""What a client may send to orders, checked by hand. Pure."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chandlery.errors import Refused
from chandlery.ids import parse_id
from chandlery.products import Product

MAX_LINES = 50
MAX_QUANTITY = 100_000
MAX_QUOTE_MILLISECONDS = 2_000
MAX_PAGE = 1_000
NIL = UUID(int=0)


def lines_of(body: dict[str, Any], products: Mapping[str, Product]) -> tuple[tuple[str, int, int], ...]:
    """(sku, quantity, price in cents) of each line. Raises Refused 422."""
    lines = body.get("lines")
    if not isinstance(lines, list) or not 1 <= len(lines) <= MAX_LINES:
        raise Refused(422, f"lines must be a list of 1 to {MAX_LINES}")
    result = []
    for line in lines:
        sku = line.get("sku") if isinstance(line, dict) else None
        if not isinstance(sku, str) or sku not in products:
            raise Refused(422, f"there is no product {sku!r}")
        quantity = line.get("quantity")
        if type(quantity) is not int or not 1 <= quantity <= MAX_QUANTITY:
            raise Refused(422, f"quantity of {sku} must be a whole number from 1 to {MAX_QUANTITY}")
        result.append((sku, quantity, products[sku].price_cents))
    if len({sku for sku, _quantity, _price in result}) != len(result):
        raise Refused(422, "each product may stand on one line only")
    return tuple(result)


def id_of(text: str) -> UUID:
    """Raises Refused 404: what is no id names no order."""
    order_id = parse_id(text)
    if order_id is None:
        raise Refused(404, f"there is no order {text}")
    return order_id


def page_of(query: Mapping[str, str]) -> tuple[UUID, int]:
    """(after, limit). Raises Refused 422."""
    after = parse_id(query["after"]) if query.get("after") else NIL
    if after is None:
        raise Refused(422, "after must be the id of an order")
    return after, whole_number(query, "limit", MAX_PAGE, MAX_PAGE)


def whole_number(query: Mapping[str, str], name: str, default: int, largest: int) -> int:
    """Raises Refused 422 unless the parameter is a whole number from 1 to `largest`."""
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= largest):
        raise Refused(422, f"{name} must be a whole number from 1 to {largest}")
    return int(text)
