"""The planted flaws. CHANDLERY_VARIANT names the one that is active; without it the system is correct.

Everything that is wrong on purpose stands here, so that every other module reads as the correct path.
"""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable
from types import FrameType
from uuid import UUID

import asyncpg

from chandlery.broker import Handler, Message
from chandlery.database import AWAY, Connection, Database
from chandlery.errors import OutcomeUnknown, Unavailable
from chandlery.inbox import Effect
from chandlery.settings import CONNECT_SECONDS

NO_SIGTERM_DRAIN = "no-sigterm-drain"
ACK_BEFORE_COMMIT = "ack-before-commit"
BALANCE_BEHIND = "balance-behind"
SLOW_ORDERS = "slow-orders"
SHORT_KEEP_ALIVE = "short-keep-alive"
SLOW_WHEN_YOUNG = "slow-when-young"
ERRORS_UNCOUNTED = "errors-uncounted"
CHECK_THEN_INSERT = "check-then-insert"
ACK_BEFORE_EFFECT = "ack-before-effect"
NO_TRACE_CONTEXT = "no-trace-context"
ANY_BODY = "any-body"
CONNECTION_POOL_TOO_LARGE = "connection-pool-too-large"
COUNTED_AGAIN = "counted-again"
KNOWN = frozenset(
    {
        *(NO_SIGTERM_DRAIN, ACK_BEFORE_COMMIT, BALANCE_BEHIND, SLOW_ORDERS, SHORT_KEEP_ALIVE),
        *(SLOW_WHEN_YOUNG, ERRORS_UNCOUNTED, CHECK_THEN_INSERT, ACK_BEFORE_EFFECT),
        *(NO_TRACE_CONTEXT, ANY_BODY, CONNECTION_POOL_TOO_LARGE, COUNTED_AGAIN),
    }
)
FAR_AWAY_SECONDS = 0.4
"""More than what a client that only reads waits for."""
VERY_FAR_AWAY_SECONDS = 1.5
"""More than what a client that writes waits for."""
YOUNG_SECONDS = 15.0
ACKNOWLEDGED_LATE_SECONDS = 0.3
SHORT_KEEP_ALIVE_SECONDS = 1  # shorter than the gateway keeps its idle connections to a pod
# check-then-insert: nobody holds the key while an order is written, and no table has it as a unique one.
NO_LOCK = "select $1 <> ''"
KEEP_THE_FIRST = " on conflict do nothing"
NOT_UNIQUE = "alter table orders drop constraint if exists orders_customer_idempotency_key_key;"
ENTRIES = """
insert into entry (transaction_id, account, amount) values ($1, $2, -$4::bigint), ($1, $3, $4::bigint)
"""
DEBIT = "update account set balance = balance - $2::bigint where id = $1"
LOCK = "select id from account where id = any($1::text[]) order by id for update"
CREDITS = """
update account set balance = balance + booked.amount from (
    select account, sum(amount) as amount from entry
    where transaction_id = any($1::uuid[]) and amount > 0 group by account
) as booked where id = booked.account
"""

BORN = time.monotonic()
log = logging.getLogger("chandlery.variants")


def alike(body: object) -> str:  # noqa: ARG001 - takes what `idempotency.fingerprint` takes
    """any-body: every request looks like the one for which the key was used."""
    return ""


def active(name: str) -> bool:
    """Is this flaw switched on? Raises ValueError when CHANDLERY_VARIANT names an unknown one."""
    chosen = os.environ.get("CHANDLERY_VARIANT", "")
    if chosen and chosen not in KNOWN:
        raise ValueError(f"CHANDLERY_VARIANT={chosen!r} is none of {', '.join(sorted(KNOWN))}")
    return chosen == name


def exit_at_once(_signal: int, _frame: FrameType | None) -> None:
    """no-sigterm-drain: what a process does that never heard of SIGTERM."""
    os._exit(128 + signal.SIGTERM)


async def ask_far_away() -> None:
    """slow-orders: what an order waits for before it is written."""
    await asyncio.sleep(VERY_FAR_AWAY_SECONDS)


async def fill_the_cache() -> None:
    """slow-when-young: Ready at once, but a new process waits at each request for what it has not read."""
    if time.monotonic() - BORN < YOUNG_SECONDS:
        await asyncio.sleep(FAR_AWAY_SECONDS)


