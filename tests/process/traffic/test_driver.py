"""What the driver owes to whoever runs it: nothing lies about, and no failure of its own stays hidden."""

import gc
from collections.abc import Iterator

import pytest
import uvloop

from seatrial.judge.little import little_breach
from seatrial.model.exchange import Exchange, GeneratorHealth
from seatrial.traffic.driver import PREPARED_AT_ONCE, Driver
from seatrial.traffic.journey import compile_journey
from seatrial.traffic.plan import Plan
from seatrial.traffic.schedule import Constant, Replay
from seatrial.traffic.target import Target


def walk(
    url: str, path: str = "/ok", *, schedule=None, headers=None, **more
) -> tuple[GeneratorHealth, list[Exchange]]:
    """The health and the exchanges; what the driver raises has the latter as an attribute."""
    request = {"path": path, "headers": headers or {}}
    data = {"request": request, "timeout_seconds": 0.5, "served_by": "x-served-by"}
    journey = compile_journey("browse", data)
    plan = Plan(Target(url), [(journey, 1.0)], schedule or Constant(200, 0.5), **more)

    async def run() -> tuple[GeneratorHealth, list[Exchange]]:
        driver = Driver(plan)
        try:
            return await driver.run(), driver.collect()
        except BaseException as error:
            error.exchanges = driver.collect()
            raise

    return uvloop.run(run())


@pytest.fixture
def nothing_before() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("most", [1, 1_000])
@pytest.mark.parametrize("path", ["/ok", "/close", "/half", "/garbage", "/mute"])
def test_what_has_ended_or_was_dropped_leaves_nothing_for_the_collector(
    server, path, most, nothing_before
) -> None:
    few, many = (ended_and_garbage(server.url, path, most, seconds) for seconds in (0.05, 0.5))
    assert (few[0], many[0]) == (10, 100)
    assert many[1] - few[1] < 20, "each request leaves something behind"


def ended_and_garbage(url: str, path: str, most: int, seconds: float) -> tuple[int, int]:
    gc.collect()
    _, ended = walk(url, path, schedule=Constant(200, seconds), most_in_flight=most)
    return len(ended), gc.collect()


def test_what_ended_is_collected_once(server) -> None:
    health, ended = walk(server.url)
    assert health.sent == 100
    assert sorted(exchange.sequence for exchange in ended) == list(range(100))


@pytest.mark.parametrize("path", ["/slow/0.05", "/ok", "/half"])
def test_littles_law_holds_of_what_it_counts_and_records(server, path) -> None:
    health, ended = walk(server.url, path, schedule=Constant(100, 1))
    times = [each.completed_at - each.sent_at for each in ended]
    mean = sum(times) / len(times)
    told = little_breach(health, recorded=len(times), mean_seconds=mean, seconds=1.0)
    assert told == "", told
    assert little_breach(health, recorded=len(times), mean_seconds=mean + 0.1, seconds=1.0)


class Breaking:
    duration_seconds = None

    def planned(self) -> Iterator[float]:
        yield from (number / 1_000 for number in range(PREPARED_AT_ONCE + 2))
        raise RuntimeError("no more plans")


def test_a_failure_while_sending_reaches_the_caller(server) -> None:
    with pytest.raises(RuntimeError, match="no more plans") as caught:
        walk(server.url, schedule=Breaking())
    assert len(caught.value.exchanges) == PREPARED_AT_ONCE, "what was sent before is kept"


def test_a_failure_while_receiving_reaches_the_caller(server, monkeypatch) -> None:
    def broken(self: object, data: bytes) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("seatrial.traffic.answer.AnswerReader.feed", broken)
    with pytest.raises(ZeroDivisionError) as caught:
        walk(server.url, schedule=Constant(10, 0.1))
    assert [exchange.error for exchange in caught.value.exchanges] == [
        "the generator failed: ZeroDivisionError('a bug')"
    ]


def test_a_failure_while_connecting_reaches_the_caller(server, monkeypatch) -> None:
    async def broken(self: object, make: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("seatrial.traffic.target.Target.connect", broken)
    with pytest.raises(ZeroDivisionError) as caught:
        walk(server.url, schedule=Constant(10, 0.1))
    assert [exchange.ok for exchange in caught.value.exchanges] == [False]


def test_nothing_is_sent_before_its_time(steady_server) -> None:
    times = tuple(number * 0.0037 for number in range(100))
    _, ended = walk(steady_server.url, schedule=Replay(times))
    assert len(ended) == 100
    assert min(exchange.sent_at - exchange.planned_at for exchange in ended) >= 0


def test_a_journey_may_ask_for_a_connection_for_each_request(steady_server) -> None:
    """The server names its connection; by itself it keeps each for the next request."""
    _, ended = walk(steady_server.url, schedule=Constant(100, 0.5), headers={"connection": "Close"})
    assert [exchange.ok for exchange in ended] == [True] * 50
    assert len({exchange.backend for exchange in ended}) == 50


def test_bystanders_have_their_own_rate_and_numbers(steady_server) -> None:
    other = compile_journey("other", {"request": {"path": "/status/204"}, "expect": {"status": 204}})
    health, ended = walk(
        steady_server.url, schedule=Constant(100, 0.5), bystanders=[(other, 20.0)], most_in_flight=60
    )
    numbers = {
        name: sorted(exchange.sequence for exchange in ended if exchange.journey == name)
        for name in ("browse", "other")
    }
    assert numbers == {"browse": list(range(50)), "other": list(range(10))}
    assert all(exchange.ok for exchange in ended)
    assert health.planned == 60


def test_copies_carry_the_same_bytes_and_key_and_are_sent_when_they_are_due(server) -> None:
    request = {"method": "POST", "path": "/ok", "json": {"key": "{uuid}", "drawn": "{random.999999999}"}}
    journey = compile_journey("buy", {"request": request, "timeout_seconds": 0.5})
    plan = Plan(Target(server.url), [(journey, 1.0)], Replay((0.0, 0.1)), copies=(0.0, 0.0, 0.05, 0.2))

    async def run() -> tuple[GeneratorHealth, list[Exchange], list[bytes]]:
        driver = Driver(plan)
        sent: list[bytes] = []
        client = driver._clients["http1"]
        hand_over = client.send
        client.send = lambda arrival: (sent.append(arrival.request.wire), hand_over(arrival))[1]
        return await driver.run(), driver.collect(), sent

    health, exchanges, sent = uvloop.run(run())
    assert health.planned == health.sent == len(exchanges) == 8
    keys = {exchange.sequence: exchange.key for exchange in exchanges}
    assert keys[0] != keys[1]
    assert all(exchange.ok and exchange.key == keys[exchange.sequence] for exchange in exchanges)
    assert len(set(sent)) == 2
    begin = min(exchange.planned_at for exchange in exchanges)
    times = sorted(round(exchange.planned_at - begin, 3) for exchange in exchanges)
    assert times == [0.0, 0.0, 0.05, 0.1, 0.1, 0.15, 0.2, 0.3]
