"""What a person at a terminal sees: live stages."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress as RichBars
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from seatrial.cluster.progress import PlainProgress, Progress


class _LiveStage:
    def __init__(self, bars: RichBars, task: TaskID, title: str) -> None:
        self._bars, self._task, self._title = bars, task, title
        self.skip_reason = ""

    def note(self, text: str) -> None:
        self._bars.update(self._task, description=f"{self._title} [dim]{_short(text)}[/dim]")

    def skipped(self, reason: str) -> None:
        self.skip_reason = reason


class LiveProgress:
    """Running stages stay at the bottom with a spinner; each finished one leaves one line above."""

    def __init__(self) -> None:
        self.console = Console(stderr=False, highlight=False)
        self._bars = RichBars(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
            console=self.console, transient=True,
        )  # fmt: skip

    def __enter__(self) -> LiveProgress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    @contextmanager
    def stage(self, title: str) -> Iterator[_LiveStage]:
        """Open a stage; see `seatrial.cluster.progress.Progress`."""
        begun = time.monotonic()
        task = self._bars.add_task(title, total=None)
        stage = _LiveStage(self._bars, task, title)
        mark, text = "[green]✓[/green]", ""
        try:
            yield stage
        except BaseException:
            mark = "[red]✗[/red]"
            raise
        finally:
            if stage.skip_reason:
                mark, text = "[dim]-[/dim]", f" [dim]skipped: {stage.skip_reason}[/dim]"
            self._bars.remove_task(task)
            self.console.print(f"{mark} {title}{text} [dim]{time.monotonic() - begun:.1f} s[/dim]")


@contextmanager
def progress_display() -> Iterator[Progress]:
    """A live display on a terminal, plain lines with elapsed seconds everywhere else."""
    if sys.stdout.isatty():
        with LiveProgress() as live:
            yield live
    else:
        yield PlainProgress()


def _short(text: str, limit: int = 80) -> str:
    line = _escape(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _escape(text: str) -> str:
    return text.replace("[", r"\[")
