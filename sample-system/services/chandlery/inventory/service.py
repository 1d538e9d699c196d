"""The inventory service: answers the saga's reserve, commit and release, and people's questions."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chandlery import idempotency, metrics, outbox, products
from chandlery.broker import Message, Poison
from chandlery.database import Connection
from chandlery.errors import Refused
from chandlery.idempotency import Answer
from chandlery.inventory import store
from chandlery.lifecycle import Lifecycle
from chandlery.participant import Participant, order_of
from chandlery.server import Service
from chandlery.settings import Settings
from chandlery.web import json_object, reply, route

MAX_RESTOCK = 1_000_000_000


def build(settings: Settings, lifecycle: Lifecycle) -> Service:
    inventory = Inventory(settings)
    return inventory.service(
        lifecycle,
        [
            route("GET", "/v1/stock/{sku}", inventory.read),
            route("POST", "/v1/stock/{sku}/restock", inventory.restock),
        ],
    )


class Inventory(Participant):
    """Stock and reservations."""

    schema = store.SCHEMA

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._products = products.load(settings.config_directory)

    async def start(self) -> None:
        await super().start()
        async with self.database.transaction() as connection:
            await store.stock_up(connection, sorted(self._products))

    async def effect(self, connection: Connection, message: Message) -> None:
        order_id = order_of(message)
        if message.kind == "reserve":
            answer: str | None = await store.reserve(connection, order_id, lines_of(message))
        elif message.kind == "commit":
            answer = await store.commit(connection, order_id)
        elif message.kind == "release":
            answer = await store.release(connection, order_id)
        else:
            raise Poison(f"inventory knows no {message.kind}")
        if answer is None:  # a repeat that came after the opposite was done
            metrics.DUPLICATES_SUPPRESSED.labels("reservation").inc()
            return
        await outbox.put(connection, f"orders.{answer}", {"order_id": str(order_id)})

    async def read(self, request: Request) -> Response:
        sku = request.path_params["sku"]
        async with self.database.connection() as connection:
            row = await store.level(connection, sku)
        if row is None:
            raise Refused(404, f"there is no product {sku}")
        return JSONResponse({**row, "available": row["on_hand"] - row["reserved"]})

    async def restock(self, request: Request) -> Response:
        sku = request.path_params["sku"]
        key = idempotency.key_of(request.headers)
        body = await json_object(request)
        quantity = body.get("quantity")
        if type(quantity) is not int or not 1 <= quantity <= MAX_RESTOCK:
            raise Refused(422, f"quantity must be a whole number from 1 to {MAX_RESTOCK}")
        async with self.database.transaction() as connection:

            async def write() -> Answer:
                on_hand = await store.restock(connection, sku, quantity, f"restock:{sku}:{key}")
                if on_hand is None:
                    raise Refused(404, f"there is no product {sku}")
                return idempotency.answer(201, {"sku": sku, "on_hand": on_hand})

            answer = await idempotency.once(connection, sku, key, body, write)
        return reply(answer)


def lines_of(message: Message) -> store.Lines:
    """{sku: quantity}. Raises Poison when the message holds no lines."""
    try:
        lines = {str(line["sku"]): int(line["quantity"]) for line in message.body["lines"]}
    except (KeyError, TypeError, ValueError) as error:
        raise Poison(f"no lines: {error!r}") from error
    if not lines or min(lines.values()) < 1:
        raise Poison("no lines, or a quantity below 1")
    return lines
