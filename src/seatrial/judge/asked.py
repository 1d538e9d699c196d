"""Which pod gave which answer, and when each pod of a workload began and ceased to be asked. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.judge.known import Known
from seatrial.judge.placement import could_answer
from seatrial.model.exchange import Exchange
from seatrial.model.fault import BAD_REVISION
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, PodSeen, Timeline


@dataclass(frozen=True)
class PodLife:
    """One pod of a workload, from the watch's point of view; each moment None when it was not seen.

    Attributes:
        seen_at: first seen.
        ready_at: became Ready; None for one that was Ready when first seen, too.
        deleting_at: its deletion was seen.
        gone_at: infinite where it was there at the end.
    """

    name: str
    uid: str
    seen_at: float
    ready_at: float | None
    deleting_at: float | None
    gone_at: float

    @property
    def is_new(self) -> bool:
        """Whether it was seen to become Ready."""
        return self.ready_at is not None


def lives_of(observation: Observation, role: str) -> list[PodLife]:
    """The pods of a workload that were meant to work, in the order in which they were first seen."""
    timeline = observation.timeline
    if timeline is None:
        return []
    bad = {fault.details.get(BAD_REVISION) for fault in observation.faults} - {None, ""}
    found = [
        _life(states)
        for states in timeline.pods.values()
        if states[-1].workload == role and states[-1].revision not in bad
    ]
    return sorted(found, key=lambda life: life.seen_at)


def _life(states: tuple[PodSeen, ...]) -> PodLife:
    first = states[0]
    ready_at = None if first.ready else next((state.at for state in states if could_answer(state)), None)
    deleting_at = next((s.at for s in states if s.deleting or s.change is Change.DELETED), None)
    gone_at = next((s.at for s in states if s.change is Change.DELETED), math.inf)
    return PodLife(first.name, first.uid, first.at, ready_at, deleting_at, gone_at)


def answers_by_pod(observation: Observation, role: str) -> dict[str, list[Exchange]]:
    """What each pod of the workload answered, by its uid, in the order of the planned times.

    Every journey counts.
    """
    known = Known.of(observation)
    found: dict[str, list[Exchange]] = {}
    for exchange in observation.exchanges:
        pod = known.pod(exchange, role)
        if pod is not None:
            found.setdefault(pod.uid, []).append(exchange)
    return {uid: sorted(mine, key=lambda one: one.planned_at) for uid, mine in found.items()}


def ready_spans(timeline: Timeline, role: str) -> Iterator[tuple[float, float, frozenset[str]]]:
    """(from, to, uids) of the times in which the same pods of a workload could answer, in order."""
    ready: set[str] = set()
    since = timeline.began_at
    for state in timeline.seen:
        if not isinstance(state, PodSeen) or state.workload != role:
            continue
        before = frozenset(ready)
        (ready.add if could_answer(state) else ready.discard)(state.uid)
        if ready != before:
            if state.at > since:
                yield since, state.at, before
            since = state.at
    yield since, timeline.ended_at, frozenset(ready)
