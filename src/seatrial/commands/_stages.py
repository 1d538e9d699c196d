"""The stages of a run: each begins and ends in its record, and Ctrl-C and SIGTERM end them alike."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.record.writer import RunWriter


class Running:
    """A stage that has begun."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note
        self.exit_code: int | None = None


@contextlib.contextmanager
def stage(writer: RunWriter, progress: Progress, title: str, clock: Callable[[], float]) -> Iterator[Running]:
    began = clock()
    writer.stage_started(title)
    outcome, running = "failed", None
    try:
        with progress.stage(title) as shown:
            running = Running(shown.note)
            yield running
        outcome = "done"
    finally:
        code = running.exit_code if running is not None else None
        writer.stage_finished(title, outcome, seconds=clock() - began, exit_code=code)


@contextlib.contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does: children revert their faults, the page says unfinished."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
