"""`seatrial observe`: autoscalers and their workloads judged under existing traffic; changes nothing."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seatrial.commands.base import Context, Kubeconfig, Namespace, System, command, settings
from seatrial.errors import BadInput

if TYPE_CHECKING:
    from seatrial.cluster.progress import Progress
    from seatrial.judge.hpa.what_if import Changes
    from seatrial.model.observation import Observation
    from seatrial.model.verdict import CheckResult
    from seatrial.settings import Settings

MINUTES = 10.0
WHAT_IF_FILE = "what-if.txt"
INTERRUPTED = 130
REPLAYED = ("existing-traffic", "load-step")
"""Observations that are about autoscalers; others saw them, too, at rest."""


@command("observe")
def observe(
    system: System = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
    minutes: Annotated[float, typer.Option(min=0.05, help="How long to watch.")] = MINUTES,
    what_if: Annotated[
        str,
        typer.Option(
            help="Replay what was seen with other settings: target=60,max=12 (min, up-window, down-window)."
        ),
    ] = "",
    run: Annotated[
        Path | None,
        typer.Option("--run", help="Replay a recorded run instead of watching.", show_default=False),
    ] = None,
) -> int:
    """Watch a system under its own traffic, and judge its autoscalers, rollouts and pods; changes nothing."""
    changes = _changes(what_if)
    if run is not None:
        if changes is None:
            raise BadInput(
                "a recorded run is only replayed here", where="--run",
                next_step="Add --what-if target=60,max=12; `seatrial judge` judges a run again.",
            )  # fmt: skip
        typer.echo("\n".join(_replayed(run, changes, what_if)))
        return 0
    from seatrial.terminal import progress_display

    chosen = settings(system=system, kubeconfig=kubeconfig, context=context, namespace=namespace)
    with _one_interrupt(), progress_display() as progress:
        code, text = observed(chosen, progress, 60 * minutes, changes, what_if)
    typer.echo(text)
    return code


@contextlib.contextmanager
def _one_interrupt() -> Iterator[None]:
    """Only the first Ctrl-C counts: a second would end it without a verdict on what was seen.

    What comes after the first is bounded and takes seconds; SIGTERM still ends it at once.
    """

    def first(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _changes(text: str) -> Changes | None:
    from seatrial.judge.hpa.what_if import parse_changes

    try:
        return parse_changes(text) if text else None
    except ValueError as error:
        raise BadInput(str(error), where="--what-if", next_step="E.g. --what-if target=60,max=12") from None


def observed(
    chosen: Settings, progress: Progress, for_seconds: float, changes: Changes | None, text: str
) -> tuple[int, str]:
    """Watch, judge and build the page; returns the exit code and the summary.

    Exit code 0: all that was asked held, with evidence. After an interrupt what was seen until then is
    judged, and the exit code says so.

    Raises:
        BadInput: no autoscaler, or changes that do not fit it.
        SeatrialError: namespace, rights or API server are missing; says what to do.
    """
    from seatrial.cluster.progress import Far
    from seatrial.commands.report import rebuild_report
    from seatrial.harness import watching
    from seatrial.harness.access import access
    from seatrial.kube.client import Kube
    from seatrial.record.writer import RunWriter
    from seatrial.settings import load_system
    from seatrial.versions import versions

    system = load_system(chosen)
    with Kube(*access(chosen, system), system.target.namespace) as kube:
        kube.require_namespace()
        watching.require_watching(kube)
        system, specs = watching.with_autoscalers(kube, system)
        _require_fit(specs, changes)
        writer = RunWriter.open_or_create("observe", reports=chosen.reports_directory)
        writer.tool_started(argv=sys.argv, versions=versions(), seed=None)
        writer.system(
            name=system.metadata.name, source=str(chosen.system_path), namespace=kube.namespace,
            context=kube.context, objectives=system.objectives.model_dump(exclude_none=True),
        )  # fmt: skip
        seen = [0.0]
        with (
            progress.stage(f"watching namespace {kube.namespace}") as stage,
            stage.watching(lambda: Far(seen[-1], for_seconds, "seconds")),
        ):
            stage.note("no load, no change; Ctrl-C ends it, and what was seen by then is judged")
            timeline, interrupted = watching.watch(kube, system, for_seconds=for_seconds, watched=seen.append)
    found = watching.kept(writer, system, timeline)
    for observation in found:
        for result in results_of(observation):
            writer.check_finished(result)
    for note in timeline.notes:
        writer.note(note)
    if interrupted:
        length = timeline.ended_at - timeline.began_at
        writer.note(f"interrupted after {length:.0f} of {for_seconds:.0f} s: what was seen by then is judged")
    replay = [] if changes is None else list(_told(found, changes, text))
    if replay:
        (writer.directory / WHAT_IF_FILE).write_text("\n".join([*replay, ""]), encoding="utf-8")
    writer.tool_finished(INTERRUPTED if interrupted else 0)
    writer.close()
    code, summary = rebuild_report(writer.directory)
    return (INTERRUPTED if interrupted else code), "\n".join([summary, *(["", *replay] if replay else [])])


def _require_fit(specs: Mapping[str, Mapping[str, Any]], changes: Changes | None) -> None:
    """Refuse changes that fit none of the autoscalers, before anybody waits for them."""
    from seatrial.judge.hpa import autoscaler_from
    from seatrial.judge.hpa.what_if import with_changes

    for name, spec in specs.items() if changes is not None else ():
        assert changes is not None
        try:
            with_changes(autoscaler_from(spec), changes)
        except ValueError as error:
            where = f"--what-if, horizontalpodautoscaler/{name}"
            raise BadInput(str(error), where=where, next_step="Name what it has.") from None


def results_of(observation: Observation) -> Iterator[CheckResult]:
    """What is said of one workload; nothing of rollouts where none was seen."""
    from seatrial.judge.watch import TOOL, judged, questions_of
    from seatrial.model.verdict import CheckResult, Outcome

    for question in questions_of(observation):
        began = time.monotonic()
        verdict = judged(question, observation)
        if verdict.outcome is not Outcome.UNSUPPORTED:
            yield CheckResult(
                question.id, observation.target, question.requirement, verdict, TOOL, began,
                time.monotonic(), observations=(observation.id,),
            )  # fmt: skip


def _replayed(run: Path, changes: Changes, text: str) -> list[str]:
    """The replay of each autoscaler that a recorded run has seen.

    Raises:
        BadInput: it has seen none, or the changes fit none.
    """
    from seatrial.record.observations import read_observation
    from seatrial.record.reader import read_run

    started = [each for each in read_run(run).observations if each.scenario in REPLAYED]
    found = [read_observation(run / "observations" / each.id).observation for each in started]
    if lines := list(_told(found, changes, text)):
        return lines
    raise BadInput(
        "the run holds no autoscaler with its metrics", where=str(run),
        next_step="Name a run of `seatrial observe`, or one with the scenario load-step.",
    )  # fmt: skip


def _told(observations: Iterable[Observation], changes: Changes, text: str) -> Iterator[str]:
    """What the replay says of each autoscaler that was watched on its own account."""
    from seatrial.judge.hpa.what_if import told
    from seatrial.judge.watch import watched_of

    for observation in observations:
        watched = watched_of(observation)
        if watched is None:
            continue
        try:
            yield from told(watched, changes, text)
        except ValueError as error:
            where = f"{observation.id}, horizontalpodautoscaler/{watched.autoscaler}"
            raise BadInput(str(error), where=where) from None
