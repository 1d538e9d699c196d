"""The checks of a run as the template shows them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from seatrial.judge.recovery import Phases, phases
from seatrial.model.exchange import Exchange, GeneratorHealth
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.run import Run, Stream
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record.reader import load_exchanges, load_timeline
from seatrial.report.chart import Chart, Scene, build_chart
from seatrial.report.declared import DeclaredRule, Proved, declared_rules, proved_by, proven_results
from seatrial.report.svg.faults import available_words, draw_recovery
from seatrial.report.text import clock_time, duration, figure, latency, number

_NO_HEALTH = GeneratorHealth(0, 0, 0, 0, 0.01, 0.0, 0.0)
_MOST_FIGURES = 40


@dataclass(frozen=True)
class FaultView:
    number: int
    record: FaultRecord
    since: str
    wall: str
    settled: str
    phases: tuple[tuple[str, str], ...]
    recovery: Markup


@dataclass(frozen=True)
class CheckView:
    """One check on one subject. `result` is made up, as an error, for a check that never ended."""

    anchor: str
    result: CheckResult
    unfinished: bool
    took: str
    evidence: str
    figures: tuple[tuple[str, str], ...]
    generators: tuple[tuple[str, ...], ...]
    faults: tuple[FaultView, ...]
    shows: tuple[Proved, ...]
    recovery_seconds: float
    chart: Chart | None
    damage: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        return self.result.verdict.outcome

    @property
    def word(self) -> str:
        return "unfinished" if self.unfinished else self.outcome.value


def check_views(directory: Path, run: Run) -> list[CheckView]:
    """Every proven check of the run in the order in which they ran, and whatever never ended last."""
    results = [(result, False) for result in proven_results(run)]
    results += [(_never_ended(started), True) for started in run.unfinished_checks]
    known = {(result.check, result.subject) for result, _ in results}
    results += [(_without_verdict(*key), True) for key in _recorded(run) if key not in known]
    rules = declared_rules(run)
    return [_view(directory, run, rules, number, *item) for number, item in enumerate(results, 1)]


def _never_ended(started: Mapping[str, Any]) -> CheckResult:
    verdict = Verdict(
        Outcome.ERROR,
        "the check began and never ended",
        "a verdict",
        "See how its tool ended, below under Run; then run it again.",
    )
    name, subject, requirement = (str(started.get(k, "")) for k in ("check", "subject", "requirement"))
    tool = str(started.get("tool", ""))
    return CheckResult(name, subject, requirement, verdict, tool, -math.inf, math.inf)


def _without_verdict(check: str, subject: str) -> CheckResult:
    verdict = Verdict(
        Outcome.ERROR,
        "records were left, but no verdict",
        "a verdict",
        "See how its tool ended, below under Run.",
    )
    return CheckResult(check, subject, "", verdict, "", -math.inf, math.inf)


def _recorded(run: Run) -> Iterator[tuple[str, str]]:
    """(check, subject) of all that faults, traffic and timelines were recorded for, each once."""
    keys = [(check, subject) for check, subject, _ in run.faults]
    keys += [(stream.check, stream.subject) for stream in run.streams]
    keys += [(record.check, record.subject) for record in run.timelines]
    yield from dict.fromkeys(keys)


def _view(
    directory: Path,
    run: Run,
    rules: tuple[DeclaredRule, ...],
    number_: int,
    result: CheckResult,
    unfinished: bool,
) -> CheckView:
    key = (result.check, result.subject)
    twins = sum((other.check, other.subject) == key for other in run.results)
    begin, end = result.started_at, result.finished_at
    # A check that ran twice has its records told apart by when it ran.
    low, high = (begin, end) if twins > 1 else (-math.inf, math.inf)
    streams = [stream for stream in run.streams if (stream.check, stream.subject) == key]
    exchanges, damage = _exchanges(directory, streams, low, high)
    timelines, more = _timelines(directory, run, key, low, high)
    faults = tuple(
        f for check, subject, f in run.faults if (check, subject) == key and low <= f.injected_at <= high
    )
    scene = Scene(
        exchanges,
        faults,
        timelines,
        begin,
        end,
        frozenset({result.subject} - {""}),
        _objective(run, "latency_p99_ms", 0.001),
        _epoch_offset(run, timelines),
    )
    chart = build_chart(f"c{number_}", scene)
    found = [phases(_observation(scene), fault) for fault in faults]
    longest = max((_longest(fault, ph) for fault, ph in zip(faults, found, strict=True)), default=0.0)
    return CheckView(
        anchor=f"check-{number_}",
        result=result,
        unfinished=unfinished,
        took="" if math.isinf(end) else duration(max(end - begin, 0.0)),
        evidence=_evidence(result.evidence),
        figures=tuple(_figures(result.verdict.numbers, faults)),
        generators=tuple(_generator(stream) for stream in streams),
        faults=tuple(
            _fault(f"c{number_}-f{n}", n, fault, ph, longest, chart, scene.epoch_offset_seconds)
            for n, (fault, ph) in enumerate(zip(faults, found, strict=True), 1)
        ),
        shows=proved_by(result, rules),
        recovery_seconds=longest,
        chart=chart,
        damage=(*damage, *more),
    )


def _exchanges(
    directory: Path, streams: list[Stream], low: float, high: float
) -> tuple[tuple[Exchange, ...], tuple[str, ...]]:
    collected: list[Exchange] = []
    damage: list[str] = []
    for stream in {stream.file: stream for stream in streams}.values():
        exchanges, wrong = load_exchanges(directory, stream)
        collected += [exchange for exchange in exchanges if low <= exchange.planned_at <= high]
        damage += wrong
    collected.sort(key=lambda exchange: exchange.planned_at)
    return tuple(collected), tuple(damage)


def _timelines(
    directory: Path, run: Run, key: tuple[str, str], low: float, high: float
) -> tuple[tuple[Timeline, ...], tuple[str, ...]]:
    collected: list[Timeline] = []
    damage: list[str] = []
    for record in run.timelines:
        if (record.check, record.subject) == key:
            timeline, wrong = load_timeline(directory, record)
            damage += wrong
            if timeline is not None and timeline.ended_at >= low and timeline.began_at <= high:
                collected.append(timeline)
    return tuple(collected), tuple(damage)


def _observation(scene: Scene) -> Observation:
    timeline = scene.timelines[0] if scene.timelines else None
    return Observation(scene.exchanges, _NO_HEALTH, scene.faults, timeline)


def _objective(run: Run, name: str, factor: float) -> float | None:
    objectives = run.system.get("objectives")
    value = objectives.get(name) if isinstance(objectives, Mapping) else None
    return value * factor if isinstance(value, int | float) and value > 0 else None


def _epoch_offset(run: Run, timelines: tuple[Timeline, ...]) -> float:
    if timelines:
        return timelines[0].clock.epoch_offset_seconds
    return float(run.extra.get("epoch_offset_seconds", 0.0))


def _longest(fault: FaultRecord, found: Phases) -> float:
    settled = 0.0 if fault.available_at is None else fault.available_at - fault.injected_at
    return max([settled, *(moment.seconds for _, moment in found if moment is not None)])


_PHASE_WORDS = {
    "first_error": "first client error",
    "last_error": "last client error",
    "created": "replacement created",
    "scheduled": "scheduled",
    "started": "started",
    "ready": "Ready",
    "serving": "endpoint serving",
    "latency_back": "latency back",
}


def _fault(
    identity: str,
    n: int,
    fault: FaultRecord,
    found: Phases,
    longest: float,
    chart: Chart | None,
    offset: float,
) -> FaultView:
    seen = [(moment.seconds, _PHASE_WORDS[name], str(moment)) for name, moment in found if moment is not None]
    return FaultView(
        number=n,
        record=fault,
        since=chart.axis.since(fault.injected_at) if chart else "",
        wall=clock_time(fault.injected_at + offset),
        settled=available_words(fault),
        phases=tuple((word, shown) for _, word, shown in sorted(seen)),
        recovery=draw_recovery(identity, fault, found, longest),
    )


def _figures(numbers: Mapping[str, Any], faults: tuple[FaultRecord, ...]) -> Iterator[tuple[str, str]]:
    """Numbers of the verdict, without those that the table of faults tells."""
    own = tuple(f"{fault.id}_" for fault in faults)
    kept = [(name, value) for name, value in numbers.items() if not (own and name.startswith(own))]
    return (figure(name, value) for name, value in kept[:_MOST_FIGURES])


def _generator(stream: Stream) -> tuple[str, ...]:
    health = stream.health
    return (
        stream.journey,
        f"{health.planned:,}",
        f"{health.sent:,}",
        f"{health.dropped:,}",
        f"{number(health.late_fraction * 100)} %",
        latency(max(health.lateness_p99_seconds, 0.0)) if health.lateness_p99_seconds else "0 ms",
        f"{number(health.cpu_fraction * 100)} %",
    )


def _evidence(folder: str) -> str:
    """A link into the run directory, or nothing: a record must not lead elsewhere."""
    parts = folder.split("/")
    if not folder or folder.startswith("/") or ".." in parts or "\\" in folder:
        return ""
    return "./" + quote(folder.encode("utf-8", "replace").decode())
