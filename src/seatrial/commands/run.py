"""`seatrial run`: suites, load and experiments against one system, one page at the end."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from seatrial.commands.base import (
    Context,
    Kubeconfig,
    Namespace,
    Seed,
    System,
    command,
    open_session,
    settings,
)
from seatrial.commands.children import RunChild, child_environment, folder, run_child
from seatrial.commands.report import rebuild_report
from seatrial.errors import BadInput, SeatrialError

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.model.system import System as SystemModel
    from seatrial.record.writer import RunWriter
    from seatrial.settings import Settings

STAGES = ("suites", "load", "experiments")
BRING_UP, COMPARE = "bring up", "compare objects"
_SUITES_SECONDS = 2400.0
_LOAD_SECONDS = 600.0
_EXPERIMENT_SECONDS = 600.0
BRIEF_SECONDS = 120.0
"""Experiments that usually take longer are left to `chaos run`; the suites carry their scenarios out."""


class ComparesObjects(Protocol):
    """What a run needs of the session it has opened; `harness.session.Session` has it."""

    def snapshot(self) -> Any:
        """The objects of the system as they are now."""

    def changed_since(self, before: Any) -> list[str]:
        """What differs from `before`, a sentence for each object."""


class OpenSession(Protocol):
    """Brings the system up and connects; see `harness.session.open_session`."""

    def __call__(
        self, settings: Settings, system: SystemModel, progress: Progress, run: RunWriter
    ) -> AbstractContextManager[ComparesObjects]: ...


@dataclass(frozen=True)
class Job:
    """A child process of a run: a tool that joins the run and must report a result."""

    stage: str
    tool: str
    arguments: Sequence[str]
    within_seconds: float
    about_seconds: float = 0.0
    environment: Mapping[str, str] = field(default_factory=dict)


class _Running:
    """A stage that has begun."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self.note = note
        self.exit_code: int | None = None


@command("run")
def run(
    system: System = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
    seed: Seed = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Only suites, load or experiments (repeatable).", show_default=False),
    ] = None,
) -> int:
    """Bring up, then suites, load, experiments, one page. Exit 0: something passed, and nothing is red."""
    from seatrial.terminal import progress_display

    chosen = settings(system=system, kubeconfig=kubeconfig, context=context, namespace=namespace, seed=seed)
    with progress_display() as progress:
        code, text = run_everything(chosen, progress, only=tuple(only or ()))
    typer.echo(text)
    return code


def run_everything(
    settings: Settings,
    progress: Progress,
    *,
    only: Sequence[str] = (),
    open_session: OpenSession = open_session,
    run_child: RunChild = run_child,
    report: Callable[[Path], tuple[int, str]] = rebuild_report,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[int, str]:
    """Run every stage; returns the exit code and the summary for the terminal.

    What must report is on disk before anything starts, so that nothing can be missing without being missed.

    Args:
        only: these of `STAGES`; all of them when empty.
        report: builds the page of a run directory; returns its exit code and summary.
        clock: seconds that only grow; how long each stage took.

    Raises:
        BadInput: an unknown stage or a wrong system file.
        SeatrialError: a stage could not be done, or the run directory cannot be written.
    """
    from seatrial.model.run import Planned
    from seatrial.record.writer import RunWriter
    from seatrial.settings import load_system
    from seatrial.versions import versions

    for name in only:
        if name not in STAGES:
            hint = f"Stages: {', '.join(STAGES)}"
            raise BadInput(f"there is no stage {name!r}", where="--only", next_step=hint)
    system = load_system(settings)
    writer = RunWriter.open_or_create("seatrial", reports=settings.reports_directory)
    writer.tool_started(argv=sys.argv, versions=versions(), seed=settings.seed)
    jobs = list(jobs_of(only or STAGES, system))
    writer.plan([Planned(BRING_UP), *(Planned(job.stage, job.tool) for job in jobs), Planned(COMPARE)])
    try:
        with _interrupted_by_signals():
            with _stage(writer, progress, BRING_UP, clock) as running:
                running.note(f"stage 1 of {len(jobs) + 2}")
                session = open_session(settings, system, progress, writer)
            with session as opened:
                _run_jobs(settings, opened, writer, progress, jobs, run_child, clock)
        writer.tool_finished(0)
    except SeatrialError as error:
        writer.note(str(error))
        raise
    finally:
        writer.close()
        code, text = report(writer.directory)
    return code, text


def _run_jobs(
    settings: Settings, session: ComparesObjects, writer: RunWriter, progress: Progress, jobs: Sequence[Job],
    run_child: RunChild, clock: Callable[[], float],
) -> None:  # fmt: skip
    before = session.snapshot()
    for number, job in enumerate(jobs, 2):
        with _stage(writer, progress, job.stage, clock) as running:
            takes = f", usually about {job.about_seconds:.0f} s" if job.about_seconds else ""
            running.note(f"stage {number} of {len(jobs) + 2}{takes}")
            running.exit_code = run_child(
                job.arguments,
                environment={
                    **child_environment(settings, writer.directory, stage=job.stage),
                    **job.environment,
                },
                log=writer.directory / "logs" / f"{job.stage.replace(' ', '-')}.txt",
                within_seconds=job.within_seconds,
                note=running.note,
            )
    with _stage(writer, progress, COMPARE, clock):
        writer.changed_objects(session.changed_since(before))


def jobs_of(stages: Sequence[str], system: SystemModel) -> Iterator[Job]:
    """The child processes of these stages, in their order."""
    from seatrial.harness.estimate import suites_seconds

    if "suites" in stages:
        arguments = [sys.executable, "-m", "pytest", "-v", "--color=no", str(folder("suites"))]
        yield Job("suites", "pytest", arguments, _SUITES_SECONDS, suites_seconds(system))
    if "load" in stages:
        file = folder("loadtests") / "journeys.py"
        arguments = [sys.executable, "-m", "locust", "-f", str(file), "--headless", "-t", "60s"]
        yield Job("load journeys", "locust", arguments, _LOAD_SECONDS, 65.0)
    if "experiments" in stages:
        yield from _experiments(system)


def _experiments(system: SystemModel) -> Iterator[Job]:
    """The brief experiments that apply, each on one workload: the suites disturb every one."""
    from seatrial.harness.estimate import seconds_on
    from seatrial.model.scenario import SCENARIOS

    for experiment in sorted(folder("experiments").glob("*.yaml")):
        scenario = SCENARIOS.get(experiment.stem)
        for subject in scenario.subjects(system)[:1]:
            about = seconds_on(scenario, subject)
            if about <= BRIEF_SECONDS:
                arguments = [
                    sys.executable,
                    "-m",
                    "chaostoolkit",
                    "--no-version-check",
                    "run",
                    str(experiment),
                ]
                yield Job(
                    f"experiment {experiment.stem}", "chaos", arguments, _EXPERIMENT_SECONDS, about,
                    {"SEATRIAL_ROLES": subject.role},
                )  # fmt: skip


@contextlib.contextmanager
def _stage(
    writer: RunWriter, progress: Progress, title: str, clock: Callable[[], float]
) -> Iterator[_Running]:
    began = clock()
    writer.stage_started(title)
    outcome, running = "failed", None
    try:
        with progress.stage(title) as stage:
            running = _Running(stage.note)
            yield running
        outcome = "done"
    finally:
        code = running.exit_code if running is not None else None
        writer.stage_finished(title, outcome, seconds=clock() - began, exit_code=code)


@contextlib.contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """SIGTERM ends the run as Ctrl-C does: children revert their faults, the page says unfinished."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
