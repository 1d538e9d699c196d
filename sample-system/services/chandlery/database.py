"""PostgreSQL: a pool whose every wait ends, transactions that say what became of them, migrations."""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias
from urllib.parse import urlsplit

import asyncpg

from chandlery import trace
from chandlery.errors import OutcomeUnknown, Unavailable
from chandlery.settings import CONNECT_SECONDS, IDLE_SECONDS, STATEMENT_SECONDS

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

ACQUIRE_SECONDS = 2.5
Prepare: TypeAlias = "Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[None]]"
MIGRATIONS = "create table if not exists migration (digest text primary key, at timestamptz default now())"
BEGIN_TRACED = "begin; select set_config('chandlery.trace', '{}', true)"
MIGRATION_LOCK = 7_301_990
# The server said, or the socket showed, that nothing can be done now. Anything else is a fault of ours.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # left by an operation that was cut off; the connection is of no more use
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.SerializationError,
)
# At the start also: the volume is being initialised, or the tables' owner has not made them yet.
NOT_YET = (
    *AWAY,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.InsufficientPrivilegeError,
)
log = logging.getLogger("chandlery.database")


def migration(schema: str) -> Prepare:
    """Applies `schema`, whose statements are idempotent, unless just this text was applied before.

    Not at every start: even a statement that changes nothing takes locks, and other pods' writes wait.
    """
    digest = hashlib.sha256(schema.encode()).hexdigest()

    async def apply(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        # Several pods start at once: one applies, the others wait and then find nothing left to do.
        await connection.execute("select pg_advisory_xact_lock($1)", MIGRATION_LOCK, timeout=30)
        await connection.execute(MIGRATIONS)
        if not await connection.fetchval("select true from migration where digest = $1", digest):
            await connection.execute(schema, timeout=30)
            await connection.execute("insert into migration (digest) values ($1)", digest)

    return apply


class Database:
    """One database, reached as one role. Connections are made when needed and again after a loss.

    Two are kept however long they lie idle; none, where they are to be given back sooner than usual.
    """

    def __init__(self, url: str, size: int = 8, idle_seconds: float = IDLE_SECONDS) -> None:
        self.name = urlsplit(url).path.lstrip("/")
        self._url = url
        self._size = size
        self._idle_seconds = idle_seconds
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self, prepare: Prepare) -> None:
        """Wait until the database answers and lets us `prepare`, then open the pool."""
        while True:
            try:
                await self._prepare(prepare)
                self._pool = await self._connect()
                return
            except NOT_YET as error:
                log.warning("database %s is not ready: %r", self.name, error)
                await asyncio.sleep(0.5)

    async def _connect(self) -> "asyncpg.Pool[asyncpg.Record]":
        return await asyncpg.create_pool(
            self._url,
            # Connected before the first request comes: on a busy machine that takes a while.
            min_size=2 if self._idle_seconds >= IDLE_SECONDS else 0,
            max_size=self._size,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            max_inactive_connection_lifetime=self._idle_seconds,
            # Transactions are the only state we leave on a connection, and they end here: no reset query.
            reset=_nothing_to_reset,
            server_settings={
                "lock_timeout": f"{STATEMENT_SECONDS / 2:.2f}s",
                "idle_in_transaction_session_timeout": "10s",
            },
        )

    async def _prepare(self, prepare: Prepare) -> None:
        connection = await asyncpg.connect(self._url, timeout=CONNECT_SECONDS)
        try:
            async with connection.transaction():
                await prepare(connection)
        finally:
            connection.terminate()

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()

    async def check(self) -> None:
        """Readiness: does the database answer a query? Raises Unavailable."""
        async with self.connection() as connection:
            await connection.fetchval("select 1", timeout=CONNECT_SECONDS)

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for reads. Raises Unavailable when there is none, or when it fails in use."""
        pool = self._pool
        if pool is None:
            raise Unavailable(f"{self.name} is not open yet")
        try:
            connection = await pool.acquire(timeout=ACQUIRE_SECONDS)
        except AWAY as error:
            raise Unavailable(f"no connection to {self.name}: {error!r}") from error
        try:
            yield connection
        except AWAY as error:
            _drop(connection)
            raise Unavailable(f"{self.name} failed: {error!r}") from error
        except asyncio.CancelledError:
            _drop(connection)
            raise
        finally:
            await pool.release(connection)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: committed when the block ends, else rolled back.

        Raises Unavailable when surely nothing was written, OutcomeUnknown when the commit was sent and
        its answer was lost.
        """
        async with self.connection() as connection:
            parent = trace.current()  # hexadecimal digits and dashes; `outbox` takes it from there
            await connection.execute(BEGIN_TRACED.format(parent) if parent else "begin")
            try:
                yield connection
            except (*AWAY, asyncio.CancelledError):
                raise  # connection() closes the connection, which rolls back
            except BaseException:
                await connection.execute("rollback")
                raise
            await _commit(connection)


async def _commit(connection: Connection) -> None:
    try:
        await connection.execute("commit")
    except (*AWAY, asyncio.CancelledError) as error:
        _drop(connection)
        raise OutcomeUnknown(f"no answer to commit: {error!r}") from error


def _drop(connection: Connection) -> None:
    """Close at once: whatever the server was doing for us is rolled back."""
    with contextlib.suppress(asyncpg.InterfaceError):  # noticed before: the pool has it back
        connection.terminate()


async def _nothing_to_reset(_connection: Connection) -> None:
    return None
