"""What became of one request is reported truly, against a real server with faults."""

import asyncio
import contextlib
import os
import socket
import time
from contextlib import closing
from typing import ClassVar

import pytest
import uvloop
from server_processes import serving

from seatrial.errors import BadInput
from seatrial.traffic.answer import Answer
from seatrial.traffic.journey import Prepared, compile_journey
from seatrial.traffic.protocols import Arrival
from seatrial.traffic.protocols.http1 import Http1
from seatrial.traffic.target import Target


class Client:
    """HTTP/1.1 on the generator's loop, one request at a time."""

    def __init__(self, url: str, *, keep: int, **more: object) -> None:
        self.runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.target = Target(url, keep=keep, **more)
        self.http = self.runner.run(self.make())

    async def make(self) -> Http1:
        self.answered = asyncio.Event()
        return Http1(self.target, lambda arrival: self.answered.set(), pytest.fail)

    def get(
        self,
        path: str,
        *,
        deadline: float = 2.0,
        fresh: bool = False,
        method: str = "GET",
        body: bytes = b"",
    ) -> Answer:
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.target.host_header}\r\nContent-Length: {len(body)}"
        wire = head.encode() + b"\r\n\r\n" + body
        data = {"request": {"path": "/"}, "timeout_seconds": deadline, "served_by": "X-Served-By"}
        journey = compile_journey("x", data)
        arrival = Arrival(self.http, journey, 0, time.monotonic())
        arrival.request, arrival.answer, arrival.fresh = Prepared(method, wire, ""), Answer(), fresh
        self.runner.run(self.send(arrival, deadline))
        return arrival.answer

    async def send(self, arrival: Arrival, deadline: float) -> None:
        self.answered.clear()
        self.http.send(arrival)
        await asyncio.wait_for(self.answered.wait(), deadline + 10)

    def close(self) -> None:
        self.http.close()
        self.runner.close()


def get_once(url: str, *, deadline: float = 2.0) -> Answer:
    with closing(Client(url, keep=2)) as client:
        return client.get("/ok", deadline=deadline)


@pytest.fixture
def connections(steady_server):
    with closing(Client(steady_server.url, keep=2)) as opened:
        yield opened


@pytest.fixture
def one_kept(server):
    with closing(Client(server.url, keep=1)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "complete", "status", "error"),
    [
        ("/ok", True, 200, ""),
        ("/status/503", True, 503, ""),
        ("/interim", True, 200, ""),
        ("/no-length", True, 200, ""),
        ("/close", True, 200, ""),
        ("/reset", False, None, "connection reset"),
        ("/half", False, 200, "connection closed in the answer"),
        ("/garbage", False, None, "answer is no HTTP"),
    ],
)
def test_answers_and_broken_answers(connections, path, complete, status, error) -> None:
    answer = connections.get(path)
    assert (answer.complete, answer.status, answer.error, answer.sent) == (complete, status, error, True)


def test_a_head_request_has_no_body(connections) -> None:
    assert connections.get("/ok", method="HEAD").complete


def test_a_body_larger_than_any_buffer_arrives_whole(connections, tls_server) -> None:
    body = bytes(20_000_000)
    with closing(Client(tls_server.url, keep=1)) as trusted:
        for there in (connections, trusted):
            answer = there.get("/size", method="POST", body=body, deadline=30.0)
            assert (answer.complete, answer.body, answer.error) == (True, b"20000000", "")


def test_a_deadline_in_the_middle_of_sending_may_have_acted(server, one_kept) -> None:
    assert one_kept.get("/ok").complete
    server.freeze()
    answer = one_kept.get("/size", method="POST", body=bytes(20_000_000), deadline=0.2)
    assert (answer.sent, answer.complete, answer.error) == (True, False, "timeout 0.2 s")


def test_a_name_is_tried_at_each_of_its_addresses(server) -> None:
    port = server.url.rpartition(":")[2]
    ways = {family for family, *_ in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)}
    with closing(Client(f"http://localhost:{port}", keep=1)) as named:
        assert [named.get("/ok").backend for _ in range(2)] == ["1", "1"]
    assert ways  # ::1, where nobody listens, comes first where there is one


def test_a_name_that_nobody_has_sent_nothing() -> None:
    answer = get_once("http://no-such-host.invalid", deadline=30.0)
    assert not answer.sent
    assert answer.error == "name not found"


