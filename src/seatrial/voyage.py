"""`seatrial run`: suites, load and drills against one system, one page at the end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from seatrial.children import run_child
from seatrial.cluster.progress import Progress
from seatrial.errors import BadInput, SeatrialError
from seatrial.harness.session import open_session
from seatrial.model.system import System
from seatrial.record.reader import read_run
from seatrial.record.writer import RunWriter
from seatrial.report.html import build_report
from seatrial.report.summary import exit_code, summary_text
from seatrial.settings import Settings, load_system
from seatrial.versions import versions

STAGES = ("suites", "load", "drills")
_SUITES_SECONDS = 2400.0
_LOAD_SECONDS = 600.0
_DRILL_SECONDS = 600.0


@dataclass(frozen=True)
class _Job:
    title: str
    arguments: Sequence[str]
    within_seconds: float


def bring_up(settings: Settings, progress: Progress) -> None:
    """Cluster and system up, as the system file says. Raises SeatrialError when that is not possible."""
    with open_session(settings, load_system(settings), progress) as session:
        session.require_answer()


def sail(settings: Settings, progress: Progress, *, only: Sequence[str] = ()) -> tuple[int, str]:
    """Run everything; returns the exit code and the summary for the terminal.

    Raises:
        BadInput: an unknown stage or a wrong system file.
        SeatrialError: the run directory cannot be written.
    """
    wrong = [name for name in only if name not in STAGES]
    if wrong:
        known = ", ".join(STAGES)
        raise BadInput(f"there is no stage {wrong[0]!r}", where="--only", next_step=f"Stages: {known}")
    system = load_system(settings)
    writer = RunWriter.open_or_create("seatrial", reports=settings.reports_directory)
    writer.tool_started(argv=sys.argv, versions=versions(), seed=settings.seed)
    code = 1
    try:
        with _interrupted_by_signals():
            _sail(settings, system, writer, progress, only or STAGES)
        code = 0
    except SeatrialError as error:
        writer.note(str(error))
        raise
    finally:
        if code == 0:
            writer.tool_finished(0)
        writer.close()
        page = build_report(writer.directory)
    run = read_run(writer.directory)
    return exit_code(run), f"{summary_text(run)}\n\npage  {shown(page)}"


def _sail(
    settings: Settings, system: System, writer: RunWriter, progress: Progress, stages: Sequence[str]
) -> None:
    with _stage(writer, progress, "bring up"):
        session = open_session(settings, system, progress, writer)
    with session:
        before = session.snapshot()
        environment = child_environment(settings, writer.directory)
        for job in _jobs(stages):
            with _stage(writer, progress, job.title) as note:
                run_child(
                    job.arguments, environment=environment, within_seconds=job.within_seconds, note=note,
                    log=writer.directory / "logs" / f"{job.title.replace(' ', '-')}.txt",
                )  # fmt: skip
        with _stage(writer, progress, "compare objects"):
            writer.changed_objects(session.changed_since(before))


def _jobs(stages: Sequence[str]) -> Iterator[_Job]:
    if "suites" in stages:
        arguments = [sys.executable, "-m", "pytest", "-v", "--color=no", str(folder("suites"))]
        yield _Job("suites", arguments, _SUITES_SECONDS)
    if "load" in stages:
        file = folder("loadtests") / "checkout.py"
        arguments = [sys.executable, "-m", "locust", "-f", str(file), "--headless", "-t", "60s"]
        yield _Job("load checkout", arguments, _LOAD_SECONDS)
    if "drills" in stages:
        for experiment in sorted(folder("experiments").glob("*.yaml")):
            arguments = [sys.executable, "-m", "chaostoolkit", "--no-version-check", "run", str(experiment)]
            yield _Job(f"drill {experiment.stem}", arguments, _DRILL_SECONDS)


def folder(name: str) -> Path:
    """The folder suites, experiments or loadtests, in a checkout as in an installed wheel."""
    import importlib

    return Path(next(iter(importlib.import_module(f"seatrial.{name}").__path__)))


def child_environment(settings: Settings, run_directory: Path) -> dict[str, str]:
    """What pytest, locust and chaos need to join this run and leave the deployed system as it is."""
    chosen: Mapping[str, object] = {
        "SEATRIAL_RUN": run_directory,
        "SEATRIAL_SYSTEM": settings.system_path,
        "SEATRIAL_SEED": settings.seed,
        "SEATRIAL_AS_DEPLOYED": 1,
        "SEATRIAL_KUBECONFIG": settings.kubeconfig,
        "SEATRIAL_CONTEXT": settings.context,
        "SEATRIAL_NAMESPACE": settings.namespace,
        "SEATRIAL_STATE": settings.state_directory,
    }
    given = {name: str(value) for name, value in chosen.items() if value is not None}
    return {**os.environ, **given, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}


@contextlib.contextmanager
def _stage(writer: RunWriter, progress: Progress, title: str) -> Iterator[Callable[[str], None]]:
    began = time.monotonic()
    writer.stage_started(title)
    outcome = "failed"
    try:
        with progress.stage(title) as stage:
            yield stage.note
        outcome = "done"
    finally:
        writer.stage_finished(title, outcome, seconds=time.monotonic() - began)


@contextlib.contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does: children undo their faults, the page says unfinished."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def shown(path: Path) -> str:
    """A path as a person here would type it."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
