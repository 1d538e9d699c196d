"""What a person at a terminal sees: live stages."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import Progress as RichBars
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from seatrial.cluster.progress import OpenStage, PlainProgress, Progress, Stages


class LiveProgress:
    """Running stages stay at the bottom with a spinner; each finished one leaves one line above."""

    def __init__(self) -> None:
        self.console = Console(stderr=False, highlight=False)
        self._bars = RichBars(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
            console=self.console, transient=True,
        )  # fmt: skip
        self._tasks: dict[OpenStage, TaskID] = {}
        self._stages = Stages(self._show)

    def __enter__(self) -> LiveProgress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def _show(self, stage: OpenStage) -> None:
        with suppress(KeyError):  # it may end while it is looked at
            text = f"{stage.title} [dim]{_short(stage.whereabouts())}[/dim]"
            self._bars.update(self._tasks[stage], description=text)

    @contextmanager
    def stage(self, title: str) -> Iterator[OpenStage]:
        """Open a stage; see `seatrial.cluster.progress.Progress`."""
        stage = OpenStage(title, self._show)
        task = self._tasks[stage] = self._bars.add_task(title, total=None)
        mark, text = "[green]✓[/green]", ""
        try:
            with self._stages.opened(stage):
                yield stage
        except BaseException:
            mark = "[red]✗[/red]"
            raise
        finally:
            if stage.skip_reason:
                mark, text = "[dim]-[/dim]", f" [dim]skipped: {stage.skip_reason}[/dim]"
            del self._tasks[stage]
            self._bars.remove_task(task)
            self.console.print(f"{mark} {title}{text} [dim]{time.monotonic() - stage.began_at:.1f} s[/dim]")


@contextmanager
def progress_display() -> Iterator[Progress]:
    """A live display on a terminal, plain lines with elapsed seconds everywhere else."""
    if sys.stdout.isatty():
        with LiveProgress() as live:
            yield live
    else:
        yield PlainProgress()


def _short(text: str, limit: int = 100) -> str:
    line = _escape(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _escape(text: str) -> str:
    return text.replace("[", r"\[")
