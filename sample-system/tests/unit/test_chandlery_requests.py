"""What clients may send, and what is refused with which status."""

from uuid import UUID

import pytest
from chandlery.customers import customer_of
from chandlery.errors import Refused
from chandlery.idempotency import fingerprint, key_of
from chandlery.orders import request
from chandlery.payments.service import transfer_of
from chandlery.products import Product

PRODUCTS = {"rope": Product("rope", "Rope", 1250), "tar": Product("tar", "Tar", 1990)}


def test_lines_carry_the_price_of_the_moment():
    body = {"lines": [{"sku": "rope", "quantity": 2}, {"sku": "tar", "quantity": 1}]}
    assert request.lines_of(body, PRODUCTS) == (("rope", 2, 1250), ("tar", 1, 1990))


@pytest.mark.parametrize(
    "lines",
    [
        None,
        [],
        "rope",
        [{"sku": "gold", "quantity": 1}],
        [{"sku": "rope"}],
        [{"sku": "rope", "quantity": 0}],
        [{"sku": "rope", "quantity": -1}],
        [{"sku": "rope", "quantity": 1.5}],
        [{"sku": "rope", "quantity": True}],
        [{"sku": "rope", "quantity": "1"}],
        [{"sku": ["rope"], "quantity": 1}],
        ["rope"],
        [{"sku": "rope", "quantity": 1}] * 2,
        [{"sku": "rope", "quantity": 1}] * 51,
    ],
)
def test_lines_that_make_no_order_are_refused(lines: object):
    with pytest.raises(Refused) as refusal:
        request.lines_of({"lines": lines}, PRODUCTS)
    assert refusal.value.status == 422


@pytest.mark.parametrize("customer", [None, 7, "", "bank", "chandlery", "a b", "x" * 65, "-a", "a\n"])
def test_customers_without_an_account_are_refused(customer: object):
    with pytest.raises(Refused, match="customer"):
        customer_of({"customer": customer}, "customer")


def test_a_key_is_required():
    with pytest.raises(Refused) as refusal:
        key_of({"Idempotency-Key": "  "})
    assert refusal.value.status == 400


def test_equal_bodies_have_equal_fingerprints():
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_pages_begin_after_an_id():
    assert request.page_of({}) == (UUID(int=0), 1000)
    assert request.page_of({"after": str(UUID(int=5)), "limit": "10"}) == (UUID(int=5), 10)
    for query in ({"after": "x"}, {"limit": "0"}, {"limit": "-1"}, {"limit": "1001"}, {"limit": "²"}):
        with pytest.raises(Refused):
            request.page_of(query)


@pytest.mark.parametrize("cents", [0, -5, 1.0, True, "100", None])
def test_money_is_whole_cents(cents: object):
    with pytest.raises(Refused, match="amount_cents"):
        transfer_of({"from": "a", "to": "b", "amount_cents": cents})


def test_nobody_pays_himself_or_from_the_till():
    for source, target in (("a", "a"), ("bank", "a"), ("a", "chandlery")):
        with pytest.raises(Refused):
            transfer_of({"from": source, "to": target, "amount_cents": 1})
