"""Requests below and above a limit are sent to a real server that counts them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from drained_shop import FILE, pod, shop

from seatrial.errors import BadInput
from seatrial.harness.looks.rate import Counts, rate_limits
from seatrial.harness.measuring import MEASUREMENTS
from seatrial.model.rate import ABOVE, BELOW, Burst
from seatrial.model.route import RateLimit
from seatrial.traffic.http import Http

ENTRY = 'entry: {url: "http://127.0.0.1:1"}'
ANSWERED = 30


class Counter(ThreadingHTTPServer):
    """Answers the first thirty requests, and refuses the others."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answerer)
        self.heads: list[dict[str, str]] = []
        self.lock = threading.Lock()


class Answerer(BaseHTTPRequestHandler):
    server: Counter

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.heads.append({name.lower(): value for name, value in self.headers.items()})
            refused = len(self.server.heads) > ANSWERED
        self.send_response(429 if refused else 200)
        if refused:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def counter() -> Iterator[Counter]:
    with Counter() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def look(counter: Counter, limit: str, *, more: str = "", within: float = 60.0) -> list[Burst]:
    url = f"http://127.0.0.1:{counter.server_port}"
    entry = f'entry: {{url: "{url}", rate_limits: [{limit}]{more}}}'
    pods = {name: [pod(1.0, name)] for name in ("gateway-a", "gateway-b", "payments-a")}
    pods["gateway-c"] = [pod(1.0, "gateway-c", ready=False)]
    session = SimpleNamespace(system=shop(file=FILE.replace(ENTRY, entry)), http=lambda: Http(url))
    recorder = SimpleNamespace(snapshot=lambda: SimpleNamespace(pods=pods))
    context: Any = SimpleNamespace(session=session, recorder=recorder)
    return [Burst.of(found) for found in rate_limits(context, within)]


def test_it_sends_below_the_limit_and_then_far_above_it(counter: Counter, monkeypatch) -> None:
    monkeypatch.setenv("TOKEN", "good")
    token = ", authentication: {token: {env: TOKEN}, protected: [{journey: pay}]}"
    limit = "{request: {path: /a}, requests: 5, per_seconds: 0.1, scope: replica, by: gateway}"
    below, above = look(counter, limit, more=token)
    assert (below.rate, below.statuses, below.told) == (BELOW, (200,) * 4, {})
    assert (above.rate, above.replicas, above.told) == (ABOVE, 2, {"retry-after": "1"})
    assert len(above.statuses) == 3 * 4 * 5 * 2
    assert (above.statuses.count(200), above.statuses.count(429)) == (ANSWERED - 4, 94)
    assert above.lasted_seconds >= (120 - 1) / 300, "three times what two replicas may answer"
    assert (above.limit, above.route, above.expected) == (0, "GET /a", (200,))
    assert {head["authorization"] for head in counter.heads} == {"Bearer good"}
    assert {head["connection"] for head in counter.heads} == {"close"}


def test_without_anything_said_of_tokens_the_request_goes_as_it_is(counter: Counter) -> None:
    headers = "headers: {Authorization: own}"
    limit = f"{{request: {{path: /a, {headers}}}, requests: 2, per_seconds: 0.05}}"
    _, above = look(counter, limit)
    assert (len(above.statuses), above.replicas) == (24, 0)
    assert {head["authorization"] for head in counter.heads} == {"own"}


@pytest.mark.parametrize(
    ("within", "more", "words"),
    [(5.0, "", "it takes 14 s, and 5 s were left"),
     (60.0, ", authentication: {token: {env: NOT_THERE}, protected: [{journey: pay}]}",
      "the right token could not be shown, the environment has no variable NOT_THERE")],
)  # fmt: skip
def test_what_cannot_be_tried_sends_nothing(counter: Counter, within: float, more: str, words: str) -> None:
    limit = "{request: {path: /a}, requests: 5, per_seconds: 2}"
    for burst in look(counter, limit, more=more, within=within):
        assert (burst.statuses, burst.reason) == ((), words)
    assert counter.heads == []


def test_how_many_and_how_fast() -> None:
    made = Counts(RateLimit.model_validate({"journey": "a", "requests": 10, "per_seconds": 2}), 2)
    assert made.number == {BELOW: 8, ABOVE: 240}
    assert made.per_second == {BELOW: 4.0, ABOVE: 30.0}
    assert made.seconds == 2 + 2 + 2 + 8
    alone = Counts(RateLimit.model_validate({"journey": "a", "requests": 2, "per_seconds": 1}), 0)
    assert alone.number == {BELOW: 1, ABOVE: 24}


def test_it_needs_consent_and_single_requests_do_not() -> None:
    assert MEASUREMENTS.get("rate-limits").sends_load
    assert not MEASUREMENTS.get("wrong-tokens").sends_load


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("{journey: pay, requests: 5, per_seconds: 1, scope: replica}", "needs `by`"),
        ("{journey: pay, requests: 5, per_seconds: 61}", "less than or equal to 60"),
        ("{journey: nobody, requests: 5, per_seconds: 1}", "names no journey by http1: nobody"),
        ("{journey: pay, requests: 5, per_seconds: 1, by: nobody}", "by names no workload: nobody"),
        ("{requests: 5, per_seconds: 1}", "exactly one of `journey` and `request`"),
    ],
)
def test_what_the_system_file_cannot_mean_is_an_error(limit: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        shop(file=FILE.replace(ENTRY, f'entry: {{url: "http://a", rate_limits: [{limit}]}}'))
