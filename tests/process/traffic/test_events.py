"""Streams of events against a real server: they last, they are resumed, and what breaks has failed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from server_processes import Server, serving

from seatrial.errors import BadInput
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.system import Journey
from seatrial.traffic.http import Http
from seatrial.traffic.journey import journey_data
from seatrial.traffic.protocols import compile_any
from seatrial.traffic.stream import TrafficStream

OK, FAILED = ExchangeOutcome.OK, ExchangeOutcome.FAILED


@pytest.fixture
def events() -> Iterator[Server]:
    with serving(script="events_server.py") as started:
        yield started


def journey(path: str, *, lifetime: float = 0.5, timeout: float = 1.0) -> Journey:
    return Journey.model_validate(
        {
            "protocol": "sse",
            "request": {"path": path},
            "lifetime_seconds": lifetime,
            "timeout_seconds": timeout,
            "served_by": "x-served-by",
        }
    )


def sent(server: Server, tmp_path, described: Journey, *, schedule: str = "replay:0") -> list[Exchange]:
    with TrafficStream(server.url, "follow", described, schedule=schedule, directory=tmp_path) as stream:
        stream.wait_until_ended(within_seconds=30)
    exchanges, health = stream.stop()
    assert health.sent == health.planned
    return list(exchanges)


def brief(exchanges: list[Exchange]) -> dict[str, tuple[ExchangeOutcome, str]]:
    return {exchange.operation: (exchange.outcome, exchange.error) for exchange in exchanges}


def ids(server: Server) -> list[str]:
    with Http(server.url) as http:
        found: list[str] = http.get("/seen").json()
        return found


def test_a_stream_that_lasts_is_opened_and_stands(events, tmp_path) -> None:
    exchanges = {one.operation: one for one in sent(events, tmp_path, journey("/steady"))}
    assert set(exchanges) == {"open", "stream"}
    opened, stream = exchanges["open"], exchanges["stream"]
    assert (opened.outcome, opened.status, opened.backend, opened.error) == (OK, 200, "1", "")
    assert (stream.outcome, stream.backend, stream.error) == (OK, "1", "")
    assert stream.completed_at is not None
    assert stream.completed_at - stream.planned_at >= 0.5
    assert opened.sequence == stream.sequence


def test_one_that_is_ended_properly_is_resumed_with_the_last_id(events, tmp_path) -> None:
    exchanges = sent(events, tmp_path, journey("/ends/4", lifetime=0.8))
    found = brief(exchanges)
    assert {*found} >= {"open", "resume 1", "resume 2", "stream"}
    assert all(outcome is OK for outcome, _ in found.values())
    assert ids(events)[:3] == ["", "4", "8"]
    backends = {one.operation: one.backend for one in exchanges}
    assert (backends["open"], backends["resume 1"], backends["stream"]) == ("1", "2", "1")


def test_one_that_breaks_has_failed(events, tmp_path) -> None:
    found = brief(sent(events, tmp_path, journey("/breaks/2")))
    outcome, error = found["stream"]
    assert outcome is FAILED
    assert error.startswith("the stream broke (connection closed in the middle of it), 0.")
    assert set(found) == {"open", "stream"}


def test_one_that_cannot_be_resumed_has_failed(events, tmp_path) -> None:
    outcome, error = brief(sent(events, tmp_path, journey("/once", lifetime=5, timeout=0.8)))["stream"]
    assert outcome is FAILED
    assert error.startswith("the stream was ended and could not be resumed (status 503), ")
    assert len(ids(events)) >= 3, "it was tried again"


def test_one_that_is_resumed_without_any_event_has_failed(events, tmp_path) -> None:
    outcome, error = brief(sent(events, tmp_path, journey("/empty", lifetime=5, timeout=0.8)))["stream"]
    assert outcome is FAILED
    assert error.startswith("the stream was ended and could not be resumed (no event came), ")
    assert set(ids(events)) == {"", "3"}


def test_resuming_is_tried_again(events, tmp_path) -> None:
    found = brief(sent(events, tmp_path, journey("/returns/2", lifetime=0.9)))
    assert found["resume 1"] == (OK, "")
    assert found["stream"] == (OK, "")
    assert ids(events)[:3] == ["", "3", "3"]


def test_without_a_length_it_ends_with_its_connection(events, tmp_path) -> None:
    assert brief(sent(events, tmp_path, journey("/untold", lifetime=0.1)))["stream"] == (OK, "")
    assert ids(events)[1] == "7"


@pytest.mark.parametrize(("path", "error"), [("/status/503", "status 503"), ("/mute", "timeout 0.3 s")])
def test_one_that_is_not_opened_has_failed(events, tmp_path, path: str, error: str) -> None:
    assert brief(sent(events, tmp_path, journey(path, timeout=0.3))) == {"open": (FAILED, error)}


def test_nobody_there_is_told(events, tmp_path) -> None:
    events.process.kill()
    events.process.wait()
    assert brief(sent(events, tmp_path, journey("/steady"))) == {"open": (FAILED, "connection refused")}


def test_a_stop_ends_what_only_lasts(events, tmp_path) -> None:
    with TrafficStream(
        events.url, "follow", journey("/steady", lifetime=600, timeout=20), schedule="constant:5",
        directory=tmp_path,
    ) as stream:  # fmt: skip
        stream.wait_for_requests(3, within_seconds=30)
    exchanges, _ = stream.stop()
    assert all(one.ok for one in exchanges)
    assert {one.operation for one in exchanges} == {"open", "stream"}


@pytest.mark.parametrize("more", [{"method": "POST"}, {"json": {"a": 1}, "method": "GET"}])
def test_what_is_no_stream_is_refused(more: dict[str, object]) -> None:
    data = {**journey_data(journey("/steady")), "request": {"path": "/", **more}}
    with pytest.raises(BadInput, match="a stream of events is a GET"):
        compile_any("follow", data)
