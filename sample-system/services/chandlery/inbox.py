"""The inbox: a message's effect, its row here and the messages it causes are one transaction."""

from collections.abc import Awaitable, Callable

from chandlery import metrics
from chandlery.broker import Handler, Message
from chandlery.database import Connection, Database

TAKE = "insert into inbox (message_id, subject) values ($1, $2) on conflict do nothing returning true"

Effect = Callable[[Connection, Message], Awaitable[None]]


def exactly_once(database: Database, effect: Effect) -> Handler:
    """A handler that lets `effect` happen once per message id, however often the broker delivers it."""

    async def handle(message: Message) -> None:
        async with database.transaction() as connection:
            if await connection.fetchval(TAKE, message.id, message.kind):
                await effect(connection, message)
            else:
                metrics.DUPLICATES_SUPPRESSED.labels("inbox").inc()

    return handle