def test_a_refused_connection_sent_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        answer = get_once(f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert (answer.sent, answer.error) == (False, "connection refused")


def test_a_full_backlog_sent_nothing_within_the_deadline() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            answer = get_once(f"http://127.0.0.1:{port}", deadline=0.2)
    assert (answer.sent, answer.error) == (False, "timeout 0.2 s before it was sent")


def test_a_mute_server_ends_at_the_deadline_and_may_have_acted(connections) -> None:
    began = time.monotonic()
    answer = connections.get("/mute", deadline=0.2)
    assert 0.2 <= answer.completed_at - began < 10
    assert (answer.sent, answer.status, answer.error) == (True, None, "timeout 0.2 s")


def test_kept_connections_are_used_in_turn_and_fresh_ones_once(connections) -> None:
    kept = [connections.get("/ok").backend for _ in range(4)]
    assert kept[0] == kept[2] != kept[1] == kept[3]
    fresh = {connections.get("/ok", fresh=True).backend for _ in range(3)}
    assert len(fresh) == 3
    assert not fresh & set(kept)
    assert {connections.get("/ok").backend for _ in range(4)} == set(kept)


def test_a_connection_that_the_server_ended_is_not_used_again(connections) -> None:
    answers = [connections.get("/close") for _ in range(4)]
    assert all(answer.complete for answer in answers)
    assert len({answer.backend for answer in answers}) == 4


def test_a_connection_closed_while_idle_costs_nothing(server, one_kept) -> None:
    assert one_kept.get("/no-length").complete
    assert one_kept.get("/ok").complete
    port = int(server.url.rpartition(":")[2])
    server.process.kill()
    server.process.wait()
    with socket.socket() as successor:
        successor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        successor.bind(("127.0.0.1", port))
        answer = one_kept.get("/ok")
    assert (answer.sent, answer.error) == (False, "connection refused")


def test_a_kept_connection_dropped_under_way_is_not_hidden_by_a_retry(server, one_kept) -> None:
    assert one_kept.get("/second-dies").complete
    answer = one_kept.get("/second-dies")
    assert (answer.sent, answer.complete, answer.error) == (
        True,
        False,
        "connection closed before the answer",
    )
    assert one_kept.get("/count").body == b'{"/second-dies": 2, "/count": 1}'


def test_tls_is_spoken_and_kept_alive(tls_server) -> None:
    with closing(Client(tls_server.url, keep=1)) as trusted:
        answers = [trusted.get("/ok") for _ in range(3)]
    assert [(answer.complete, answer.backend) for answer in answers] == [(True, "1")] * 3


def test_a_certificate_that_nobody_vouches_for_sends_nothing(tls_server, monkeypatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    answer = get_once(tls_server.url)
    assert not answer.sent
    assert answer.error.startswith("certificate refused: self-signed certificate")


def test_the_deadline_covers_the_tls_handshake(tls_server) -> None:
    tls_server.freeze()
    answer = get_once(tls_server.url, deadline=0.2)
    assert (answer.sent, answer.error) == (False, "timeout 0.2 s before it was sent")


def test_nothing_is_sent_after_the_deadline(tls_server) -> None:
    with closing(Client(tls_server.url, keep=1)) as client:
        tls_server.freeze()
        assert client.get("/late", deadline=0.2).error == "timeout 0.2 s before it was sent"
        tls_server.thaw()
        client.runner.run(asyncio.sleep(0.5))
        assert client.get("/count").body == b'{"/count": 1}'


def test_a_self_signed_certificate_is_trusted_when_it_is_named_or_when_nobody_verifies(
    tls_server, monkeypatch
) -> None:
    certificate = os.environ["SSL_CERT_FILE"]
    monkeypatch.delenv("SSL_CERT_FILE")
    for trusting in ({"ca_file": certificate}, {"verify": False}):
        with closing(Client(tls_server.url, keep=1, **trusting)) as client:
            assert client.get("/ok").complete
    by_name = tls_server.url.replace("127.0.0.1", "localhost")
    with closing(Client(by_name, keep=1, ca_file=certificate)) as client:
        answer = client.get("/ok")
    assert (answer.sent, answer.error.partition(":")[0]) == (False, "certificate refused"), (
        "name not verified"
    )


def test_certificates_that_cannot_be_read_are_refused_in_words(tmp_path) -> None:
    with pytest.raises(BadInput, match="certificates cannot be read"):
        Target("https://127.0.0.1:1", ca_file=str(tmp_path / "none.pem"))


def test_an_address_of_version_six_is_reached() -> None:
    with serving("0", host="::1") as server, closing(Client(server.url, keep=1)) as client:
        answers = [client.get("/ok") for _ in range(2)]
    assert server.url.startswith("http://[::1]:")
    assert [(answer.complete, answer.backend) for answer in answers] == [(True, "1")] * 2


class TwoAddresses(uvloop.Loop):
    """The name two.example has the addresses that the test gives it."""

    found: ClassVar[list[tuple[str, int]]] = []

    async def getaddrinfo(self, host: str, *arguments: object, **more: object) -> list:
        if host != "two.example":
            return await super().getaddrinfo(host, *arguments, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in self.found]


@pytest.mark.parametrize("first", ["refuses", "is silent"])
def test_the_second_address_of_a_name_is_tried_when_the_first(server, monkeypatch, first) -> None:
    monkeypatch.setattr(uvloop, "new_event_loop", TwoAddresses)
    port = int(server.url.rpartition(":")[2])
    with socket.socket() as other, contextlib.ExitStack() as opened:
        other.bind(("127.0.0.2", 0))
        if first == "is silent":
            other.listen(0)
            opened.enter_context(socket.create_connection(other.getsockname()))
        monkeypatch.setattr(TwoAddresses, "found", [other.getsockname(), ("127.0.0.1", port)])
        with closing(Client("http://two.example", keep=1)) as client:
            assert [client.get("/ok").backend for _ in range(2)] == ["1", "1"]


@pytest.mark.parametrize(("idle_seconds", "connections"), [(0.2, {"1", "2"}), (None, {"1"}), (60, {"1"})])
def test_a_connection_that_was_idle_for_long_is_not_used_again(server, idle_seconds, connections) -> None:
    with closing(Client(server.url, keep=1, idle_seconds=idle_seconds)) as client:
        first = client.get("/ok").backend
        client.runner.run(asyncio.sleep(0.4))
        assert {first, client.get("/ok").backend} == connections


def test_a_deadline_is_never_early(steady_server) -> None:
    with closing(Client(steady_server.url, keep=1)) as client:
        for _ in range(20):
            began = time.monotonic()
            assert client.get("/mute", deadline=0.0123).completed_at - began >= 0.0123
