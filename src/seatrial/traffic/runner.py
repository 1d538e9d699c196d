"""Where a generator runs: in a process of this machine, or elsewhere (`traffic.remote`)."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

COMMAND = (sys.executable, "-m", "seatrial.traffic")
"""The generator as a process of this machine."""


class Runner(Protocol):
    """Starts one generator, stops it, and knows how it ended. The file is `Generator`'s to read."""

    @property
    def process_id(self) -> int | None:
        """Of the generator, where it was started on this machine."""

    def launch(self, path: Path, first_line: bytes) -> None:
        """Start it and return at once, whatever becomes of it.

        Args:
            path: file that gets what it records.
            first_line: its job, for its stdin.
        """

    def end(self) -> None:
        """Have it plan nothing more; returns at once."""

    def kill(self) -> None:
        """End it without its closing record, if it has not ended."""

    @property
    def launched(self) -> bool:
        """Whether it was ever started."""

    @property
    def running(self) -> bool:
        """Whether it was started and more may come into the file."""

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it has ended."""

    def how_it_ended(self) -> str:
        """In a few words, e.g. "exit code 2"; call it after the end."""

    def errors(self) -> str:
        """What it wrote to its error output."""

    def lost(self) -> str:
        """Why what it has sent is not known to the end, however it ended; empty when it is."""

    def close(self) -> None:
        """Let go of everything; call it after the end."""


class LocalProcess:
    """A process of this machine. It ends at SIGTERM, and when its stdin ends, as when its parent is gone.

    Args:
        command: what to start; it writes the file that its first line names.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    def launch(self, path: Path, first_line: bytes) -> None:  # noqa: ARG002 - the job names it
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            # Ctrl-C in a terminal goes to the whole group; this process is stopped by its parent instead.
            start_new_session=True,
        )
        assert self._process.stdin is not None  # it was started with a pipe
        try:
            self._process.stdin.write(first_line)
            self._process.stdin.flush()
        except BrokenPipeError:
            return  # It died at once; the wait for the first request tells why.

    def end(self) -> None:
        if self._process is not None and self.running:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    @property
    def launched(self) -> bool:
        return self._process is not None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self, seconds: float) -> bool:
        if self._process is None:
            return True
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def how_it_ended(self) -> str:
        code = self._process.poll() if self._process else None
        if code is not None and code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"

    def errors(self) -> str:
        if self._errors is None or self._errors.closed:
            return ""
        self._errors.seek(0)
        return self._errors.read()[-4_000:].decode(errors="replace").strip()

    def lost(self) -> str:
        return ""  # it has written to this machine

    def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        if self._errors is not None:
            self._errors.close()
