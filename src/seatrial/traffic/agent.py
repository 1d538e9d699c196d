"""The agent: runs generators inside the cluster for a tester outside of it.

`python -m seatrial.traffic.agent serve --folder DIR` is what the pod runs. It listens on a socket in DIR,
where generators lay down (spool) what they record, too; whoever may run `... connect --folder DIR` in the pod
speaks with it, in messages of `traffic.wire`. What was recorded is read from any byte on, so that a broken
connection loses nothing. It runs a master of Locust likewise (`load.pod_master`). An agent that hears nothing
sends nothing: its tester may be gone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import seatrial
from seatrial.errors import SeatrialError
from seatrial.traffic.single import answered, sent_once
from seatrial.traffic.wire import BLOCK_BYTES, Decoder, Header, encode
from seatrial.waiting import NotYet, Ready, eventually

SILENCE_SECONDS = 6.0
LINGER_SECONDS = 20.0
LOOK_SECONDS = 0.25
SINGLE_REQUESTS = 16
"""Single requests under way at a time; more wait."""
STDERR_BYTES = 4_000
END_SECONDS = 3.0
"""How long generators may take to end when the agent itself must: a pod's grace period is hardly longer."""
SOCKET = "agent.sock"
CONNECT_SECONDS = 5.0
GENERATOR = "seatrial.traffic"
PROGRAMS = (GENERATOR, "seatrial.load.pod_master")
"""What it may be asked to run; each takes a job on its first line, and writes the file that it names."""


@dataclass
class Child:
    """One program that was started.

    Attributes:
        silenced: whether it was ended because nobody was heard.
        told: how many lines it was told after its job.
    """

    process: asyncio.subprocess.Process
    spool: Path
    errors: Path
    silenced: bool = False
    told: int = 0

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    def end(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)


