"""How long work tells a person where it is: stages with notes, from any thread.

A stage that says nothing for `QUIET_SECONDS` is said again with how far it is, so that a person sees the
difference between a long build and one that hangs. Work deep below a stage finds it by `current_stage`.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol, TextIO

QUIET_SECONDS = 15.0
"""The longest time in which an open stage says nothing."""
LOOK_SECONDS = 1.0
_LEAST_PART = 0.1
"""How much must be done before the rest is reckoned from it."""


@dataclass(frozen=True)
class Far:
    """How far a piece of work is.

    Attributes:
        of: how many there are in all; 0 when nobody knows.
        unit: what is counted, in the plural.
    """

    done: float
    of: float = 0.0
    unit: str = "parts"

    def __str__(self) -> str:
        return f"{self.done:,.0f}" + (f" of {self.of:,.0f}" if self.of else "") + f" {self.unit}"


Look = Callable[[], Far | None]


class Stage(Protocol):
    """One running stage."""

    def note(self, text: str) -> None:
        """Say what the stage is doing now."""

    def skipped(self, reason: str) -> None:
        """Say that there was nothing to do, and why (cached, already running)."""

    def watching(self, look: Look, about_seconds: float = 0.0) -> AbstractContextManager[None]:
        """Ask `look` how far the work of the `with` block is; `about_seconds` is what it usually takes."""


class Progress(Protocol):
    """Takes stages; several may be open at once, from different threads."""

    def stage(self, title: str) -> AbstractContextManager[Stage]:
        """Open a stage; it ends, well or badly, with the `with` block."""


class OpenStage:
    """A stage between its begin and its end, as every display knows it.

    Args:
        show: is told each note.
    """

    def __init__(
        self, title: str, show: Callable[[OpenStage], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.title, self.text, self.skip_reason = title, "", ""
        self._show, self._clock = show, clock
        self.began_at = self.said_at = clock()
        self._look: Look | None = None
        self._about_seconds = 0.0
        self._work_began_at = self.began_at

    def note(self, text: str) -> None:
        """See `Stage`."""
        self.text, self.said_at = text, self._clock()
        self._show(self)

    def skipped(self, reason: str) -> None:
        """See `Stage`."""
        self.skip_reason = reason

    @contextmanager
    def watching(self, look: Look, about_seconds: float = 0.0) -> Iterator[None]:
        """See `Stage`."""
        before = self._look, self._about_seconds, self._work_began_at
        self._look, self._about_seconds, self._work_began_at = look, about_seconds, self._clock()
        try:
            yield
        finally:
            self._look, self._about_seconds, self._work_began_at = before

    def is_quiet(self) -> bool:
        """Whether nothing was said for so long that it is time to say where the work is."""
        return self._clock() - self.said_at >= QUIET_SECONDS

    def whereabouts(self) -> str:
        """What it does, how far it is, how long it has taken and how long it will take, in one line."""
        self.said_at = now = self._clock()
        took = now - self._work_began_at
        far = self._far()
        parts = [self.text or "working", *([str(far)] if far else [])]
        rest = self._rest(took, far)
        return f"{', '.join(parts)}; {took:.0f} s so far{rest}"

    def _far(self) -> Far | None:
        with suppress(OSError):  # what it looks at may not be there yet, or not any more
            return self._look() if self._look is not None else None
        return None

    def _rest(self, took: float, far: Far | None) -> str:
        if far is not None and far.of and far.of * _LEAST_PART <= far.done < far.of:
            return f", about {took * (far.of - far.done) / far.done:.0f} s more"
        return f", usually about {self._about_seconds:.0f} s" if self._about_seconds else ""


class _NoStage:
    """Takes what is said outside every stage."""

    def note(self, text: str) -> None:
        """Nobody listens."""

    def skipped(self, reason: str) -> None:
        """Nobody listens."""

    @contextmanager
    def watching(self, look: Look, about_seconds: float = 0.0) -> Iterator[None]:  # noqa: ARG002
        """Nobody looks."""
        yield


_CURRENT: ContextVar[Stage | None] = ContextVar("stage", default=None)


def current_stage() -> Stage:
    """The innermost stage that is open in this thread; one that tells nobody when there is none."""
    return _CURRENT.get() or _NoStage()


class Stages:
    """The open stages of a display, looked at once a second by a thread that ends with the last of them.

    Args:
        look: called for each open stage, once a second.
    """

    def __init__(self, look: Callable[[OpenStage], None]) -> None:
        self._look = look
        self._open: list[OpenStage] = []
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._looking = False

    @contextmanager
    def opened(self, stage: OpenStage) -> Iterator[None]:
        """The stage is looked at, and is the current one of this thread, inside the block."""
        token = _CURRENT.set(stage)
        with self._lock:
            self._open.append(stage)
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._watch, name="progress", daemon=True).start()
        try:
            yield
        finally:
            _CURRENT.reset(token)
            with self._lock:
                self._open.remove(stage)
            self._changed.set()

    def _watch(self) -> None:
        while True:
            self._changed.wait(LOOK_SECONDS)
            self._changed.clear()
            with self._lock:
                if not self._open:
                    self._looking = False
                    return
                stages = list(self._open)
            for stage in stages:
                self._look(stage)


class PlainProgress:
    """One line per event with the seconds since the start; for logs and machines without a terminal."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out if out is not None else sys.stdout
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._stages = Stages(self._beat)

    def line(self, text: str) -> None:
        """Print one line with the elapsed time in front."""
        with self._lock:
            print(f"[{time.monotonic() - self._started:6.1f} s] {text}", file=self._out, flush=True)

    def _beat(self, stage: OpenStage) -> None:
        if stage.is_quiet():
            self.line(f"{stage.title}: {stage.whereabouts()}")

    @contextmanager
    def stage(self, title: str) -> Iterator[OpenStage]:
        """Open a stage; prints its begin and its end with the seconds it took."""
        stage = OpenStage(title, lambda told: self.line(f"{title}: {told.text}"))
        self.line(f"{title} ...")
        try:
            with self._stages.opened(stage):
                yield stage
        except BaseException:
            self.line(f"{title}: failed after {time.monotonic() - stage.began_at:.1f} s")
            raise
        if stage.skip_reason:
            self.line(f"{title}: skipped, {stage.skip_reason}")
        else:
            self.line(f"{title}: done in {time.monotonic() - stage.began_at:.1f} s")
