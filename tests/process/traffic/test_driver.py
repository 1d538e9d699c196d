"""What the driver owes to whoever runs it: nothing lies about, and no failure of its own stays untold."""

import gc
from collections.abc import Iterator
from contextlib import closing

import pytest

from seatrial.traffic.driver import PREPARED_AT_ONCE, Driver, Plan
from seatrial.traffic.journey import compile_journey
from seatrial.traffic.loop import OwnLoop
from seatrial.traffic.schedule import Constant


@pytest.fixture
def loop() -> Iterator[OwnLoop]:
    with closing(OwnLoop()) as opened:
        yield opened


def driver(loop: OwnLoop, url: str, path: str = "/ok", *, schedule=None, **more) -> Driver:
    journey = compile_journey("browse", {"request": {"path": path}, "timeout_seconds": 0.5})
    return Driver(Plan(url, [(journey, 1.0)], schedule or Constant(200, 0.5), **more), loop)


@pytest.fixture
def nothing_before() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("most", [1, 1_000])
@pytest.mark.parametrize("path", ["/ok", "/close", "/half", "/garbage", "/mute"])
def test_what_has_ended_or_was_dropped_leaves_nothing_for_the_collector(
    loop, server, path, most, nothing_before
) -> None:
    few, many = (ended_and_garbage(loop, server.url, path, most, seconds) for seconds in (0.05, 0.5))
    assert (few[0], many[0]) == (10, 100)
    assert many[1] - few[1] < 20, "each request leaves something behind"


def ended_and_garbage(loop: OwnLoop, url: str, path: str, most: int, seconds: float) -> tuple[int, int]:
    walked = driver(loop, url, path, schedule=Constant(200, seconds), most_in_flight=most)
    walked.run()
    ended = len(walked.collect())
    return ended, gc.collect()


def test_what_ended_is_collected_once(loop, server) -> None:
    walked = driver(loop, server.url)
    assert walked.run().sent == 100
    assert sorted(exchange.sequence for exchange, _ in walked.collect()) == list(range(100))
    assert walked.collect() == []


class Breaking:
    duration_seconds = None

    def planned(self) -> Iterator[float]:
        yield from (number / 1_000 for number in range(PREPARED_AT_ONCE + 2))
        raise RuntimeError("no more plans")


def test_a_failure_while_sending_reaches_the_caller(loop, server) -> None:
    walked = driver(loop, server.url, schedule=Breaking())
    with pytest.raises(RuntimeError, match="no more plans"):
        walked.run()
    assert len(walked.collect()) == PREPARED_AT_ONCE, "what was sent before is kept"


def test_a_failure_while_receiving_reaches_the_caller(loop, server, monkeypatch) -> None:
    def broken(self: object, data: bytes) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("seatrial.traffic.answer.AnswerReader.feed", broken)
    walked = driver(loop, server.url, schedule=Constant(10, 0.1))
    with pytest.raises(ZeroDivisionError):
        walked.run()
    assert [exchange.error for exchange, _ in walked.collect()] == [
        "the generator failed: ZeroDivisionError('a bug')"
    ]
