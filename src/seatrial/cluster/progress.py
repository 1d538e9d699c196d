"""How long work tells a person where it is: stages with notes, from any thread."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO


class Stage(Protocol):
    """One running stage."""

    def note(self, text: str) -> None:
        """Say what the stage is doing now."""

    def skipped(self, reason: str) -> None:
        """Say that there was nothing to do, and why (cached, already running)."""


class Progress(Protocol):
    """Takes stages; several may be open at once, from different threads."""

    def stage(self, title: str) -> AbstractContextManager[Stage]:
        """Open a stage; it ends, well or badly, with the `with` block."""


class _PlainStage:
    def __init__(self, owner: PlainProgress, title: str) -> None:
        self._owner = owner
        self._title = title
        self.skip_reason = ""

    def note(self, text: str) -> None:
        self._owner.line(f"{self._title}: {text}")

    def skipped(self, reason: str) -> None:
        self.skip_reason = reason


class PlainProgress:
    """One line per event with the seconds since the start; for logs and machines without a terminal."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out if out is not None else sys.stdout
        self._lock = threading.Lock()
        self._started = time.monotonic()

    def line(self, text: str) -> None:
        """Print one line with the elapsed time in front."""
        with self._lock:
            print(f"[{time.monotonic() - self._started:6.1f} s] {text}", file=self._out, flush=True)

    @contextmanager
    def stage(self, title: str) -> Iterator[_PlainStage]:
        """Open a stage; prints its begin and its end with the seconds it took."""
        stage = _PlainStage(self, title)
        begun = time.monotonic()
        self.line(f"{title} ...")
        try:
            yield stage
        except BaseException:
            self.line(f"{title}: failed after {time.monotonic() - begun:.1f} s")
            raise
        if stage.skip_reason:
            self.line(f"{title}: skipped, {stage.skip_reason}")
        else:
            self.line(f"{title}: done in {time.monotonic() - begun:.1f} s")
