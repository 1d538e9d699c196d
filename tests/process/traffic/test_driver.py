"""What the driver owes to whoever runs it: nothing lies about, and no failure of its own stays untold."""

import gc
from collections.abc import Iterator

import pytest

from seatrial.traffic.driver import Driver, Plan
from seatrial.traffic.journey import compile_journey
from seatrial.traffic.schedule import Constant


def driver(url: str, path: str = "/ok", *, schedule=None, fresh_every: int = 10) -> Driver:
    journey = compile_journey("browse", {"request": {"path": path}, "timeout_seconds": 0.5})
    return Driver(Plan(url, [(journey, 1.0)], schedule or Constant(200, 0.5), fresh_every=fresh_every))


@pytest.fixture
def nothing_before() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("path", ["/ok", "/close", "/half", "/garbage", "/mute"])
def test_a_request_that_has_ended_leaves_nothing_for_the_collector(server, path, nothing_before) -> None:
    few, many = ended_and_garbage(server.url, path, 0.05), ended_and_garbage(server.url, path, 0.5)
    assert (few[0], many[0]) == (10, 100)
    assert many[1] - few[1] < 20, "each request leaves something behind"


def ended_and_garbage(url: str, path: str, seconds: float) -> tuple[int, int]:
    walked = driver(url, path, schedule=Constant(200, seconds))
    walked.run()
    ended = len(walked.collect())
    return ended, gc.collect()


def test_what_ended_is_collected_once(server) -> None:
    walked = driver(server.url)
    assert walked.run().sent == 100
    assert [exchange.sequence for exchange, _ in walked.collect()] == list(range(100))
    assert walked.collect() == []


class Breaking:
    duration_seconds = None

    def planned(self) -> Iterator[float]:
        yield from (0.0, 0.001)
        raise RuntimeError("no more plans")


def test_a_failure_while_sending_reaches_the_caller(server) -> None:
    with pytest.raises(RuntimeError, match="no more plans"):
        driver(server.url, schedule=Breaking()).run()


def test_a_failure_while_receiving_is_told_in_the_exchange(server, monkeypatch, capsys) -> None:
    def broken(self: object, data: bytes) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("seatrial.traffic.answer.AnswerReader.feed", broken)
    walked = driver(server.url)
    walked.run()
    errors = {exchange.error for exchange, _ in walked.collect()}
    assert errors == {"the generator failed: ZeroDivisionError('a bug')"}
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err
