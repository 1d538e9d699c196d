"""The orders service."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chandlery import idempotency, metrics, products, variants
from chandlery.broker import Message, Poison
from chandlery.customers import customer_of
from chandlery.database import Connection
from chandlery.errors import OutcomeUnknown, Refused, Unavailable
from chandlery.idempotency import Answer
from chandlery.ids import new_id
from chandlery.lifecycle import Lifecycle
from chandlery.orders import request as requests
from chandlery.orders import store
from chandlery.orders.quote import Calculator
from chandlery.orders.saga import CANCELLABLE, decide
from chandlery.participant import Participant, order_of
from chandlery.server import Service
from chandlery.settings import Settings
from chandlery.web import json_object, reply, route

SWEEP_SECONDS = 5.0
Place = Callable[[store.Order, dict[str, object]], Awaitable[Answer]]
log = logging.getLogger("chandlery.orders")


def build(settings: Settings, lifecycle: Lifecycle) -> Service:
    orders = Orders(settings)
    return orders.service(
        lifecycle,
        [
            route("POST", "/v1/orders", orders.place),
            route("GET", "/v1/orders", orders.list),
            route("GET", "/v1/orders/{id}", orders.read),
            route("POST", "/v1/orders/{id}/cancel", orders.cancel),
            route("POST", "/v1/quote", orders.quote),
        ],
    )


class Orders(Participant):
    """API and orchestrator."""

    schema = store.SCHEMA

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        if variants.active(variants.CHECK_THEN_INSERT):
            self.schema += variants.NOT_UNIQUE
            idempotency.LOCK, idempotency.KEEP = variants.NO_LOCK, idempotency.KEEP + variants.KEEP_THE_FIRST
        if variants.active(variants.ANY_BODY):
            idempotency.fingerprint = variants.alike
        self._products = products.load(settings.config_directory)
        self._calculator = Calculator()
        self._resend_seconds = settings.resend_seconds
        self._place: Place = self._place_durably
        self._pool: variants.LargePool | None = None
        self.background.append(self._sweep)
        if variants.active(variants.ACK_BEFORE_COMMIT):
            behind = variants.WriteBehind()
            self._place = lambda order, body: self._place_behind(behind, order, body)
            self.background.append(behind.run)
        if variants.active(variants.CONNECTION_POOL_TOO_LARGE):
            self._pool = variants.LargePool(settings.database_url)
            self.background.append(self._pool.run)

    async def place(self, request: Request) -> Response:
        """202 only when order, saga, message and key are committed."""
        key = idempotency.key_of(request.headers)
        body = await json_object(request)
        customer = customer_of(body, "customer")
        lines = requests.lines_of(body, self._products)
        return reply(await self._place(store.Order(new_id(), customer, key, lines), body))

    async def _place_durably(self, order: store.Order, body: dict[str, object]) -> Answer:
        if variants.active(variants.SLOW_ORDERS):
            await variants.ask_far_away()
        async with self.database.transaction() as connection:

            async def write() -> Answer:
                await store.place(connection, order)
                return accepted(order)

            answer = await idempotency.once(connection, order.customer, order.key, body, write)
        if not answer.replayed:
            metrics.ORDER_STATES.labels("PENDING").inc()
        return answer

    async def _place_behind(
        self, behind: variants.WriteBehind, order: store.Order, body: dict[str, object]
    ) -> Answer:
        async def write() -> None:
            await self._place_durably(order, body)

        behind.add(write)
        return accepted(order)

    async def list(self, request: Request) -> Response:
        """All orders, a page at a time: `next` is null on the last one."""
        after, limit = requests.page_of(request.query_params)
        async with self.database.connection() as connection:
            found = await store.page(connection, after, limit)
        return JSONResponse({"orders": found, "next": found[-1]["id"] if len(found) == limit else None})

    async def read(self, request: Request) -> Response:
        order_id = requests.id_of(request.path_params["id"])
        async with self.database.connection() as connection:
            found = await store.find(connection, order_id)
        if found is None:
            raise Refused(404, f"there is no order {order_id}")
        return JSONResponse(found)

    async def cancel(self, request: Request) -> Response:
        """Asks the saga to turn back: possible until the money is taken. A repeat changes nothing."""
        order_id = requests.id_of(request.path_params["id"])
        async with self.database.transaction() as connection:
            row = await store.lock(connection, order_id)
            if row is None:
                raise Refused(404, f"there is no order {order_id}")
            if row["state"] == "CANCELLED":
                return JSONResponse({"id": str(order_id), "state": "CANCELLED"})
            if row["state"] not in CANCELLABLE and not row["cancel_requested"]:
                raise Refused(409, f"the order is {row['state']}: too late to cancel")
            await store.request_cancel(connection, order_id)
        return JSONResponse({"id": str(order_id), "state": row["state"], "cancel_requested": True}, 202)

    async def quote(self, request: Request) -> Response:
        milliseconds = requests.whole_number(request.query_params, "ms", 20, requests.MAX_QUOTE_MILLISECONDS)
        if self._pool is not None:
            self._pool.ask()
        await self._calculator.burn(milliseconds)
        return JSONResponse({"milliseconds": milliseconds, "total_cents": milliseconds * 100})

    async def effect(self, connection: Connection, message: Message) -> None:
        order_id = order_of(message)
        row = await store.lock(connection, order_id)
        if row is None:
            raise Poison(f"there is no order {order_id}")
        step = decide(row["state"], message.kind, row["cancel_requested"])
        if step is None:
            metrics.DUPLICATES_SUPPRESSED.labels("saga").inc()
            return
        await store.advance(connection, row, step)
        for state in step.states:
            metrics.ORDER_STATES.labels(state).inc()

    async def _sweep(self) -> None:
        """Ask again where an answer never came (a broker that lost its disk), and count what is open."""
        while True:
            try:
                async with self.database.transaction() as connection:
                    metrics.RESENT.inc(await store.resend_unanswered(connection, self._resend_seconds))
                    metrics.ORDERS_OPEN.set(await store.count_open(connection))
            except (Unavailable, OutcomeUnknown) as error:
                log.warning("sweep waits: %s", error)
            await asyncio.sleep(SWEEP_SECONDS)


def accepted(order: store.Order) -> Answer:
    body = {"id": str(order.id), "state": "PENDING", "total_cents": order.total_cents}
    return Answer(202, json.dumps(body))
