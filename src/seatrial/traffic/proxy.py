"""A TCP proxy that stands between a Service and its pods, and makes trouble when it is told to.

`python -m seatrial.traffic.proxy serve --port 8080 --to 10.0.0.7 --to 10.0.0.8` is what its pod runs: what
comes to a port goes to that port of one address after the other. Whoever may run
`... tell '{"trouble": {"kind": "down"}}'` in the pod changes what it does, and is told what it has counted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seatrial.traffic.attempts import Attempts, Trouble
from seatrial.traffic.wrong import answer, is_request, read_request

PIECE_BYTES = 65_536
MOST_PIECES = 256
"""That wait in one connection; more stay with the dependency."""
CONNECT_SECONDS = 2.0
"""Until the next address is tried."""
TELL_SECONDS = 8.0
DRAIN_SECONDS = 3.0
"""How long it goes on after SIGTERM: clients look the name up again meanwhile, and find the pods."""
CONTROL = "seatrial-proxy"
"""Abstract name of the socket for `tell`: it lies in no folder, and only this pod reaches it."""
COUNTED = ("accepted", "requests", "asked", "answered", "reset", "delayed", "wrong", "unreachable")
_NO_LINGER = struct.pack("ii", 1, 0)


class Proxy:
    """Carries connections of one address's ports to the same ports of others.

    Args:
        upstreams: addresses; one after the other, and the next one where one does not take a connection.
        clock: monotonic seconds, of the phases in which attempts are counted.
    """

    def __init__(self, upstreams: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._upstreams = list(upstreams)
        self._next = 0
        self._trouble = Trouble()
        self._changed = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self._ports: list[int] = []
        self.counts = Counter[str](dict.fromkeys(COUNTED, 0))
        self.attempts = Attempts(clock)

    async def listen(self, port: int, to_port: int = 0, host: str | None = None) -> int:
        """Listen on a port (0 for any) and give it back; `to_port` is the other side's, where it differs."""

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(self._carry(reader, writer, to_port or port))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await task

        server = await asyncio.start_server(connected, host, port)
        self._servers.append(server)
        self._ports.append(to_port or port)
        found: int = server.sockets[0].getsockname()[1]
        return found

    def change(self, trouble: Trouble) -> None:
        """Do this to connections from now on; answers that wait go on at once."""
        if trouble.kind != self._trouble.kind:
            self.attempts.begin(trouble)
        self._trouble = trouble
        self._changed.set()
        self._changed = asyncio.Event()
        if trouble.kind in ("down", "wrong"):
            for writer in list(self._open):
                self._reset(writer)

    async def close(self) -> None:
        """Take no more connections, and cut those that are left."""
        for server in self._servers:
            server.close()
        for writer in list(self._open):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def refused(self) -> list[str]:
        """Where it cannot connect to, and why; one line for each address and port."""

        async def tried(address: str, port: int) -> str:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(address, port), CONNECT_SECONDS)
            except TimeoutError:
                return f"{address}:{port} (no answer within {CONNECT_SECONDS:g} s)"
            except OSError as error:
                return f"{address}:{port} ({error.strerror or error})"
            writer.transport.abort()
            return ""

        found = await asyncio.gather(*(tried(to, port) for to in self._upstreams for port in self._ports))
        return [one for one in found if one]

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        self.counts["accepted"] += 1
        self.attempts.connected()
        self._open.add(writer)
        caller = str((writer.get_extra_info("peername") or ("",))[0])
        try:
            if self._trouble.kind == "down":
                self.attempts.asked(caller)  # by connecting: nothing else comes through
                self._reset(writer)
                return
            if self._trouble.kind == "wrong":
                await self._answer_wrong(reader, writer, caller)
                return
            upstream = await self._connect(port)
            if upstream is None:
                self.counts["unreachable"] += 1
                self._reset(writer, counted=False)
                return
            await self._both_ways(reader, writer, *upstream, caller)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _both_ways(
        self,
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
        answers: asyncio.StreamReader, questions: asyncio.StreamWriter, caller: str,
    ) -> None:  # fmt: skip
        """Until both sides have ended, or one has broken."""
        there = asyncio.create_task(self._ask(reader, questions, caller))
        back = asyncio.create_task(self._answer(answers, writer))
        try:
            await asyncio.gather(there, back)
        except OSError:
            self._reset(writer, counted=False)
        finally:
            there.cancel()
            back.cancel()
            questions.close()

    async def _answer_wrong(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, caller: str
    ) -> None:
        """Answer one HTTP request; what is none is reset."""
        try:
            await read_request(reader)
            self.attempts.asked(caller)
            writer.write(answer(self.attempts.turn))
            self.counts["wrong"] += 1
            await writer.drain()
        except (OSError, ValueError, EOFError, asyncio.LimitOverrunError):
            self._reset(writer, counted=False)

    async def _connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for _ in self._upstreams:
            address = self._upstreams[self._next % len(self._upstreams)]
            self._next += 1
            with contextlib.suppress(OSError):  # TimeoutError is one
                return await asyncio.wait_for(asyncio.open_connection(address, port), CONNECT_SECONDS)
        return None

    async def _ask(self, reader: asyncio.StreamReader, upstream: asyncio.StreamWriter, caller: str) -> None:
        while piece := await reader.read(PIECE_BYTES):
            self.counts["asked"] += 1
            if is_request(piece):
                self.counts["requests"] += 1
                self.attempts.asked(caller)
            upstream.write(piece)
            await upstream.drain()
        if upstream.can_write_eof():
            upstream.write_eof()

    async def _answer(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pieces go back in their order; each waits from when it came, so that the delays do not add up."""
        due = asyncio.Queue[tuple[float, bytes | OSError]](MOST_PIECES)

        async def read() -> None:
            piece: bytes | OSError = b" "
            while piece and not isinstance(piece, OSError):
                try:
                    piece = await upstream.read(PIECE_BYTES)
                except OSError as error:
                    piece = error
                await due.put((time.monotonic(), piece))

        reading = asyncio.create_task(read())
        try:
            while True:
                came_at, piece = await due.get()
                await self._hold_back(came_at)
                if isinstance(piece, OSError):
                    raise piece
                if not piece:
                    break
                writer.write(piece)
                self.counts["answered"] += 1
                await writer.drain()
        finally:
            reading.cancel()
        if writer.can_write_eof():
            writer.write_eof()

    async def _hold_back(self, came_at: float) -> None:
        """Wait until a piece is due; one that waits is let go when the trouble changes."""
        if self._trouble.kind != "slow":
            return
        left = came_at + self._trouble.delay_seconds - time.monotonic()
        if left > 0:
            self.counts["delayed"] += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left)

    def _reset(self, writer: asyncio.StreamWriter, *, counted: bool = True) -> None:
        """End a connection by a reset, which no client takes for the end of an answer."""
        if writer in self._open:
            self._open.discard(writer)
            self.counts["reset"] += counted
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            writer.transport.abort()

    async def told(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a message says, and answer it."""
        if "trouble" in message:
            self.change(Trouble(**message["trouble"]))
        refused = await self.refused() if message.get("try") else []
        phases = self.attempts.told()
        return {"trouble": self._trouble.kind, "refused": refused, "phases": phases, **self.counts}


async def serve(proxy: Proxy, ports: Sequence[int], control: str = CONTROL) -> None:
    """Carry connections until SIGTERM, and for `DRAIN_SECONDS` after it."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    for port in ports:
        await proxy.listen(port)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await proxy.told(json.loads(await reader.readline()))
        except (ValueError, TypeError) as error:
            answer = {"error": str(error)}
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(connected, "\0" + control)
    await ended.wait()
    drained = asyncio.Event()
    asyncio.get_running_loop().call_later(DRAIN_SECONDS, drained.set)
    await drained.wait()
    server.close()
    await proxy.close()


def tell(message: str, control: str = CONTROL) -> str:
    """Hand a message to the proxy of this pod, and give its answer; raises OSError where there is none."""
    with socket.socket(socket.AF_UNIX) as speaker:
        speaker.settimeout(TELL_SECONDS)
        speaker.connect("\0" + control)
        speaker.sendall(message.encode() + b"\n")
        with speaker.makefile("r", encoding="utf-8") as answers:
            return answers.readline().strip()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="seatrial.traffic.proxy")
    verbs = parser.add_subparsers(dest="verb", required=True)
    serving = verbs.add_parser("serve")
    serving.add_argument("--port", type=int, action="append", required=True)
    serving.add_argument("--to", action="append", required=True)
    verbs.add_parser("tell").add_argument("message")
    given = parser.parse_args(arguments)
    if given.verb == "serve":
        asyncio.run(serve(Proxy(given.to), given.port))
    else:
        sys.stdout.write(f"{tell(given.message)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
