"""An agent on this machine, spoken to as one in a pod is: through the standard streams of `connect`."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.errors import SeatrialError

AGENT = (sys.executable, "-m", "seatrial.traffic.agent")


class LocalPipe:
    """A `connect` process as a pipe; `interrupt` is a connection that breaks."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [*AGENT, "connect", "--folder", str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def receive(self, seconds: float) -> bytes:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        if not ready:
            return b""
        if not (data := os.read(self._process.stdout.fileno(), 65_536)):
            raise ConnectionError("the other side has closed")
        return data

    def interrupt(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def let_go(self) -> None:
        """Close the files, too; call it when no thread uses them any more."""
        self.close()
        for file in (self._process.stdin, self._process.stdout):
            assert file is not None
            with contextlib.suppress(BrokenPipeError):
                file.close()


@dataclass
class LocalAgent:
    """An agent process and every connection that was made to it."""

    folder: Path
    process: subprocess.Popen[bytes]
    pipes: list[LocalPipe] = field(default_factory=list)

    def connect(self) -> LocalPipe:
        if self.process.poll() is not None:
            raise SeatrialError("the agent has ended")
        self.pipes.append(LocalPipe(self.folder))
        return self.pipes[-1]


@contextmanager
def agent_process(folder: Path, *options: str) -> Iterator[LocalAgent]:
    """An agent that serves from `folder`."""
    folder.mkdir()
    with subprocess.Popen([*AGENT, "serve", "--folder", str(folder), *options]) as process:
        agent = LocalAgent(folder, process)
        try:
            yield agent
        finally:
            process.kill()
            for pipe in agent.pipes:
                pipe.let_go()
