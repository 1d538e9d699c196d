"""The proxy before a dependency, with real connections on this machine."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
import uuid

import pytest
from standing_proxy import HERE, WITHIN, Clock, answered_once, asked, connected, run

from seatrial.traffic.attempts import Trouble
from seatrial.traffic.proxy import Proxy, tell
from seatrial.traffic.wrong import TURN_SECONDS


def test_without_trouble_all_passes_and_is_counted() -> None:
    async def test(made: Proxy, port: int) -> None:
        reader, writer = await connected(port)
        assert await asked(reader, writer) == b"echo ahoy\n"
        assert await asked(reader, writer) == b"echo ahoy\n"
        writer.write_eof()
        assert await reader.read() == b"", "an end passes, too"
        found = await made.told({})
        assert {name: found[name] for name in ("accepted", "asked", "answered", "reset", "delayed")} == {
            "accepted": 1, "asked": 2, "answered": 2, "reset": 0, "delayed": 0,
        }  # fmt: skip

    run(test)


def test_a_long_answer_comes_whole() -> None:
    long = b"x" * 60_000 + b"\n"

    async def test(made: Proxy, port: int) -> None:
        reader, writer = await connected(port)
        for _ in range(20):
            assert await asked(reader, writer, long) == b"echo " + long

    run(test)


def test_what_is_down_resets_connections_that_exist_and_new_ones() -> None:
    async def test(made: Proxy, port: int) -> None:
        reader, writer = await connected(port)
        await asked(reader, writer)
        await made.told({"trouble": {"kind": "down"}})
        with pytest.raises(ConnectionResetError):
            await reader.read()
        reader, writer = await connected(port)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        assert (await made.told({}))["reset"] == 2
        found = await made.told({"trouble": {"kind": "none"}})
        assert found["trouble"] == "none"
        reader, writer = await connected(port)
        assert await asked(reader, writer) == b"echo ahoy\n"

    run(test)


def test_what_is_slow_answers_late_and_at_once_when_it_is_over() -> None:
    async def test(made: Proxy, port: int) -> None:
        reader, writer = await connected(port)
        await made.told({"trouble": {"kind": "slow", "delay_seconds": 0.2}})
        began_at = time.monotonic()
        assert await asked(reader, writer) == b"echo ahoy\n"
        assert time.monotonic() - began_at >= 0.2
        await made.told({"trouble": {"kind": "slow", "delay_seconds": 60.0}})
        waiting = asyncio.create_task(asked(reader, writer))
        while (await made.told({}))["delayed"] < 2:
            await asyncio.wait([waiting], timeout=0.01)
        assert not waiting.done()
        await made.told({"trouble": {"kind": "none"}})
        assert await waiting == b"echo ahoy\n"

    run(test)


POST = b"POST /pay HTTP/1.1\r\nHost: x\r\n"


def test_what_is_wrong_answers_requests_by_turns_after_it_has_read_them() -> None:
    clock = Clock()

    async def test(made: Proxy, port: int) -> None:
        old, _ = await connected(port)
        while (await made.told({}))["accepted"] < 1:
            await asyncio.wait([asyncio.ensure_future(made.told({}))])
        await made.told({"trouble": {"kind": "wrong"}})
        with pytest.raises(ConnectionResetError):
            await old.read()
        first = await answered_once(port, POST + b"Content-Length: 5\r\n\r\nabcde")
        assert first.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
        chunked = b"transfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        assert (await answered_once(port, POST + chunked)).startswith(b"HTTP/1.1 500 "), "however many"
        clock.now += TURN_SECONDS
        second = await answered_once(port, POST + chunked)
        assert second.startswith(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n")
        clock.now += TURN_SECONDS
        third = await answered_once(port, b"GET / HTTP/1.1\r\n\r\n")
        head, _, body = third.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        assert f"Content-Length: {len(body)}\r\nConnection: close".encode() in head
        with pytest.raises(ValueError, match="Expecting"):
            json.loads(body)
        clock.now += TURN_SECONDS
        assert (await answered_once(port, b"GET / HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 500 ")
        found = await made.told({})
        assert (found["wrong"], found["asked"], found["reset"]) == (5, 0, 1)

    run(test, clock=clock)


@pytest.mark.parametrize(
    "request_", [b"PRI * HTTP/2.0\r\n\r\n", POST + b"Content-Length: x\r\n\r\n", b"x" * 70_000]
)
def test_what_is_no_request_is_reset_where_answers_would_be_wrong(request_: bytes) -> None:
    async def test(made: Proxy, port: int) -> None:
        await made.told({"trouble": {"kind": "wrong"}})
        with pytest.raises(ConnectionResetError):
            await answered_once(port, request_)
        found = await made.told({})
        assert (found["wrong"], found["reset"]) == (0, 0)

    run(test)


def test_requests_of_http_are_told_from_all_else() -> None:
    async def test(made: Proxy, port: int) -> None:
        reader, writer = await connected(port)
        await asked(reader, writer)
        assert (await made.told({}))["requests"] == 0
        writer.write(b"GET /x HTTP/1.1\r\n\r\n")
        await reader.readline()
        assert (await made.told({}))["requests"] == 1

    run(test)


def test_the_next_address_is_asked_where_one_does_not_take_the_connection() -> None:
    async def test(made: Proxy, port: int) -> None:
        for _ in range(2):
            reader, writer = await connected(port)
            assert await asked(reader, writer) == b"echo ahoy\n"
        found = await made.told({"try": True})
        assert len(found["refused"]) == 1
        assert found["refused"][0].startswith("127.0.0.9:")
        assert found["unreachable"] == 0

    run(test, upstreams=("127.0.0.9", HERE))


def test_where_no_address_takes_it_the_client_is_reset_and_that_is_counted_apart() -> None:
    async def test(made: Proxy, port: int) -> None:
        reader, _ = await connected(port)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        found = await made.told({})
        assert (found["unreachable"], found["reset"]) == (1, 0)

    run(test, upstreams=("127.0.0.9",))


def test_a_trouble_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no such trouble: odd"):
        Trouble("odd")


def test_its_process_is_told_by_way_of_its_socket_and_ends_after_the_drain() -> None:
    control = f"seatrial-test-{uuid.uuid4().hex}"
    program = (
        "import asyncio; from seatrial.traffic import proxy; proxy.DRAIN_SECONDS = 0.05; "
        f"asyncio.run(proxy.serve(proxy.Proxy(['{HERE}']), [0], {control!r}))"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        try:
            answer = _told(control, "{}")
            assert json.loads(answer)["accepted"] == 0
            assert "no such trouble" in _told(control, '{"trouble": {"kind": "odd"}}')
            assert "error" in json.loads(_told(control, "{"))
            process.send_signal(signal.SIGTERM)
            assert process.wait(WITHIN) == 0
        finally:
            process.kill()


def _told(control: str, message: str) -> str:
    given_up = time.monotonic() + WITHIN
    while True:
        try:
            return tell(message, control)
        except OSError:
            if time.monotonic() > given_up:
                raise
