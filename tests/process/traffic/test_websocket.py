"""WebSocket journeys against a real server: round trips from their planned times, and lifetimes."""

from collections.abc import Iterator

import pytest
from server_processes import Server, serving

from seatrial.errors import BadInput, WaitExpired
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.system import Journey
from seatrial.traffic.http import Http
from seatrial.traffic.journey import journey_data
from seatrial.traffic.protocols import compile_any
from seatrial.traffic.stream import TrafficStream

OK, FAILED, UNKNOWN = ExchangeOutcome.OK, ExchangeOutcome.FAILED, ExchangeOutcome.UNKNOWN


@pytest.fixture(scope="module")
def websocket() -> Iterator[Server]:
    with serving(script="websocket_server.py") as started:
        yield started


def journey(path: str, *messages: dict, **more: object) -> Journey:
    data = {"protocol": "websocket", "request": {"path": path}, "messages": messages, "timeout_seconds": 1}
    return Journey.model_validate({**data, **more})


def sent(server: Server, tmp_path, described: Journey, *, arrivals: int = 3) -> list[list[Exchange]]:
    """The exchanges of each arrival."""
    with TrafficStream(
        server.url, "talk", described, schedule="replay:" + ",".join(["0"] * arrivals), directory=tmp_path
    ) as stream:
        stream.wait_until_ended(within_seconds=30)
    exchanges, health = stream.stop()
    assert (health.planned, health.sent, health.dropped) == (arrivals, arrivals, 0)
    return [[e for e in exchanges if e.sequence == number] for number in range(arrivals)]


def brief(exchanges: list[Exchange]) -> list[tuple[str, ExchangeOutcome, str]]:
    return [(exchange.operation, exchange.outcome, exchange.error) for exchange in exchanges]


def test_each_message_is_measured_from_its_planned_time_and_the_connection_lasts(websocket, tmp_path) -> None:
    described = journey(
        "/echo?{n}:",
        {"text": "hello {uuid}", "answer": "hello {uuid}"},
        {"json": {"say": "{n}"}, "answer": '{{"say":"{n}"}}', "after_seconds": 0.2},
        lifetime_seconds=0.5,
    )
    for number, exchanges in enumerate(sent(websocket, tmp_path, described)):
        assert brief(exchanges) == [
            ("open", OK, ""), ("message 1", OK, ""), ("message 2", OK, ""), ("lifetime", OK, "")
        ]  # fmt: skip
        opened, first, second, ended = exchanges
        assert opened.status == 101
        assert first.planned_at == opened.planned_at
        assert second.planned_at - first.planned_at == pytest.approx(0.2, abs=1e-5)
        assert second.sent_at >= second.planned_at
        assert ended.planned_at - opened.completed_at >= 0.499
        assert {exchange.sequence for exchange in exchanges} == {number}
        assert len({exchange.key for exchange in exchanges}) == 1
        assert first.answer_bytes >= len("0:hello ") + 36


def test_a_slow_echo_is_charged_to_it_and_to_what_waits_behind_it(websocket, tmp_path) -> None:
    described = journey("/slow/0.3", {"text": "a"}, {"text": "b"})
    for exchanges in sent(websocket, tmp_path, described):
        assert [exchange.outcome for exchange in exchanges] == [OK] * 3
        _, first, second = exchanges
        assert 0.3 <= first.latency_seconds < 0.55
        assert second.completed_at - second.sent_at < 0.55
        assert second.latency_seconds >= 0.6


@pytest.mark.parametrize(("kind", "why"), [("cut", "1001 gone"), ("reset", "1006")])
def test_a_connection_that_ends_before_its_lifetime_has_failed(websocket, tmp_path, kind, why) -> None:
    described = journey(f"/{kind}/0.3", {"text": "a"}, lifetime_seconds=1)
    for exchanges in sent(websocket, tmp_path, described):
        assert brief(exchanges[:2]) == [("open", OK, ""), ("message 1", OK, "")]
        (ended,) = exchanges[2:]
        assert (ended.operation, ended.outcome) == ("lifetime", FAILED)
        assert ended.error == f"connection ended after 0.3 s of 1 s ({why})"
        assert ended.planned_at == ended.completed_at
        assert 0.2 < ended.planned_at - exchanges[0].completed_at < 0.9


def test_one_that_was_left_properly_is_resumed_where_the_journey_lasts(websocket, tmp_path) -> None:
    described = journey("/cut/0.3", {"text": "a"}, lifetime_seconds=0.8, long=True)
    for exchanges in sent(websocket, tmp_path, described):
        assert brief(exchanges) == [
            ("open", OK, ""), ("message 1", OK, ""), ("resume 1", OK, ""), ("lifetime", OK, "")
        ]  # fmt: skip
        assert exchanges[2].latency_seconds >= 0.2


def test_one_that_broke_is_not(websocket, tmp_path) -> None:
    described = journey("/reset/0.3", {"text": "a"}, lifetime_seconds=1, long=True)
    for exchanges in sent(websocket, tmp_path, described):
        assert [exchange.operation for exchange in exchanges] == ["open", "message 1", "lifetime"]
        assert exchanges[2].outcome is FAILED


def test_where_it_cannot_be_resumed_it_has_failed(websocket, tmp_path) -> None:
    described = journey("/leaves/0.3", {"text": "a"}, lifetime_seconds=4, long=True)
    (exchanges,) = sent(websocket, tmp_path, described, arrivals=1)
    resumed, ended = exchanges[2:]
    assert (resumed.operation, resumed.error, ended.outcome) == ("resume 1", "status 503", FAILED)
    assert resumed.outcome is not OK


