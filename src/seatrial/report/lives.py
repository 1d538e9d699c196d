"""What the watches saw, as spans and steps that can be drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from seatrial.judge.path import Path
from seatrial.judge.probes import unready_spells
from seatrial.model.timeline import AutoscalerSeen, Change, PodSeen, Timeline, WorkloadSeen
from seatrial.report.series import Point


class PodState(StrEnum):
    PENDING = "pending"
    """No node yet."""
    STARTING = "starting"
    """On a node, never ready so far."""
    READY = "ready"
    UNREADY = "unready"
    """Was ready before, and is not now."""
    TERMINATING = "terminating"


@dataclass(frozen=True)
class Span:
    begin: float
    end: float
    state: PodState
    reason: str = ""


@dataclass(frozen=True)
class PodLife:
    """One pod from its first to its last sight."""

    name: str
    uid: str
    workload: str
    node: str
    spans: tuple[Span, ...]
    existed_before: bool
    """It was there when the watch began."""

    @property
    def changed(self) -> bool:
        """Whether anything happened to it while it was watched."""
        return len(self.spans) > 1 or not self.existed_before


def pod_lives(timeline: Timeline) -> list[PodLife]:
    """All pods in the order of their first sight."""
    # Why a pod became unready is what the text of a verdict says, from the same evidence.
    why = {(spell.uid, spell.since): spell.why for spell in unready_spells(timeline, Path())}
    lives = [_life(timeline, states, why) for states in timeline.pods.values()]
    return sorted(lives, key=lambda life: (life.spans[0].begin, life.name))


def _life(timeline: Timeline, states: Sequence[PodSeen], why: Mapping[tuple[str, float], str]) -> PodLife:
    first = states[0]
    before = first.created_at is not None and first.created_at < timeline.began_at - 1
    spans: list[Span] = []
    was_ready = False
    for state, following in zip(states, (*states[1:], None), strict=True):
        if state.change is Change.DELETED:
            break
        was_ready = was_ready or state.ready
        kind = _state(state, was_ready)
        end = timeline.ended_at if following is None else following.at
        if spans and spans[-1].state is kind:
            spans[-1] = Span(spans[-1].begin, end, kind, spans[-1].reason or state.reason)
        else:
            reason = why.get((state.uid, state.at), "") if kind is PodState.UNREADY else ""
            spans.append(Span(state.at, end, kind, reason or state.reason))
    if not spans:
        spans = [Span(first.at, first.at, PodState.TERMINATING, first.reason)]
    named = next((state for state in reversed(states) if state.workload), first)
    node = next((state.node for state in reversed(states) if state.node), "")
    return PodLife(first.name, first.uid, named.workload, node, tuple(spans), before)


def _state(state: PodSeen, was_ready: bool) -> PodState:
    if state.deleting:
        return PodState.TERMINATING
    if state.ready:
        return PodState.READY
    if was_ready:
        return PodState.UNREADY
    return PodState.STARTING if state.node else PodState.PENDING


@dataclass(frozen=True)
class Replicas:
    """Steps of one workload: (time, replicas)."""

    workload: str
    kind: str
    name: str
    wanted: tuple[Point, ...]
    ready: tuple[Point, ...]

    @property
    def changed(self) -> bool:
        return len(set(map(_value, self.wanted))) > 1 or len(set(map(_value, self.ready))) > 1


def replicas(timeline: Timeline) -> list[Replicas]:
    """Deployments and StatefulSets in the order of their first sight."""
    by_name: dict[tuple[str, str], list[WorkloadSeen]] = {}
    for seen in timeline.seen:
        if isinstance(seen, WorkloadSeen):
            by_name.setdefault((seen.kind, seen.name), []).append(seen)
    return [
        Replicas(
            states[0].workload,
            kind,
            name,
            tuple(_steps((state.at, float(state.wanted)) for state in states)),
            tuple(_steps((state.at, float(state.ready)) for state in states)),
        )
        for (kind, name), states in by_name.items()
    ]


def _steps(points: Iterator[Point]) -> Iterator[Point]:
    """Only where the value changes."""
    last: float | None = None
    for at, value in points:
        if value != last:
            yield at, value
            last = value


def _value(point: Point) -> float:
    return point[1]


@dataclass(frozen=True)
class Decision:
    """The autoscaler wanted another number of replicas."""

    at: float
    target: str
    before: int
    after: int
    why: str


def decisions(timeline: Timeline) -> list[Decision]:
    """Each change of an autoscaler's desired replicas, with the metrics that stood beside it."""
    last: dict[str, int] = {}
    found: list[Decision] = []
    for seen in timeline.seen:
        if isinstance(seen, AutoscalerSeen):
            before = last.get(seen.name, seen.desired)
            if seen.desired != before:
                why = ", ".join(seen.metrics)
                found.append(Decision(seen.at, seen.target, before, seen.desired, why))
            last[seen.name] = seen.desired
    return found
