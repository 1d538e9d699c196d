"""When a pod says that it is ready: never before it had its database, and through a short loss of it."""

import asyncio

import pytest
from chandlery import lifecycle
from chandlery.errors import Unavailable
from chandlery.lifecycle import FORGIVEN_SECONDS, Lifecycle


class Database:
    away = False
    silent = False

    async def check(self) -> None:
        if self.silent:
            await asyncio.Event().wait()
        if self.away:
            raise Unavailable("refused")


class Bench:
    def __init__(self) -> None:
        self.now = 1000.0
        self.database = Database()
        self.life = Lifecycle(lambda: self.now)
        self.life.checks["database"] = self.database.check
        self.life.started = True

    def because(self) -> list[str]:
        return asyncio.run(self.life.not_ready_because())


def test_a_pod_that_never_had_its_database_is_not_ready():
    bench = Bench()
    bench.database.away = True
    assert bench.because() == ["database: refused"]


def test_a_short_loss_is_forgiven_and_a_long_one_is_not():
    bench = Bench()
    assert bench.because() == []
    bench.database.away = True
    bench.now += FORGIVEN_SECONDS
    assert bench.because() == []
    bench.now += 0.1
    assert bench.because() == ["database: refused"]
    bench.database.away = False
    assert bench.because() == []
    bench.database.away = True
    bench.now += FORGIVEN_SECONDS
    assert bench.because() == [], "what was lost before is over"


def test_a_database_that_says_nothing_is_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lifecycle, "CHECK_SECONDS", 0.01)
    bench = Bench()
    bench.database.silent = True
    assert bench.because() == ["database: no answer within 0.01 s"]


def test_a_pod_that_leaves_or_begins_is_not_forgiven():
    bench = Bench()
    bench.life.started = False
    assert bench.because() == ["starting"]
    bench.life.started = True
    assert bench.because() == []
    bench.life.draining = True
    assert bench.because() == ["draining"]
