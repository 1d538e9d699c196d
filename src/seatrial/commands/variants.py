"""`seatrial variants`: each flawed variant of the system turns red what it must, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.commands._expected import read_variants, refuse_unknown
from seatrial.commands._jobs import SUITES, Choice, Job, jobs_of
from seatrial.commands._seen import Seen, read_seen, seen_in, write_seen
from seatrial.commands._stages import interrupted_by_signals
from seatrial.commands.base import Seed, System, command, open_session, settings
from seatrial.commands.children import RunChild, child_environment, run_child
from seatrial.commands.report import rebuild_report
from seatrial.commands.variants_table import Row, Variant, table
from seatrial.errors import BadInput
from seatrial.model.plan import Profile

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.harness.session import Session
    from seatrial.model.system import System as SystemModel
    from seatrial.settings import Settings


@command("variants")
def variants(
    system: System = None,
    variant: Annotated[
        list[str] | None, typer.Option("--variant", help="Only this one (repeatable).", show_default=False)
    ] = None,
    named_only: Annotated[
        bool, typer.Option("--named-only", help="Run only what a variant must turn red.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Only suites, load or experiments (repeatable).", show_default=False),
    ] = None,
    kept: Annotated[
        Path | None,
        typer.Option(
            "--kept", help="Keep in this file what was seen, and leave out what it has seen already.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = None,
) -> int:  # fmt: skip
    """Prove that checks, load and experiments can fail: deploy each flawed variant, print what turned red."""
    from seatrial.terminal import progress_display

    chosen, stages = settings(system=system, seed=seed), Choice(tuple(only or ()))
    with progress_display() as progress:
        code, text = prove_variants(
            chosen, progress, names=tuple(variant or ()), named_only=named_only, stages=stages.stages,
            kept=kept,
        )  # fmt: skip
    typer.echo(text)
    return code


def prove_variants(
    settings: Settings,
    progress: Progress,
    *,
    names: Sequence[str] = (),
    named_only: bool = False,
    stages: Sequence[str] = (),
    kept: Path | None = None,
    open_session: Callable[..., Session] = open_session,
    run_child: RunChild = run_child,
    report: Callable[[Path], tuple[int, str]] = rebuild_report,
) -> tuple[int, str]:
    """Run suites, load and experiments on each variant; returns the exit code and the table.

    Args:
        names: only these variants; all of them when empty.
        named_only: run only what must be red (quicker, but says nothing of the others).
        stages: only these; all of them when empty.
        kept: file of what was seen: a variant of which it has all is left out.
        report: builds the page of a run directory.

    Raises:
        BadInput: an unknown variant, one that names an unknown result, or the system has no variants.
    """
    from seatrial.settings import load_system

    system = load_system(settings)
    if system.deploy is None:
        raise BadInput(
            "this system has no variants: it is not deployed from a folder", where=str(settings.system_path)
        )
    sound = (settings.system_path.parent / system.deploy.kustomize).resolve()
    chosen = read_variants(sound.parent / "variants", names)
    every = jobs_of(Choice(profile=Profile.FULL), system)
    refuse_unknown(chosen, [name for job in every for name in job.planned.checks])
    planned = [(variant, _jobs(variant, system, stages, named_only=named_only)) for variant in chosen]
    seen = read_seen(kept) if kept else {}
    new = [(variant, jobs) for variant, jobs in planned if jobs and not _was_seen(variant, jobs, seen)]
    if kept and not new:
        return 0, f"{kept} has seen each of {len(planned)} variants as it must be"
    rows = []
    with interrupted_by_signals(), open_session(settings, system, progress) as session:
        lent = session.lend()  # before anything is deployed, and given back after the last deployment
        with _restored(session, sound, progress):
            for variant, jobs in new:
                with progress.stage(f"variant {variant.name}") as stage:
                    session.deploy(variant.folder, progress, flawed=True)
                    session.require_answer()
                    row = _row(variant, settings, jobs, run_child, stage.note, lent)
                report(row.directory)
                rows.append(row)
                if kept:
                    seen[variant.name] = seen_in(row, seen.get(variant.name), date.today())
                    write_seen(kept, seen)
    left = [f"{kept}: {len(planned) - len(new)} of {len(planned)} were seen before"] if kept else []
    return (1 if not rows or any(row.faults for row in rows) else 0), "\n".join([table(rows), *left])


def _was_seen(variant: Variant, jobs: Sequence[Job], seen: Mapping[str, Seen]) -> bool:
    planned = {name for job in jobs for name in job.planned.checks}
    return variant.name in seen and seen[variant.name].covers(variant, planned)


def _jobs(variant: Variant, system: SystemModel, stages: Sequence[str], *, named_only: bool) -> list[Job]:
    """What is run on a variant; with `named_only` the parts of it that must turn red."""
    jobs = jobs_of(Choice(tuple(stages), profile=Profile.FULL), system)
    if not named_only:
        return jobs
    kept = [job for job in jobs if variant.reds.keys() & set(job.planned.checks)]
    return [_narrowed(job, variant, system) if job.stage == SUITES else job for job in kept]


def _narrowed(job: Job, variant: Variant, system: SystemModel) -> Job:
    """Only the checks that must be red; one that judges every scenario would bring in all of them."""
    from seatrial.model.check import CHECKS, Every

    red = dict.fromkeys(name.partition(" ")[0] for name in job.planned.checks if name in variant.reds)
    own = [check for check in red if not isinstance(CHECKS.get(check).scenario, Every)]
    return jobs_of(Choice((SUITES,), tuple(own or red)), system)[0]


@contextmanager
def _restored(session: Session, sound: Path, progress: Progress) -> Iterator[None]:
    """Whatever happens, the sound system is deployed again at the end."""
    try:
        yield
    finally:
        session.deploy(sound, progress)


def _row(
    variant: Variant,
    settings: Settings,
    jobs: Sequence[Job],
    run_child: RunChild,
    note: Callable[[str], None],
    lent: Mapping[str, str],
) -> Row:
    """Run the jobs on the variant that is deployed, as a run of its own."""
    from seatrial.record.reader import read_run
    from seatrial.record.writer import RunWriter

    writer = RunWriter.open_or_create("seatrial", reports=settings.reports_directory, environment={})
    writer.tool_started(argv=sys.argv, versions={}, seed=settings.seed)
    writer.plan(job.planned for job in jobs)
    for job in jobs:
        writer.stage_started(job.stage)
        code = run_child(
            job.arguments,
            environment=child_environment(settings, writer.directory, stage=job.stage, lent=lent),
            log=writer.directory / "logs" / job.log, within_seconds=job.within_seconds, note=note,
        )  # fmt: skip
        writer.stage_finished(job.stage, "done", exit_code=code)
    writer.tool_finished(0)
    writer.close()
    run = read_run(writer.directory)
    planned = {name for job in jobs for name in job.planned.checks}
    return Row(variant, planned, run.results, writer.directory, run.broken)
