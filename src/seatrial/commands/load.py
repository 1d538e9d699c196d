"""`seatrial load`: one load test against a system that is up, from here or by workers in the cluster."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.commands._jobs import LOAD_TEST, Job, load_job
from seatrial.commands._stages import interrupted_by_signals, stage
from seatrial.commands.base import Context, Kubeconfig, Namespace, Seed, System, command, settings
from seatrial.commands.children import RunChild, child_environment, run_child
from seatrial.commands.report import rebuild_report
from seatrial.errors import BadInput, SeatrialError
from seatrial.model.plan import LOAD_SECONDS

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.model.system import System as SystemModel
    from seatrial.settings import Settings

ENDS_BY_ITSELF = ("capacity", "scaling")
BY_EACH_REQUEST = ("scaling",)
"""Judged by each request, which stays in the cluster where workers there send it."""
LAST_LINES = 12


@command("load")
def load(
    system: System = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
    seed: Seed = None,
    test: Annotated[
        str, typer.Option(help="Which: journeys, capacity, step, soak, scaling (see loadtests/).")
    ] = LOAD_TEST,
    workers: Annotated[
        int | None,
        typer.Option(help="Share it among so many workers in the cluster.", show_default=False),
    ] = None,
    seconds: Annotated[
        int | None,
        typer.Option(
            min=1, help=f"How long it lasts ({LOAD_SECONDS}; capacity and scaling end by themselves).",
            show_default=False,
        ),
    ] = None,
    arrivals: Annotated[
        str, typer.Option(help="When requests are sent, e.g. constant:500 (default: the system file's).")
    ] = "",
) -> int:  # fmt: skip
    """Load a system with Locust, here or by N workers in the cluster; one page. Exit 0: it passed."""
    from seatrial.settings import load_system
    from seatrial.terminal import progress_display

    chosen = settings(
        system=system, kubeconfig=kubeconfig, context=context, namespace=namespace, seed=seed
    )  # fmt: skip
    found = load_system(chosen)
    job = job_of(found, test, seconds, arrivals, workers)
    require_workers(chosen, found, test, workers)
    with progress_display() as progress:
        code, text = loaded(chosen, found, job, progress, shared_by(workers))
    typer.echo(text)
    return code


def job_of(
    system: SystemModel, test: str, seconds: int | None, arrivals: str, workers: int | None
) -> Job:  # fmt: skip
    """The child process. Raises BadInput: there is no such test, or it takes no arrivals."""
    from seatrial.harness.shared_load import delay_seconds
    from seatrial.traffic.schedule import parse

    if arrivals:
        parse(arrivals)
        if test in ENDS_BY_ITSELF:
            raise BadInput(f"{test} chooses its rates itself", where="--arrivals", next_step="Leave it out.")
    lasts = seconds or (0 if test in ENDS_BY_ITSELF else LOAD_SECONDS)
    lasts += math.ceil(delay_seconds(workers)) if lasts and workers else 0
    return load_job(system, test, lasts, *(["--arrivals", arrivals] if arrivals else []))


def require_workers(chosen: Settings, system: SystemModel, test: str, workers: int | None) -> None:
    """Refuse workers in the cluster that cannot be, before anything starts.

    Raises:
        BadInput: too few, too many for quotas and nodes, no Service to send to, or a test they cannot share.
        SeatrialError: the cluster cannot be asked.
    """
    if workers is None:
        return
    from seatrial.harness.access import access
    from seatrial.harness.shared_load import require_entry_inside
    from seatrial.harness.workers import require_room
    from seatrial.kube.client import Kube

    if workers < 1:
        raise BadInput(f"{workers} workers send nothing", where="--workers", next_step="Take at least 1.")
    if test in BY_EACH_REQUEST:
        raise BadInput(
            f"{test} is judged by each of its requests, and those of workers in the cluster stay there",
            where="--workers", next_step="Leave --workers out.",
        )  # fmt: skip
    require_entry_inside(system, str(chosen.system_path))
    with Kube(*access(chosen, system), system.target.namespace) as kube:
        kube.require_namespace()
        require_room(kube, workers, own_cluster=system.target.kind is not None)


def shared_by(workers: int | None) -> Mapping[str, str]:
    """What tells the child process who sends."""
    from seatrial.harness.shared_load import VARIABLE

    return {} if workers is None else {VARIABLE: str(workers)}


def loaded(
    chosen: Settings,
    system: SystemModel,
    job: Job,
    progress: Progress,
    environment: Mapping[str, str],
    *,
    run_child: RunChild = run_child,
    report: Callable[[Path], tuple[int, str]] = rebuild_report,
) -> tuple[int, str]:
    """Run it and build its page; returns the exit code and the summary for the terminal.

    Raises:
        SeatrialError: it did not end in time, or the run directory cannot be written.
    """
    from seatrial.harness.access import access
    from seatrial.record.writer import RunWriter
    from seatrial.versions import versions

    writer = RunWriter.open_or_create("seatrial", reports=chosen.reports_directory)
    writer.tool_started(argv=sys.argv, versions=versions(), seed=chosen.seed)
    writer.plan([job.planned])
    writer.system(
        name=system.metadata.name, source=str(chosen.system_path), namespace=system.target.namespace,
        context=access(chosen, system)[1] or "",
        objectives=system.objectives.model_dump(exclude_none=True),
    )  # fmt: skip
    log = writer.directory / "logs" / job.log
    try:
        with interrupted_by_signals(), stage(writer, progress, job.stage, time.monotonic) as running:
            running.exit_code = run_child(
                job.arguments,
                environment={
                    **child_environment(chosen, writer.directory, stage=job.stage), **environment
                },
                log=log, within_seconds=job.within_seconds, note=running.note,
            )  # fmt: skip
        writer.tool_finished(0)
    except SeatrialError as error:
        writer.note(str(error))
        raise
    finally:
        writer.close()
        code, text = report(writer.directory)
    return code, text if _reported(writer.directory) else f"{_last_lines(log)}\n\n{text}"


def _reported(directory: Path) -> bool:
    from seatrial.record.reader import read_run

    return bool(read_run(directory).results)


def _last_lines(log: Path) -> str:
    """What the child process said last: why there is no verdict."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-LAST_LINES:])
