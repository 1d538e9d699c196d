"""The ingest service: keeps readings of devices, and counts each once when it comes back from the broker."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chandlery import idempotency, outbox, variants
from chandlery.broker import READINGS, Message, Poison
from chandlery.customers import customer_of
from chandlery.database import Connection
from chandlery.errors import Refused
from chandlery.idempotency import Answer
from chandlery.ids import new_id, parse_id
from chandlery.ingest import store
from chandlery.lifecycle import Lifecycle
from chandlery.participant import Participant
from chandlery.server import Service
from chandlery.settings import Settings
from chandlery.web import json_object, reply, route

MOST_MILLI = 1_000_000_000


def build(settings: Settings, lifecycle: Lifecycle) -> Service:
    ingest = Ingest(settings)
    return ingest.service(
        lifecycle,
        [
            route("POST", "/v1/readings", ingest.take),
            route("GET", "/v1/readings/{device}/summary", ingest.summary),
            route("GET", "/v1/readings/{id}", ingest.read),
        ],
    )


class Ingest(Participant):
    """Readings go through a stream of their own: a flood of them fills no other."""

    schema = store.SCHEMA
    stream = READINGS

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        if variants.active(variants.COUNTED_AGAIN):
            self._handler = variants.without_inbox(self.database, self.effect)

    async def effect(self, connection: Connection, message: Message) -> None:
        if message.kind != "reading":
            raise Poison(f"ingest knows no {message.kind}")
        device, value_milli = message.body.get("device"), message.body.get("value_milli")
        if not isinstance(device, str) or type(value_milli) is not int:
            raise Poison("no device, or no value in whole thousandths")
        await store.count(connection, device, value_milli)

    async def take(self, request: Request) -> Response:
        """Taken when it is committed, with the message that leads to its being counted."""
        key = idempotency.key_of(request.headers)
        body = await json_object(request)
        device, value_milli = reading_of(body)
        async with self.database.transaction() as connection:

            async def write() -> Answer:
                reading_id = new_id()
                await store.keep(connection, reading_id, device, value_milli)
                await outbox.put(connection, "ingest.reading", {"device": device, "value_milli": value_milli})
                return idempotency.answer(202, {"id": str(reading_id), "device": device})

            answer = await idempotency.once(connection, device, key, body, write)
        return reply(answer)

    async def summary(self, request: Request) -> Response:
        device = request.path_params["device"]
        async with self.database.connection() as connection:
            row = await store.summary(connection, device)
        if row is None:
            raise Refused(404, f"no reading of {device} was counted")
        return JSONResponse(dict(row))

    async def read(self, request: Request) -> Response:
        reading_id = parse_id(request.path_params["id"])
        if reading_id is None:
            raise Refused(404, "this is no id of a reading")
        async with self.database.connection() as connection:
            row = await store.reading(connection, reading_id)
        if row is None:
            raise Refused(404, "there is no such reading")
        return JSONResponse(dict(row))


def reading_of(body: dict[str, Any]) -> tuple[str, int]:
    """(device, value in thousandths). Raises Refused 422."""
    device, value_milli = customer_of(body, "device"), body.get("value_milli")
    if type(value_milli) is not int or abs(value_milli) > MOST_MILLI:
        raise Refused(422, f"value_milli must be a whole number from -{MOST_MILLI} to {MOST_MILLI}")
    return device, value_milli
