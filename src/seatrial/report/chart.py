"""The chart of one check: everything that happened, in lanes over one time axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from seatrial.judge.windows import fault_end
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.timeline import Change, NodeSeen, PodSeen, Timeline
from seatrial.report.lives import PodLife, Replicas, decisions, pod_lives, replicas
from seatrial.report.series import Bucket, buckets
from seatrial.report.svg.axis import Axis, draw_axis
from seatrial.report.svg.cluster import pods_lane, replicas_lane
from seatrial.report.svg.faults import draw_bands, draw_marks
from seatrial.report.svg.lane import Lane
from seatrial.report.svg.traffic import latency_lane, lost_lane, requests_lane
from seatrial.report.text import count, duration, latency, moment

TABLE_ROWS = 60
MOST_WORKLOADS = 4
_FIRST_LIST_SECONDS = 1.0
"""What a watch sees in its first second was there before: it is no event."""


@dataclass(frozen=True)
class Scene:
    """What one check left behind.

    Attributes:
        begin, end: monotonic seconds in which the check ran; infinite where unknown.
        focus: roles of the workloads that the check is about.
        epoch_offset_seconds: what to add for wall time.
    """

    exchanges: tuple[Exchange, ...]
    faults: tuple[FaultRecord, ...]
    timelines: tuple[Timeline, ...]
    begin: float
    end: float
    focus: frozenset[str]
    objective_seconds: float | None
    epoch_offset_seconds: float


@dataclass(frozen=True)
class Chart:
    """What the template shows; `bands` lies behind all lanes."""

    axis: Axis
    summary: str
    marks: Markup | None
    bands: Markup
    lanes: tuple[Lane, ...]
    ticks: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    decisions: tuple[tuple[str, str, str], ...]
    has_gaps: bool


def build_chart(identity: str, scene: Scene) -> Chart | None:
    """The chart, or None when nothing was recorded that could be drawn. `identity` must be unique."""
    axis = _axis(scene)
    if axis is None:
        return None
    found = buckets(scene.exchanges)
    lanes = [*_traffic_lanes(identity, axis, scene, found), *_cluster_lanes(identity, axis, scene)]
    if not lanes and not scene.faults:
        return None
    gaps = [gap for timeline in scene.timelines for gap in timeline.gaps]
    return Chart(
        axis=axis,
        summary=_summary(axis, scene),
        marks=draw_marks(axis, scene.faults) if scene.faults else None,
        bands=draw_bands(axis, scene.faults, gaps),
        lanes=tuple(lanes),
        ticks=draw_axis(axis),
        head=_HEAD,
        rows=tuple(_row(axis, bucket) for bucket in buckets(scene.exchanges, TABLE_ROWS)),
        decisions=tuple(_decisions(axis, scene)),
        has_gaps=any(end > axis.begin and begin < axis.end for begin, end in gaps),
    )


def _axis(scene: Scene) -> Axis | None:
    moments = [exchange.planned_at for exchange in scene.exchanges]
    moments += [e.completed_at for e in scene.exchanges[-500:] if e.completed_at is not None]
    for fault in scene.faults:
        end = fault_end(fault)
        moments += [fault.injected_at, fault.injected_at if end == float("inf") else end]
    for timeline in scene.timelines:
        moments += [at for at in _events(timeline) if scene.begin <= at <= scene.end]
    if not moments:
        return None
    begin, end = min(moments), max(moments)
    margin = max((end - begin) * 0.01, 0.1)
    return Axis(begin if scene.exchanges else begin - margin, end + margin, scene.epoch_offset_seconds)


def _events(timeline: Timeline) -> Iterator[float]:
    """Times at which pods or nodes changed, without the first list of the watch."""
    known: dict[str, tuple[object, ...]] = {}
    state: tuple[object, ...]
    for seen in timeline.seen:
        if isinstance(seen, PodSeen):
            key, state = seen.uid, (seen.ready, seen.deleting, seen.phase, seen.change is Change.DELETED)
        elif isinstance(seen, NodeSeen):
            key, state = seen.name, (seen.ready, seen.schedulable)
        else:
            continue
        if known.get(key) != state and seen.at > timeline.began_at + _FIRST_LIST_SECONDS:
            yield seen.at
        known[key] = state


def _traffic_lanes(identity: str, axis: Axis, scene: Scene, found: Sequence[Bucket]) -> list[Lane]:
    if not found:
        return []
    lanes = [
        requests_lane(f"{identity}-requests", axis, found),
        lost_lane(f"{identity}-lost", axis, found, scene.exchanges),
    ]
    slow = latency_lane(f"{identity}-latency", axis, found, scene.objective_seconds)
    return [*lanes, slow] if slow else lanes


def _cluster_lanes(identity: str, axis: Axis, scene: Scene) -> list[Lane]:
    lanes: list[Lane] = []
    for number_, timeline in enumerate(scene.timelines):
        lives = pod_lives(timeline)
        focus = scene.focus | {fault.workload for fault in scene.faults}
        autoscaled = [d for d in decisions(timeline) if axis.holds(d.at)]
        chosen = [steps for steps in replicas(timeline) if _matters(steps, focus)]
        chosen.sort(key=lambda steps: steps.workload not in focus)
        for steps in chosen[:MOST_WORKLOADS]:
            own = [d for d in autoscaled if d.target.lower().endswith(f"/{steps.name}".lower())]
            lanes.append(replicas_lane(f"{identity}-replicas-{number_}-{steps.name}", axis, steps, own))
        pods = [life for life in lives if _pod_matters(life, focus, axis)]
        if pods:
            lanes.append(pods_lane(f"{identity}-pods-{number_}", axis, pods))
    return lanes


def _matters(steps: Replicas, focus: frozenset[str]) -> bool:
    return steps.changed or steps.workload in focus


def _pod_matters(life: PodLife, focus: frozenset[str], axis: Axis) -> bool:
    inside = life.spans[-1].end >= axis.begin and life.spans[0].begin <= axis.end
    return inside and ((life.changed and bool(life.workload)) or (life.workload in focus and bool(focus)))


def _summary(axis: Axis, scene: Scene) -> str:
    parts = [duration(axis.span)]
    if scene.faults:
        parts.append(
            f"{count(len(scene.faults), 'fault')} as {'a band' if len(scene.faults) == 1 else 'bands'}"
        )
    begun = moment(axis.begin + axis.epoch_offset_seconds)
    errors = [timeline.clock.error_seconds for timeline in scene.timelines]
    clock = f"; times of the API server are true to {latency(max(errors))}" if errors else ""
    return f"{', '.join(parts)}, from {begun}{clock}."


_HEAD = ("from", "planned", "as expected", "failed", "unknown", "dropped", "p50", "p99", "slowest")


def _row(axis: Axis, bucket: Bucket) -> tuple[str, ...]:
    times = [bucket.quantile(q) for q in (50, 99, 100)]
    return (
        axis.since(bucket.begin),
        *(f"{n:,}" for n in (bucket.offered, bucket.ok, bucket.failed, bucket.unknown, bucket.dropped)),
        *("" if time is None else latency(time) for time in times),
    )


def _decisions(axis: Axis, scene: Scene) -> Iterator[tuple[str, str, str]]:
    for timeline in scene.timelines:
        for decision in decisions(timeline):
            if axis.holds(decision.at):
                change = f"{decision.target}: {decision.before} to {decision.after}"
                yield axis.since(decision.at), change, decision.why
