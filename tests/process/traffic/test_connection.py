"""What became of one request is told truly, against a real server with faults."""

import socket
import time
from contextlib import closing

import pytest

from seatrial.traffic.answer import Answer
from seatrial.traffic.connection import Connections
from seatrial.traffic.loop import OwnLoop


class Client:
    """Connections and the loop that carries them."""

    def __init__(self, url: str, *, keep: int) -> None:
        self.loop = OwnLoop()
        self.connections = Connections(self.loop, url, keep=keep)

    def get(
        self,
        path: str,
        *,
        deadline: float = 2.0,
        fresh: bool = False,
        method: str = "GET",
        body: bytes = b"",
    ) -> Answer:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.connections.host_header}\r\nContent-Length: {len(body)}"
        )
        wire = head.encode() + b"\r\n\r\n" + body
        answers: list[Answer] = []
        answered = self.loop.flag()

        def take(answer: Answer) -> None:
            answers.append(answer)
            answered.set()

        request = self.connections.request(method, wire, deadline_seconds=deadline, on_answer=take)
        self.connections.send(request, fresh=fresh)
        assert answered.wait(deadline + 10)
        return answers[0]

    def close(self) -> None:
        self.connections.close()
        self.loop.close()


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