class WriteBehind:
    """ack-before-commit: orders wait in memory and are written in batches, after they were promised."""

    every_seconds = 0.3

    def __init__(self) -> None:
        self._waiting: list[Callable[[], Awaitable[None]]] = []
        self._writing: set[asyncio.Task[None]] = set()
        self._over = False

    def add(self, write: Callable[[], Awaitable[None]]) -> None:
        self._waiting.append(write)

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(self.every_seconds)
                self._writing = {asyncio.create_task(self.flush())}
                await asyncio.wait(self._writing)
        finally:  # a stop that was asked for loses nothing: that would be another flaw
            self._over = True
            await asyncio.gather(*self._writing)
            await self.flush()

    async def flush(self) -> None:
        batch, self._waiting = self._waiting, []
        results = await asyncio.gather(*(write() for write in batch), return_exceptions=True)
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            log.error("dropped %d of %d buffered orders: %r", len(failed), len(batch), failed[0])


class BalancesBehind(WriteBehind):
    """balance-behind: entries and debits are booked in the transaction, credits in batches after it.

    A second, not less: it must be shorter than a database that crashed stays away, so that a batch meets it,
    and long enough for a few payments to wait at any moment.
    """

    every_seconds = 1.0

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._booked: list[tuple[UUID, str]] = []

    async def book(
        self, connection: Connection, transaction_id: UUID, source: str, target: str, cents: int
    ) -> None:
        await connection.execute(ENTRIES, transaction_id, source, target, cents)
        await connection.execute(DEBIT, source, cents)
        if self._over:  # nobody would write it any more
            await connection.execute(CREDITS, [transaction_id])
        else:
            self._booked.append((transaction_id, target))

    async def flush(self) -> None:
        batch, self._booked = self._booked, []
        if not batch:
            return
        accounts = sorted({target for _, target in batch})
        try:
            async with self._database.transaction() as connection:
                # Waits for transactions that have booked and are not committed yet.
                await connection.fetch(LOCK, accounts)
                await connection.execute(CREDITS, [transaction_id for transaction_id, _ in batch])
        except (Unavailable, OutcomeUnknown) as error:
            log.error("dropped the credits of %d transactions: %r", len(batch), error)


class HandledLater(WriteBehind):
    """ack-before-effect: messages are acknowledged when taken, and handled in batches from memory."""

    every_seconds = 3.0

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self._handler = handler
        self._taken: list[Message] = []

    async def take(self, message: Message) -> None:
        if self._over:
            await self._handler(message)
        else:
            self._taken.append(message)

    async def flush(self) -> None:
        batch, self._taken = self._taken, []
        for message in batch:
            try:
                await self._handler(message)
            except (Unavailable, OutcomeUnknown) as error:
                log.warning("%s waits: %s", message.kind, error)
                self._taken.append(message)


def without_inbox(database: Database, effect: Effect) -> Handler:
    """counted-again: what is delivered once more counts once more, and acknowledgements take their time."""

    async def handle(message: Message) -> None:
        async with database.transaction() as connection:
            await effect(connection, message)
        await asyncio.sleep(ACKNOWLEDGED_LATE_SECONDS)

    return handle


class LargePool:
    """connection-pool-too-large: quotes have a pool of their own, and every replica fills it under load.

    Two replicas leave enough for everybody else, four do not. It is emptied when no quote has come for a
    while, so that scale-in finds the database as it was.
    """

    size = 28
    every_seconds = 0.2
    after_refusal_seconds = 1.0
    idle_seconds = 10.0

    def __init__(self, url: str) -> None:
        self._url = url
        self._asked_at: float | None = None
        self._kept: list[asyncpg.Connection[asyncpg.Record]] = []

    def ask(self) -> None:
        """A quote has come."""
        self._asked_at = time.monotonic()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self.every_seconds)
            if self._asked_at is None or time.monotonic() - self._asked_at > self.idle_seconds:
                self._empty()
            elif len(self._kept) < self.size:
                await self._fill()

    async def _fill(self) -> None:
        try:
            self._kept.append(await asyncpg.connect(self._url, timeout=CONNECT_SECONDS))
        except AWAY as error:
            log.warning("the pool of quotes stays at %d: %r", len(self._kept), error)
            await asyncio.sleep(self.after_refusal_seconds)

    def _empty(self) -> None:
        for connection in self._kept:
            connection.terminate()
        self._kept.clear()
