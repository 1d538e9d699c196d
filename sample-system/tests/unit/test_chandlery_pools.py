"""How many connections a process opens, and when it gives them back."""

import asyncio

import asyncpg
import pytest
from chandlery import settings, variants
from chandlery.database import Database


class Opened:
    """Stands for PostgreSQL: counts what is open, and refuses more than it admits."""

    def __init__(self, admits: int) -> None:
        self.admits = admits
        self.open = 0
        self.refused = 0

    async def connect(self, _url: str, *, timeout: float) -> "Opened":
        assert timeout > 0
        if self.open >= self.admits:
            self.refused += 1
            raise asyncpg.TooManyConnectionsError("sorry, too many clients already")
        self.open += 1
        return self

    def terminate(self) -> None:
        self.open -= 1


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("every_seconds", "after_refusal_seconds"):
        monkeypatch.setattr(variants.LargePool, name, 0.0)


def turned(pool: variants.LargePool, *, asked: bool) -> None:
    """Let it look many times, under load or without."""

    async def run() -> None:
        if asked:
            pool.ask()
        task = asyncio.create_task(pool.run())
        for _ in range(500):
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(run())


@pytest.mark.parametrize(("admits", "held"), [(100, 28), (5, 5)])
def test_the_large_pool_is_filled_under_load_as_far_as_the_store_admits(
    monkeypatch: pytest.MonkeyPatch, admits: int, held: int
):
    store = Opened(admits)
    monkeypatch.setattr(asyncpg, "connect", store.connect)
    pool = variants.LargePool("postgresql://orders@db/orders")
    turned(pool, asked=False)
    assert store.open == 0, "no quote has come"
    turned(pool, asked=True)
    assert store.open == held
    assert (store.refused > 0) == (held == admits)
    monkeypatch.setattr(pool, "idle_seconds", -1.0)
    turned(pool, asked=False)
    assert store.open == 0, "the load is over"


def test_idle_connections_are_kept_unless_they_are_to_be_given_back(monkeypatch: pytest.MonkeyPatch):
    asked: list[dict[str, object]] = []

    async def create_pool(_url: str, **options: object) -> None:
        asked.append(options)

    monkeypatch.setattr(asyncpg, "create_pool", create_pool)
    monkeypatch.setenv("CHANDLERY_IDLE_SECONDS", "0.1")
    for idle in (settings.IDLE_SECONDS, settings.from_environment("payments").idle_seconds):
        asyncio.run(Database("postgresql://a@b/c", idle_seconds=idle)._connect())
    found = [(each["min_size"], each["max_inactive_connection_lifetime"]) for each in asked]
    assert found == [(2, 300.0), (0, 0.1)]
