"""The payments service: answers the saga's capture and refund, and moves money between customers."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chandlery import idempotency, metrics, outbox, variants
from chandlery.broker import Message, Poison
from chandlery.customers import customer_of
from chandlery.database import Connection
from chandlery.errors import Refused
from chandlery.idempotency import Answer
from chandlery.lifecycle import Lifecycle
from chandlery.participant import Participant, order_of
from chandlery.payments import store
from chandlery.server import Service
from chandlery.settings import Settings
from chandlery.web import json_object, reply, route

MAX_CENTS = 1_000_000_000


def build(settings: Settings, lifecycle: Lifecycle) -> Service:
    payments = Payments(settings)
    return payments.service(
        lifecycle,
        [
            route("POST", "/v1/transfers", payments.transfer),
            route("GET", "/v1/accounts/{id}", payments.read),
        ],
    )


class Payments(Participant):
    """Accounts, entries, and one payment per order."""

    schema = store.SCHEMA

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        if variants.active(variants.BALANCE_BEHIND):
            behind = variants.BalancesBehind(self.database)
            store.book = behind.book
            self.background.append(behind.run)
        if variants.active(variants.ACK_BEFORE_EFFECT):
            later = variants.HandledLater(self._handler)
            self._handler = later.take
            self.background.append(later.run)

    async def effect(self, connection: Connection, message: Message) -> None:
        order_id = order_of(message)
        if message.kind == "capture":
            customer, cents = charge_of(message)
            answer: str | None = await store.capture(connection, order_id, customer, cents)
        elif message.kind == "refund":
            answer = await store.refund(connection, order_id)
        else:
            raise Poison(f"payments knows no {message.kind}")
        if answer is None:
            metrics.DUPLICATES_SUPPRESSED.labels("payment").inc()
            return
        await outbox.put(connection, f"orders.{answer}", {"order_id": str(order_id)})

    async def transfer(self, request: Request) -> Response:
        """Customer to customer. Too little money is an answer like any other: stored, and repeated."""
        key = idempotency.key_of(request.headers)
        body = await json_object(request)
        source, target, cents = transfer_of(body)
        async with self.database.transaction() as connection:

            async def write() -> Answer:
                await store.open_accounts(connection, [source, target])
                moved = await store.move(connection, source, target, cents)
                if moved is None:
                    return idempotency.answer(422, {"error": f"{source} has less than {cents} cents"})
                return idempotency.answer(201, {"id": str(moved), "amount_cents": cents})

            answer = await idempotency.once(connection, source, key, body, write)
        return reply(answer)

    async def read(self, request: Request) -> Response:
        name = request.path_params["id"]
        async with self.database.connection() as connection:
            row = await store.account(connection, name)
        if row is None:
            raise Refused(404, f"there is no account {name}")
        return JSONResponse(dict(row))


def transfer_of(body: dict[str, Any]) -> tuple[str, str, int]:
    """(source, target, cents). Raises Refused 422."""
    source, target = customer_of(body, "from"), customer_of(body, "to")
    cents = body.get("amount_cents")
    if type(cents) is not int or not 1 <= cents <= MAX_CENTS:
        raise Refused(422, f"amount_cents must be a whole number from 1 to {MAX_CENTS}")
    if source == target:
        raise Refused(422, "from and to are the same account")
    return source, target, cents


def charge_of(message: Message) -> tuple[str, int]:
    """(customer, cents). Raises Poison."""
    customer, cents = message.body.get("customer"), message.body.get("amount_cents")
    if not isinstance(customer, str) or type(cents) is not int or cents < 1:
        raise Poison("no customer or no amount in whole cents")
    return customer, cents
