"""Where an answer ends, and what a connection is good for afterwards."""

import pytest

from seatrial.traffic.answer import Answer, AnswerReader, NoHttp

HEAD = b"HTTP/1.1 200 OK\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\nx-served-by: nobody\r\n\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def begun(method: str = "GET") -> AnswerReader:
    reader = AnswerReader()
    reader.begin(method, Answer(), b"x-served-by")
    return reader


def read(data: bytes, *, method: str = "GET", ended: bool = False, pieces: int = 1) -> AnswerReader:
    reader = begun(method)
    size = -(-len(data) // pieces)
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    if ended:
        reader.end()
    return reader


@pytest.mark.parametrize("pieces", [1, 7, 1_000])
@pytest.mark.parametrize(
    ("data", "body", "keep_alive"),
    [
        (HEAD + b"Content-Length: 2\r\n\r\nok", b"ok", True),
        (HEAD + b"Content-Length: 2\r\nConnection: close\r\n\r\nok", b"ok", False),
        (HEAD + b"Content-Length: 0\r\n\r\n", b"", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
        (CHUNKS + b"2\r\nok\r\n1\r\n!\r\n0\r\n\r\n", b"ok!", True),
        (HINTS + HEAD + b"Content-Length: 2\r\n\r\nok", b"ok", True),
        (HINTS + HINTS + CHUNKS + b"0\r\n\r\n", b"", True),
    ],
)
def test_it_ends_where_its_length_says(data, body, keep_alive, pieces) -> None:
    reader = read(data, pieces=pieces)
    assert (reader.answer.complete, reader.answer.body, reader.keep_alive) == (True, body, keep_alive)
    assert not read(data[:-1], pieces=pieces).answer.complete
    assert not read(data[:-1], ended=True).answer.complete


def test_a_large_body_is_whole() -> None:
    body = bytes(range(256)) * 4_096
    reader = read(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body, pieces=64)
    assert reader.answer.complete
    assert reader.answer.body == body


def test_without_a_length_it_ends_with_its_connection() -> None:
    assert not read(HEAD + b"\r\nall of it").answer.complete
    reader = read(HEAD + b"\r\nall of it", ended=True)
    assert (reader.answer.complete, reader.answer.body, reader.keep_alive) == (True, b"all of it", False)


def test_the_length_of_an_interim_answer_is_not_that_of_the_final_one() -> None:
    assert read(HINTS + HEAD + b"\r\nall of it", ended=True).answer.complete


def test_an_end_before_the_final_answer_is_none() -> None:
    for data in (HEAD, HINTS, HINTS + HEAD + b"Content-Le"):
        reader = read(data, ended=True)
        assert (reader.answer.complete, reader.answer.status, reader.begun) == (False, None, True)
    assert not begun().begun


@pytest.mark.parametrize(
    ("after", "keep_alive"),
    [(b"Content-Length: 2\r\n\r\n", True), (b"Connection: close\r\n\r\n", False)],
)
def test_an_answer_to_head_ends_with_its_headers(after, keep_alive) -> None:
    reader = read(HEAD + after, method="HEAD")
    assert (reader.answer.complete, reader.answer.body, reader.keep_alive) == (True, b"", keep_alive)


@pytest.mark.parametrize("length", [b"Content-Length: 2\r\n\r\nok", b"Content-Length: 0\r\n\r\nok"])
def test_a_body_after_the_answer_to_head_ends_the_connection(length) -> None:
    reader = read(HEAD + length, method="HEAD")
    assert (reader.answer.complete, reader.answer.body, reader.keep_alive) == (True, b"", False)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        HEAD + b"Content-Length: two\r\n\r\n",
        HEAD + b"Content-Length: 2\r\n\r\nok and more",
        (HEAD + b"Content-Length: 2\r\n\r\nok") * 2,
        CHUNKS + b"nonsense\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tls\r\nConnection: Upgrade\r\n\r\n",
    ],
)
def test_what_breaks_the_rules_is_no_answer(data) -> None:
    reader = begun()
    with pytest.raises(NoHttp):
        reader.feed(data)
    assert not reader.answer.complete
    assert not reader.keep_alive


def test_who_answered_is_told_by_the_final_answer_only() -> None:
    named = HEAD + b"X-Served-By: orders-7c9d8f\r\nContent-Length: 0\r\n\r\n"
    assert read(HINTS + named).answer.backend == "orders-7c9d8f"
    assert read(b"\r\n\r\n" + named).answer.backend == "orders-7c9d8f", "empty lines before it are no head"
    assert read(HINTS + HEAD + b"Content-Length: 0\r\n\r\n").answer.backend == ""
    both = HEAD + b"x-served-by: gateway-1\r\nX-Served-By: orders-2\r\nContent-Length: 0\r\n\r\n"
    assert read(both).answer.backend == "gateway-1, orders-2"


def test_a_header_that_nobody_declared_tells_nothing() -> None:
    reader = AnswerReader()
    reader.begin("GET", Answer())
    reader.feed(HEAD + b"X-Served-By: cache-fra-1\r\nContent-Length: 0\r\n\r\n")
    assert reader.answer.complete
    assert reader.answer.backend == ""


def test_one_connection_carries_answers_one_after_another() -> None:
    reader = begun("HEAD")
    reader.feed(HEAD + b"Content-Length: 2\r\nX-Served-By: one\r\n\r\n")
    for body in (b"ok", b"no", b""):
        assert reader.keep_alive
        before = reader.answer
        reader.begin("GET", Answer(), b"x-served-by")
        assert not reader.keep_alive
        reader.feed(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert (before.complete, reader.answer.complete, reader.answer.body) == (True, True, body)
        assert reader.answer.backend == ""
