"""The chart of one observation: everything that happened, in lanes over one time axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from seatrial.judge.saturation import pressure
from seatrial.judge.windows import failures, fault_end
from seatrial.model.timeline import Change, NodeSeen, PodSeen, Timeline
from seatrial.report.lives import PodLife, Replicas, decisions, pod_lives, replicas
from seatrial.report.observed import ArmView
from seatrial.report.series import Bucket, buckets
from seatrial.report.svg.axis import Axis, draw_axis
from seatrial.report.svg.cluster import pods_lane, replicas_lane
from seatrial.report.svg.cpu import cpu_lane
from seatrial.report.svg.faults import draw_bands, draw_marks
from seatrial.report.svg.lane import Lane
from seatrial.report.svg.traffic import latency_lane, lost_lane, requests_lane
from seatrial.report.text import count, duration, latency, moment

TABLE_ROWS = 60
MOST_WORKLOADS = 4
_FIRST_LIST_SECONDS = 1.0
"""What a watch sees in its first second was there before: it is no event."""


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


def build_chart(arm: ArmView, identity: str) -> Chart | None:
    """The chart, or None when nothing was recorded that could be drawn. `identity` must be unique."""
    axis = _axis(arm)
    if axis is None:
        return None
    found = buckets(arm.exchanges)
    lanes = [*_traffic_lanes(identity, axis, arm, found), *_cluster_lanes(identity, axis, arm)]
    if not lanes and not arm.faults:
        return None
    gaps = arm.timeline.gaps if arm.timeline else ()
    return Chart(
        axis=axis,
        summary=_summary(axis, arm),
        marks=draw_marks(axis, arm.records) if arm.faults else None,
        bands=draw_bands(axis, arm.records, gaps),
        lanes=tuple(lanes),
        ticks=draw_axis(axis),
        head=_HEAD,
        rows=tuple(_row(axis, bucket) for bucket in buckets(arm.exchanges, TABLE_ROWS)),
        decisions=tuple(_decisions(axis, arm)),
        has_gaps=any(end > axis.begin and begin < axis.end for begin, end in gaps),
    )


def _axis(arm: ArmView) -> Axis | None:
    moments = [exchange.planned_at for exchange in arm.exchanges]
    moments += [e.completed_at for e in arm.exchanges[-500:] if e.completed_at is not None]
    for fault in arm.records:
        end = fault_end(fault)
        moments += [fault.injected_at, fault.injected_at if end == float("inf") else end]
    if arm.timeline:
        moments += [at for at in _events(arm.timeline) if arm.begin <= at <= arm.end]
    if not moments:
        return None
    begin, end = min(moments), max(moments)
    margin = max((end - begin) * 0.01, 0.1)
    return Axis(begin if arm.exchanges else begin - margin, end + margin, arm.epoch_offset_seconds)


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


def _traffic_lanes(identity: str, axis: Axis, arm: ArmView, found: Sequence[Bucket]) -> list[Lane]:
    if not found:
        return []
    lanes = [
        requests_lane(f"{identity}-requests", axis, found),
        lost_lane(f"{identity}-lost", axis, found, arm.exchanges),
    ]
    slow = latency_lane(f"{identity}-latency", axis, found, arm.objective_seconds)
    return [*lanes, slow] if slow else lanes


def _cluster_lanes(identity: str, axis: Axis, arm: ArmView) -> list[Lane]:
    if arm.timeline is None:
        return []
    lanes: list[Lane] = []
    focus = arm.focus | {fault.workload for fault in arm.records}
    autoscaled = [d for d in decisions(arm.timeline) if axis.holds(d.at)]
    chosen = [steps for steps in replicas(arm.timeline) if _matters(steps, focus)]
    chosen.sort(key=lambda steps: steps.workload not in focus)
    for number, steps in enumerate(chosen[:MOST_WORKLOADS]):
        own = [d for d in autoscaled if d.target.lower().endswith(f"/{steps.name}".lower())]
        lanes.append(replicas_lane(f"{identity}-replicas-{number}", axis, steps, own))
    pods = [life for life in pod_lives(arm.timeline) if _pod_matters(life, focus, axis)]
    if pods:
        lanes.append(pods_lane(f"{identity}-pods", axis, pods))
    samples = [each for each in arm.timeline.cpu() if axis.holds(each.at)]
    if samples:
        found = pressure(arm.timeline, failures(arm.exchanges))
        disk = [each for each in arm.timeline.disk() if axis.holds(each.at)]
        lanes.append(cpu_lane(f"{identity}-cpu", axis, samples, disk, found))
    return lanes


def _matters(steps: Replicas, focus: frozenset[str]) -> bool:
    return steps.changed or steps.workload in focus


def _pod_matters(life: PodLife, focus: frozenset[str], axis: Axis) -> bool:
    inside = life.spans[-1].end >= axis.begin and life.spans[0].begin <= axis.end
    return inside and ((life.changed and bool(life.workload)) or (life.workload in focus and bool(focus)))


def _summary(axis: Axis, arm: ArmView) -> str:
    parts = [duration(axis.span)]
    if arm.faults:
        parts.append(f"{count(len(arm.faults), 'fault')} as {'a band' if len(arm.faults) == 1 else 'bands'}")
    begun = moment(axis.begin + axis.epoch_offset_seconds)
    error = arm.timeline.clock.error_seconds if arm.timeline else None
    clock = "" if error is None else f"; times of the API server are true to {latency(error)}"
    warm = ""
    if arm.steady_from is not None and axis.holds(arm.steady_from):
        until = axis.since(arm.steady_from)
        warm = f" What was sent until {until} is warm-up: no verdict counts it."
    return f"{', '.join(parts)}, from {begun}{clock}.{warm}"


_HEAD = ("from", "planned", "as expected", "failed", "unknown", "dropped", "p50", "p99", "slowest")


def _row(axis: Axis, bucket: Bucket) -> tuple[str, ...]:
    times = [bucket.quantile(q) for q in (50, 99, 100)]
    return (
        axis.since(bucket.begin),
        *(f"{n:,}" for n in (bucket.offered, bucket.ok, bucket.failed, bucket.unknown, bucket.dropped)),
        *("" if time is None else latency(time) for time in times),
    )


def _decisions(axis: Axis, arm: ArmView) -> Iterator[tuple[str, str, str]]:
    for decision in decisions(arm.timeline) if arm.timeline else ():
        if axis.holds(decision.at):
            change = f"{decision.target}: {decision.before} to {decision.after}"
            yield axis.since(decision.at), change, decision.why
