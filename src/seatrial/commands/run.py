"""`seatrial run`: suites, load and experiments against one system, one page at the end."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.commands._jobs import Choice, Job, jobs_of
from seatrial.commands._stages import interrupted_by_signals, stage
from seatrial.commands.base import (
    Context,
    Kubeconfig,
    Namespace,
    Repeats,
    Seed,
    System,
    command,
    open_session,
    settings,
)
from seatrial.commands.children import RunChild, child_environment, run_child
from seatrial.commands.report import rebuild_report
from seatrial.errors import SeatrialError
from seatrial.model.plan import LOAD_SECONDS, LoadSize, Planned, Profile

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.harness.session import Session
    from seatrial.model.fault import FaultRecord
    from seatrial.record.writer import RunWriter
    from seatrial.settings import Settings

BRING_UP, COMPARE = "bring up", "compare objects"


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
    check: Annotated[
        list[str] | None,
        typer.Option("--check", help="Of the suites only this check (repeatable).", show_default=False),
    ] = None,
    experiment: Annotated[
        list[str] | None,
        typer.Option(
            "--experiment", help="Of the experiments only this one, a name or a file (repeatable).",
            show_default=False,
        ),
    ] = None,
    load_seconds: Annotated[int, typer.Option(min=1, help="How long the load lasts.")] = LOAD_SECONDS,
    profile: Annotated[
        Profile | None,
        typer.Option(
            help="core: one workload for each core scenario (default); full: everything on every workload.",
            show_default=False,
        ),
    ] = None,
    load: Annotated[
        LoadSize | None,
        typer.Option(
            help="fixed: scenarios at rates of their own (default); edge: again at 90 % of capacity.",
            show_default=False,
        ),
    ] = None,
    repeats: Repeats = None,
) -> int:  # fmt: skip
    """Bring up, then suites, load, experiments, one page. Exit 0: something passed, and nothing is red."""
    from seatrial.terminal import progress_display

    chosen = settings(
        system=system, kubeconfig=kubeconfig, context=context, namespace=namespace, seed=seed,
        profile=profile, load=load, repeats=repeats,
    )  # fmt: skip
    what = Choice(
        tuple(only or ()), tuple(check or ()), tuple(experiment or ()), load_seconds, chosen.profile
    )
    with progress_display() as progress:
        code, text = run_everything(chosen, progress, what)
    typer.echo(text)
    return code


def run_everything(
    settings: Settings,
    progress: Progress,
    choice: Choice = Choice(),  # noqa: B008 - it is frozen
    *,
    open_session: Callable[..., Session] = open_session,
    run_child: RunChild = run_child,
    report: Callable[[Path], tuple[int, str]] = rebuild_report,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[int, str]:
    """Run what was chosen; returns the exit code and the summary for the terminal.

    What must report is on disk before anything starts, so that nothing can be missing without being missed.

    Args:
        report: builds the page of a run directory; returns its exit code and summary.
        clock: seconds that only grow; how long each stage took.

    Raises:
        BadInput: a choice that there is not, or a wrong system file.
        SeatrialError: a stage could not be done, or the run directory cannot be written.
    """
    from seatrial.record.writer import RunWriter
    from seatrial.settings import load_system
    from seatrial.versions import versions

    system = load_system(settings)
    jobs = jobs_of(choice, system)
    writer = RunWriter.open_or_create("seatrial", reports=settings.reports_directory)
    writer.tool_started(argv=sys.argv, versions=versions(), seed=settings.seed)
    writer.plan([Planned(BRING_UP), *(job.planned for job in jobs), Planned(COMPARE)])
    try:
        with interrupted_by_signals():
            with stage(writer, progress, BRING_UP, clock) as running:
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
    settings: Settings, session: Session, writer: RunWriter, progress: Progress, jobs: Sequence[Job],
    run_child: RunChild, clock: Callable[[], float],
) -> None:  # fmt: skip
    lent = session.lend()
    before = session.snapshot()
    for number, job in enumerate(jobs, 2):
        with stage(writer, progress, job.stage, clock) as running:
            takes = f", usually about {job.about_seconds:.0f} s" if job.about_seconds else ""
            running.note(f"stage {number} of {len(jobs) + 2}{takes}")
            running.exit_code = run_child(
                job.arguments,
                environment={
                    **child_environment(settings, writer.directory, stage=job.stage, lent=lent),
                    **job.environment,
                },
                log=writer.directory / "logs" / job.log,
                within_seconds=job.within_seconds,
                note=running.note,
            )
    with stage(writer, progress, COMPARE, clock):
        writer.changed_objects(session.changed_since(before, _faults(writer.directory)))


def _faults(directory: Path) -> list[FaultRecord]:
    """What the children injected, as they recorded it: some faults leave something behind on purpose."""
    from seatrial.record.observations import read_observation
    from seatrial.record.reader import read_run

    found: list[FaultRecord] = []
    for started in read_run(directory).observations:
        with contextlib.suppress(SeatrialError):  # one that cannot be read excuses nothing
            found += read_observation(directory / "observations" / started.id).observation.faults
    return found
