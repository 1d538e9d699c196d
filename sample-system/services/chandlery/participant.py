"""One database, one broker, one consumer: base of the parts of the saga, and of ingest."""

from uuid import UUID

from starlette.routing import BaseRoute

from chandlery.broker import EVENTS, Broker, Consumer, Message, Poison
from chandlery.database import Connection, Database, migration
from chandlery.ids import parse_id
from chandlery.inbox import exactly_once
from chandlery.lifecycle import Lifecycle
from chandlery.server import Action, Service
from chandlery.settings import Settings

STOP_SECONDS = 2.0


class Participant:
    """Subclasses give the schema, the stream and the effect of a message on the database."""

    schema: str
    stream = EVENTS

    def __init__(self, settings: Settings) -> None:
        self.database = Database(settings.database_url, idle_seconds=settings.idle_seconds)
        self._name = settings.name
        self._broker = Broker(settings.nats_url, settings.name)
        self._consumer: Consumer | None = None
        self._handler = exactly_once(self.database, self.effect)
        self.background: list[Action] = [self.consume]

    def service(self, lifecycle: Lifecycle, routes: list[BaseRoute]) -> Service:
        # The broker is no condition for readiness: without it work waits, and reads go on.
        lifecycle.checks["database"] = self.database.check
        return Service(routes=routes, start=self.start, stop=self.stop, background=self.background)

    async def effect(self, connection: Connection, message: Message) -> None:
        """Do what the message asks, in this transaction, and put the reply into the outbox."""
        raise NotImplementedError

    async def start(self) -> None:
        await self.database.open(migration(self.schema))

    async def stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop(STOP_SECONDS)
        await self._broker.close()
        await self.database.close()

    async def consume(self) -> None:
        await self._broker.open()
        self._consumer = await self._broker.consume(self._name, self._handler, self.stream)


def order_of(message: Message) -> UUID:
    """Raises Poison for a message that names no order."""
    order_id = parse_id(str(message.body.get("order_id", "")))
    if order_id is None:
        raise Poison("the message names no order")
    return order_id