class Agent:
    """Answers the messages of one tester.

    Args:
        folder: gets the socket, and what generators record.
        silence_seconds: after so long without a word from the tester nothing more is sent.
        linger_seconds: how much longer what was recorded can be read; and how long the first word may take.
    """

    def __init__(self, folder: Path, silence_seconds: float, linger_seconds: float) -> None:
        self._folder = folder
        self._silence_seconds = silence_seconds
        self._linger_seconds = linger_seconds
        self._children: dict[str, Child] = {}
        self._heard_at = time.monotonic() + linger_seconds  # the first word may take its time
        self._threads = ThreadPoolExecutor(SINGLE_REQUESTS, thread_name_prefix="single")
        self._stopped = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Serve until SIGTERM, or until nobody was heard for `silence_seconds + linger_seconds`."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        server = await asyncio.start_unix_server(self._connected, self._folder / SOCKET)
        while not self._stopped.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), LOOK_SECONDS)
            silent = time.monotonic() - self._heard_at
            if silent > self._silence_seconds:
                self._silence()
            if silent > self._silence_seconds + self._linger_seconds:
                break
        server.close()
        await self._end_all()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _silence(self) -> None:
        """Plan nothing more: nobody is there to stop it."""
        for child in self._children.values():
            if child.running and not child.silenced:
                child.silenced = True
                child.end(signal.SIGTERM)

    async def _end_all(self) -> None:
        for child in self._children.values():
            child.end(signal.SIGTERM)
        waits = [child.process.wait() for child in self._children.values()]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*waits), END_SECONDS)
        for child in self._children.values():
            child.end(signal.SIGKILL)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; each message has a task of its own, for some take long."""
        decoder = Decoder()
        with contextlib.suppress(OSError, ValueError):
            while data := await reader.read(65_536):
                self._heard_at = time.monotonic()
                for header, payload in decoder.feed(data):
                    task = asyncio.create_task(self._serve_one(writer, header, payload))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        writer.close()

    async def _serve_one(self, writer: asyncio.StreamWriter, header: Header, payload: bytes) -> None:
        try:
            answer, data = await self._do(header, payload)
        except SeatrialError as error:
            answer, data = {"error": error.what, "next_step": error.next_step}, b""
        except (OSError, ValueError, KeyError, TypeError) as error:
            answer, data = {"error": f"{type(error).__name__}: {error}"}, b""
        with contextlib.suppress(OSError):
            writer.write(encode({"id": header.get("id"), **answer}, data))
            await writer.drain()

    async def _do(self, header: Header, payload: bytes) -> tuple[Header, bytes]:
        what = header["op"]
        # What headers name by {env.NAME}: for this process and the generators that it starts.
        os.environ.update(header.get("environment") or {})
        if what == "beat":
            clock = {"monotonic": time.monotonic(), "wall": time.time()}
            return {**clock, "echo": header.get("echo"), "version": seatrial.__version__}, b""
        if what == "start":
            await self._start(str(header["name"]), header.get("program", GENERATOR), json.loads(payload))
            return {}, b""
        if what == "tell":
            await _tell(self._children[header["name"]], int(header["number"]), payload)
            return {}, b""
        if what == "signal":
            self._children[header["name"]].end(int(header["number"]))
            return {}, b""
        if what == "read":
            return _read(self._children[header["name"]], int(header["offset"]))
        if what in ("request", "once"):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, _SINGLE[what], header, payload)
        raise SeatrialError(f"the agent does not know {what!r}")

    async def _start(self, name: str, program: str, job: dict[str, Any]) -> None:
        """Start a program; one of this name that is there already was started by the same message."""
        if name in self._children:
            return
        if program not in PROGRAMS:
            raise SeatrialError(f"the agent does not run {program!r}")
        spool, errors = self._folder / f"{name}.ndjson", self._folder / f"{name}.errors"
        spool.touch()
        with errors.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", program,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=file,
            )  # fmt: skip
        self._children[name] = Child(process, spool, errors)
        assert process.stdin is not None  # it was started with a pipe
        process.stdin.write(json.dumps({**job, "output": str(spool)}).encode() + b"\n")
        with contextlib.suppress(OSError):  # it died at once; whoever reads is told why
            await process.stdin.drain()


async def _tell(child: Child, number: int, line: bytes) -> None:
    """Pass a line on to a program, unless it has it already: a message may come twice."""
    if number != child.told + 1:
        return
    child.told = number
    assert child.process.stdin is not None  # it was started with a pipe
    child.process.stdin.write(line.rstrip() + b"\n")
    await child.process.stdin.drain()


def _read(child: Child, offset: int) -> tuple[Header, bytes]:
    """What was recorded from a byte on, and whether there may be more."""
    running = child.running  # before the file is read: what is there afterwards is all there is
    with child.spool.open("rb") as file:
        file.seek(offset)
        data = file.read(BLOCK_BYTES)
        more = file.tell() < os.fstat(file.fileno()).st_size
    state: Header = {"running": running, "more": more, "silenced": child.silenced}
    if not running:
        state["exit_code"] = child.process.returncode
        state["errors"] = child.errors.read_bytes()[-STDERR_BYTES:].decode(errors="replace").strip()
    return {**state, "monotonic": time.monotonic()}, data


_SINGLE = {"request": answered, "once": sent_once}


def connect(folder: Path) -> None:
    """Carry bytes between this process's standard streams and the agent, until one side ends.

    Raises:
        WaitExpired: there is no agent.
    """
    link = socket.socket(socket.AF_UNIX)

    def listens() -> Ready[None] | NotYet:
        try:
            link.connect(str(folder / SOCKET))
        except OSError as error:
            return NotYet(str(error))
        return Ready(None)

    eventually(listens, within_seconds=CONNECT_SECONDS, what="the agent listens", every_seconds=0.05)
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ, (lambda: os.read(0, 65_536), link.sendall))
        selector.register(link, selectors.EVENT_READ, (lambda: link.recv(65_536), _write_all))
        with contextlib.suppress(OSError):
            while True:
                for key, _ in selector.select():
                    read, write = key.data
                    if not (data := read()):
                        return
                    write(data)


def _write_all(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m seatrial.traffic.agent", description=__doc__)
    parser.add_argument("what", choices=("serve", "connect"))
    parser.add_argument("--folder", type=Path, required=True, help="of the socket and the recordings")
    parser.add_argument("--silence-seconds", type=float, default=SILENCE_SECONDS)
    parser.add_argument("--linger-seconds", type=float, default=LINGER_SECONDS)
    options = parser.parse_args(arguments)
    try:
        if options.what == "connect":
            connect(options.folder)
        else:
            asyncio.run(_served(options.folder, options.silence_seconds, options.linger_seconds))
    except SeatrialError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _served(folder: Path, silence_seconds: float, linger_seconds: float) -> None:
    await Agent(folder, silence_seconds, linger_seconds).serve()


if __name__ == "__main__":
    sys.exit(main())
