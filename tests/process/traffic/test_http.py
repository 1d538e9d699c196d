"""Single requests tell what happened in words; writes are read back within bounds."""

import pytest

from seatrial.errors import SeatrialError, WaitExpired
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.traffic.http import Http, NoAnswer
from seatrial.traffic.once import send_once

WRITE = {
    "request": {"method": "POST", "path": "/things", "json": {"n": "{n}"}},
    "expect": {"status": 202},
    "acknowledged": {"read": {"path": "/things/{response.id}"}},
}


def written(answer_id: str, *, outcome: ExchangeOutcome = ExchangeOutcome.OK, error: str = "") -> Exchange:
    return Exchange(0, "write", 0.0, 0.0, 0.1, outcome, error=error, answer_id=answer_id)


@pytest.fixture
def http(steady_server):
    with Http(steady_server.url) as opened:
        yield opened


def test_an_answer_of_any_status_is_an_answer_unless_one_is_expected(http) -> None:
    assert http.request("GET", "/status/503").status == 503
    with pytest.raises(SeatrialError, match="status 503, not \\[200\\]"):
        http.get("/status/503")


@pytest.mark.parametrize("path", ["/reset", "/half"])
def test_no_answer_is_an_error_in_words(http, path) -> None:
    with pytest.raises(NoAnswer, match="no answer"):
        http.get(path)


def test_the_deadline_holds(http) -> None:
    with pytest.raises(NoAnswer, match="timed out"):
        http.request("GET", "/mute", timeout_seconds=0.1)


def test_an_answer_that_is_no_json_says_so(http) -> None:
    with pytest.raises(SeatrialError, match="no JSON"):
        http.get("/ok").json()


def test_a_journey_is_sent_with_its_templates_filled(http) -> None:
    (created,) = send_once(http.base_url, "write", WRITE)
    assert created.status == 202
    assert http.get(f"/things/{created.answer_id}").json() == {"n": "0"}


def test_waiting_for_a_journey_names_the_last_answer(http) -> None:
    http.wait_for_journey("write", WRITE, within_seconds=5)
    with pytest.raises(WaitExpired, match="status 500"):
        http.wait_for_journey("browse", {"request": {"path": "/status/500"}}, within_seconds=0.1)


def test_a_redirection_is_not_followed_and_says_where_it_leads(http) -> None:
    """Without its query, which differs from request to request."""
    journey = {"request": {"path": "/moved"}}
    (moved,) = send_once(http.base_url, "browse", journey)
    assert (moved.status, moved.outcome) == (301, ExchangeOutcome.UNKNOWN)
    assert moved.error == "status 301: redirected to https://shop.example/login"
    with pytest.raises(WaitExpired, match="redirected to https"):
        http.wait_for_journey("browse", journey, within_seconds=0.1)
    (expected,) = send_once(http.base_url, "browse", {**journey, "expect": {"status": 301}})
    assert (expected.ok, expected.error) == (True, "")


def test_writes_are_found_absent_or_unreadable(http) -> None:
    stored = [send_once(http.base_url, "write", WRITE)[0].answer_id for _ in range(12)]
    lost = [name for name in stored if name.endswith("7")]
    exchanges = [written(name) for name in stored] + [
        written("unknown-write", outcome=ExchangeOutcome.UNKNOWN)
    ]
    exchanges.append(written("dropped", outcome=ExchangeOutcome.FAILED, error="dropped"))
    exchanges.append(written(""))
    reads = http.read_back(exchanges, "write", WRITE, available_seconds=0.2)
    found = {read.identity: read.copies for read in reads}
    assert lost
    assert found == {**dict.fromkeys(stored, 1), **dict.fromkeys(lost, 0), "unknown-write": 0}


def test_what_cannot_be_read_is_unknown_within_the_bound(server) -> None:
    server.process.kill()
    with Http(server.url) as http:
        reads = http.read_back([written("t1"), written("t2")], "write", WRITE, within_seconds=0.3)
    assert [(read.identity, read.copies) for read in reads] == [("t1", None), ("t2", None)]
