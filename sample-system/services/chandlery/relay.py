"""The relay: carries the rows of every outbox to the broker.

A process of its own, not a task in each service: its work then does not count in the processor time by
which orders are scaled, scaling orders out does not multiply the polling, and it can die alone.
Two of them share the rows (skip locked).
"""

import asyncio
import logging

from chandlery import metrics, outbox
from chandlery.broker import Broker
from chandlery.database import Database
from chandlery.errors import OutcomeUnknown, Unavailable
from chandlery.lifecycle import Lifecycle
from chandlery.server import Service
from chandlery.settings import Settings, SettingsError

# Polling, not LISTEN: a notification per commit makes all commits of a server wait for one lock, and a
# poll finds whole batches when there is much to do.
SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 0.5
MEASURE_SECONDS = 5.0
log = logging.getLogger("chandlery.relay")


def build(settings: Settings, lifecycle: Lifecycle) -> Service:
    if not settings.database_urls:
        raise SettingsError("relay needs CHANDLERY_DATABASE_URLS")
    relay = Relay(settings)
    lifecycle.checks["broker"] = relay.broker.check
    for database in relay.databases:
        lifecycle.checks[database.name] = database.check
    return Service(routes=[], start=relay.start, stop=relay.stop, background=[relay.run])


class Relay:
    """One broker, several outboxes."""

    def __init__(self, settings: Settings) -> None:
        self.broker = Broker(settings.nats_url, settings.name)
        self.databases = [Database(url, size=2) for url in settings.database_urls]

    async def start(self) -> None:
        await self.broker.open()
        for database in self.databases:
            await database.open(outbox.is_there)

    async def stop(self) -> None:
        await self.broker.close()
        for database in self.databases:
            await database.close()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._count_dead_letters())
            for database in self.databases:
                group.create_task(self._carry(database))
                group.create_task(self._measure(database))

    async def _carry(self, database: Database) -> None:
        pause = SHORTEST_PAUSE_SECONDS
        while True:
            try:
                carried = await outbox.relay_batch(database, self.broker)
            except (Unavailable, OutcomeUnknown) as error:
                log.warning("%s waits: %s", database.name, error)
                carried = 0
            pause = SHORTEST_PAUSE_SECONDS if carried else min(pause * 2, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)

    async def _measure(self, database: Database) -> None:
        while True:
            try:
                await outbox.measure(database)
            except (Unavailable, OutcomeUnknown) as error:
                log.warning("%s is not measured: %s", database.name, error)
            await asyncio.sleep(MEASURE_SECONDS)

    async def _count_dead_letters(self) -> None:
        while True:
            try:
                metrics.DEAD_LETTERS.set(await self.broker.dead_letters())
            except Unavailable as error:
                log.warning("dead letters are not counted: %s", error)
            await asyncio.sleep(MEASURE_SECONDS)