def test_a_message_under_way_when_the_connection_ends_may_have_acted(websocket, tmp_path) -> None:
    described = journey("/reset/0.2", {"text": "a"}, {"text": "b", "after_seconds": 0.4}, lifetime_seconds=1)
    slow = journey("/cut/0.2", {"text": "", "answer": "nobody says this"})
    for exchanges in sent(websocket, tmp_path, described):
        assert [exchange.operation for exchange in exchanges] == [
            "open",
            "message 1",
            "message 2",
            "lifetime",
        ]
        assert exchanges[2].error == "connection closed before it was sent"
        assert [exchange.outcome for exchange in exchanges] == [OK, OK, FAILED, FAILED]
    for exchanges in sent(websocket, tmp_path, slow):
        assert brief(exchanges) == [
            ("open", OK, ""), ("message 1", UNKNOWN, "connection closed before the answer")
        ]  # fmt: skip


def test_a_server_that_never_answers_leaves_it_unknown(websocket, tmp_path) -> None:
    for exchanges in sent(websocket, tmp_path, journey("/mute", {"text": "a"}, {"text": "b"})):
        assert brief(exchanges) == [("open", OK, ""), ("message 1", UNKNOWN, "timeout 1 s")]
        assert exchanges[1].completed_at - exchanges[1].sent_at == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize(
    ("path", "outcome", "error", "status"),
    [
        ("/status/403", FAILED, "status 403", 403),
        ("/status/503", UNKNOWN, "status 503", 503),
        ("/stall", UNKNOWN, "timeout 1 s", None),
    ],
)
def test_a_handshake_that_fails_is_all_there_is(websocket, tmp_path, path, outcome, error, status) -> None:
    for exchanges in sent(websocket, tmp_path, journey(path, {"text": "a"}, lifetime_seconds=1)):
        assert brief(exchanges) == [("open", outcome, error)]
        assert exchanges[0].status == status


def test_nobody_listening_sent_nothing_and_plain_http_is_no_websocket(steady_server, tmp_path) -> None:
    nobody = Server("http://127.0.0.1:9", steady_server.process)
    assert [brief(e) for e in sent(nobody, tmp_path, journey("/"))] == [
        [("open", FAILED, "connection refused")]
    ] * 3
    for exchanges in sent(steady_server, tmp_path, journey("/garbage")):
        assert exchanges[0].outcome is UNKNOWN
        assert exchanges[0].error.startswith("no WebSocket")


def test_waiting_for_a_journey_speaks_its_protocol(websocket) -> None:
    good = journey("/echo", {"text": "a"}, lifetime_seconds=900)
    with Http(websocket.url) as http:
        http.wait_for_journey("talk", good, within_seconds=10)
        with pytest.raises(WaitExpired, match="status 403"):
            http.wait_for_journey("talk", journey("/status/403"), within_seconds=0.1)


def test_what_nobody_waits_for_is_passed_over(websocket, tmp_path) -> None:
    described = journey("/noise", {"text": "a", "answer": "a "}, {"text": "b", "answer": "b "})
    for exchanges in sent(websocket, tmp_path, described):
        assert [exchange.outcome for exchange in exchanges] == [OK] * 3
        assert max(exchange.answer_bytes for exchange in exchanges) < len("something else")


def test_a_stop_ends_what_only_lasts_and_counts_it_as_kept(websocket, tmp_path) -> None:
    described = journey("/echo", {"text": "a"}, {"text": "b", "after_seconds": 600}, lifetime_seconds=900)
    with TrafficStream(
        websocket.url, "talk", described, schedule="constant:20", directory=tmp_path
    ) as stream:
        stream.wait_for_requests(20, within_seconds=30)
    exchanges, health = stream.stop()
    assert all(exchange.ok for exchange in exchanges)
    for operation in ("open", "message 1", "lifetime"):
        assert sum(exchange.operation == operation for exchange in exchanges) == health.planned
    assert len(exchanges) == 3 * health.planned


def test_both_protocols_in_one_process(websocket, steady_server, tmp_path) -> None:
    """The server of the one answers the other's opening with a refusal, which is enough to see both."""
    talk = journey("/echo", {"text": "a"})
    get = Journey.model_validate({"request": {"path": "/"}, "expect": {"status": 426}})
    with TrafficStream(
        websocket.url,
        "get",
        get,
        schedule="constant:50:0.5",
        directory=tmp_path,
        bystanders={"talk": {**journey_data(talk), "per_second": 10}},
    ) as stream:
        stream.wait_until_ended(within_seconds=30)
    exchanges, health = stream.stop()
    assert health.planned == 30
    assert sum(exchange.journey == "get" and exchange.ok for exchange in exchanges) == 25
    assert sum(exchange.operation == "message 1" and exchange.ok for exchange in exchanges) == 5


def test_what_a_websocket_cannot_open_with_is_refused() -> None:
    for request in ({"path": "/", "method": "POST"}, {"path": "/", "json": {}}):
        with pytest.raises(BadInput, match="opens with a GET"):
            compile_any("talk", {"protocol": "websocket", "request": request})
    with pytest.raises(BadInput, match="unknown template"):
        compile_any("talk", journey("/", {"text": "{x}"}))
    with pytest.raises(BadInput) as caught:
        compile_any("talk", {"protocol": "websockets", "request": {"path": "/"}})
    assert "Did you mean websocket?" in str(caught.value)
    assert "journey talk" in str(caught.value)
