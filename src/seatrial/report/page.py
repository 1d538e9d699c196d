"""What the templates ask for: parts of the view in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from seatrial.judge.phases import WORDS
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.record.observations import StreamRecord
from seatrial.report.observed import ArmView, FaultView
from seatrial.report.text import clock_time, count, duration, figure, latency, number, one_line
from seatrial.report.view import CheckView, RunView

_MOST_FIGURES = 40
_MOST_INVARIANTS = 60
_MOST_ROWS = 3


def facts(view: RunView) -> list[tuple[str, str]]:
    """What stands in the head of the page: (label, text)."""
    run = view.run
    ended = run.ended_wall or float(run.extra.get("last_event_wall", run.started_wall))
    seeds = dict.fromkeys(str(tool["seed"]) for tool in run.tools if tool.get("seed") is not None)
    context = " / ".join(str(run.system[key]) for key in ("context", "namespace") if run.system.get(key))
    listed = [
        ("System", str(run.system.get("name", "not recorded"))),
        ("Duration", duration(ended - run.started_wall) + ("" if run.finished else ", unfinished")),
        ("Context / namespace", context or "not recorded"),
        ("Seed", ", ".join(seeds) or "none"),
        ("Tools", ", ".join(dict.fromkeys(str(tool.get("tool", "")) for tool in run.tools)) or "none"),
    ]
    objectives = run.system.get("objectives")
    if isinstance(objectives, Mapping) and objectives:
        listed.append(("Objectives", ", ".join(_objective_words(objectives))))
    return listed


def _objective_words(objectives: Mapping[str, Any]) -> Iterator[str]:
    for name, value in objectives.items():
        if name == "availability" and isinstance(value, float):
            yield f"availability {value * 100:g} %"
        elif isinstance(value, Mapping):
            for where, limit in value.items():
                label, shown = figure(name, limit)
                yield f"{label} in {where} {shown}"
        elif value is not None:  # else it is derived from the autoscaler, workload by workload
            label, shown = figure(name, value)
            yield f"{label} {shown}"


def stage_rows(view: RunView) -> list[tuple[str, str, str, str, float]]:
    """(name, outcome, duration, note, share of the longest in percent)."""
    stages = view.run.stages
    longest = max((stage.seconds or 0.0 for stage in stages), default=0.0) or 1.0
    return [
        (
            stage.name,
            stage.outcome,
            "" if stage.seconds is None else duration(stage.seconds),
            stage.note,
            round((stage.seconds or 0.0) / longest * 100, 1),
        )
        for stage in stages
    ]


def figures(view: CheckView) -> list[tuple[str, str]]:
    """Numbers of the verdict, without those that the table of faults has."""
    faults = [fault.record.id for each in view.observations for fault in each.faults]
    own = tuple(f"{name}_" for name in faults if name)
    numbers = view.result.verdict.numbers.items()
    kept = [(name, value) for name, value in numbers if not (own and name.startswith(own))]
    return [figure(name, value) for name, value in kept[:_MOST_FIGURES]]


def generator_cells(stream: StreamRecord) -> tuple[str, ...]:
    """How well the traffic of one name kept its schedule."""
    health = stream.health
    return (
        f"{stream.name}: {', '.join(stream.journeys)}" if stream.journeys else stream.name,
        f"{health.planned:,}",
        f"{health.sent:,}",
        f"{health.dropped:,}",
        f"{number(health.late_fraction * 100)} %",
        latency(max(health.lateness_p99_seconds, 0.0)) if health.lateness_p99_seconds else "0 ms",
        f"{number(health.cpu_fraction * 100)} %",
    )


def link(folder: str) -> str:
    """A link into the run directory, or nothing: a record must not lead elsewhere."""
    parts = folder.split("/")
    if not folder or folder.startswith("/") or ".." in parts or "\\" in folder:
        return ""
    return "./" + quote(folder.encode("utf-8", "replace").decode())


def phase_words(fault: FaultView) -> list[tuple[str, str]]:
    """(phase, time) of a recovery, in the order of time."""
    seen = [(moment.seconds, WORDS[name], str(moment)) for name, moment in fault.phases if moment]
    return [(word, shown) for _, word, shown in sorted(seen)]


def wall_time(at: float, arm: ArmView) -> str:
    """The wall time, UTC, of a monotonic time."""
    return clock_time(at + arm.epoch_offset_seconds)


def since(at: float, begin: float) -> str:
    """`12.3 s`, or `-0.4 s` for what was before."""
    return f"{round(at - begin, 1) + 0.0:.1f} s"


_INVARIANT_WORDS = {
    MeasurementOutcome.REFUSED: "refused",
    MeasurementOutcome.COULD_NOT_TRY: "could not be tried",
}


def invariant_rows(arm: ArmView) -> list[tuple[str, str, float, str, str]]:
    """(name, step, monotonic time, `holds` or `broken` or why neither is known, what was answered)."""
    rows: list[tuple[str, str, float, str, str]] = []
    for each in arm.invariants[:_MOST_INVARIANTS]:
        holds = each.value.get("holds")
        word = _INVARIANT_WORDS.get(each.outcome, "not known")
        if each.answered and isinstance(holds, bool):
            word = "holds" if holds else "broken"
        at = each.began_at if math.isfinite(each.began_at) else 0.0
        rows.append((each.name, each.step, at, word, "; ".join(_answer(each))))
    return rows


def _answer(measurement: Measurement) -> Iterator[str]:
    """What was answered and expected, and the first rows."""
    value = measurement.value
    if measurement.reason:
        yield measurement.reason
    for name in ("answer", "expected"):
        if name in value:
            yield f"{name} {one_line(str(value[name]), 80)}"
    rows = value.get("rows")
    if isinstance(rows, list | tuple) and rows:
        shown = ", ".join(one_line(str(row), 80) for row in rows[:_MOST_ROWS])
        yield f"{count(len(rows), 'row')}{' and more' if value.get('more_rows') else ''}, first {shown}"
