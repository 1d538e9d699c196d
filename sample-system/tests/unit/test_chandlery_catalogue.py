"""Prices that are followed: each second has its number, so any pod goes on where another ended."""

import asyncio

import pytest
from chandlery import catalogue
from chandlery.catalogue import LONGEST_WAIT_SECONDS, MISSED_SECONDS, prices, waiting
from chandlery.errors import Refused
from chandlery.lifecycle import Lifecycle


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.5
        monkeypatch.setattr(catalogue.time, "time", lambda: self.now)
        monkeypatch.setattr(catalogue.asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def numbers(last_id: str, most: int = 4, life: Lifecycle | None = None) -> list[int]:
    async def read() -> list[int]:
        found: list[int] = []
        async for event in prices(b"{}", last_id, life or Lifecycle()):
            head, kind, data, *_ = event.split(b"\n")
            assert (kind, data) == (b"event: price", b"data: {}")
            found.append(int(head.removeprefix(b"id: ")))
            if len(found) == most:
                break
        return found

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("last_id", "expected"),
    [
        ("", [1000, 1001, 1002, 1003]),
        ("997", [998, 999, 1000, 1001]),
        ("1000", [1001, 1002, 1003, 1004]),
        ("5", [1000 - MISSED_SECONDS, 941, 942, 943]),
        ("9999", [1001, 1002, 1003, 1004]),
        ("somebody else's", [1000, 1001, 1002, 1003]),
    ],
)
def test_a_client_that_comes_back_misses_nothing(monkeypatch, last_id: str, expected: list[int]):
    clock = Clock(monkeypatch)
    assert numbers(last_id) == expected
    assert clock.now <= max(1000, *expected) + 1


def test_a_stream_ends_when_the_pod_is_told_to_leave(monkeypatch):
    Clock(monkeypatch)
    life = Lifecycle()
    life.draining = True
    assert numbers("", life=life) == []


@pytest.mark.parametrize(("text", "seconds"), [("0", 0.0), ("2.5", LONGEST_WAIT_SECONDS)])
def test_a_client_may_wait(text: str, seconds: float):
    assert waiting(text) == seconds


@pytest.mark.parametrize("text", ["-1", "2.6", "nan", "long"])
def test_but_not_for_ever(text: str):
    with pytest.raises(Refused, match="wait must be"):
        waiting(text)
