"""Pods of the system that were taken away, and whether there was a reason for each. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from seatrial.model.timeline import Change, NodeSeen, PodSeen, ReplicaSetSeen, Timeline, WorkloadSeen

BY_THE_SYSTEM = (
    "PreemptionByScheduler",
    "DeletionByTaintManager",
    "DeletionByPodGC",
    "TerminationByKubelet",
)
"""Reasons of DisruptionTarget that only Kubernetes itself gives; an eviction may be anybody's."""
FINISHED = ("Succeeded", "Failed")
State = TypeVar("State", WorkloadSeen, ReplicaSetSeen)
EVENT_SECONDS = 15.0
"""An event of a busy controller may come this much later than what it is about."""
BY_NAME_SECONDS = 60.0
"""A pod of a StatefulSet has the name of the one before it: an act by name is about the one of that time."""
LAG_SECONDS = 2.0
"""What one watch tells may come this much later than what another one tells of the same moment."""


@dataclass(frozen=True)
class Departure:
    """A pod that began to go while it was watched.

    Attributes:
        at: when that was seen.
        pod: as it was last before.
        gone_at: infinite when it was still there at the end.
        disruption: the reason of its DisruptionTarget, if it had one.
    """

    at: float
    pod: PodSeen
    gone_at: float
    disruption: str


def departures(timeline: Timeline) -> Iterator[Departure]:
    """The pods of workloads of the system file that began to go; not those that were going at the start."""
    for states in timeline.pods.values():
        if not states[0].workload or _is_going(states[0]):
            continue
        index = next((n for n, state in enumerate(states) if _is_going(state)), None)
        if index is None:
            continue
        gone_at = next((state.at for state in states if state.change is Change.DELETED), math.inf)
        reasons = [state.disruption for state in states if state.disruption]
        yield Departure(states[index].at, states[index - 1], gone_at, reasons[-1] if reasons else "")


def is_explained(departure: Departure, timeline: Timeline) -> bool:
    """Whether Seatrial, a controller, a node or the pod's own end is the reason."""
    return (
        departure.disruption in BY_THE_SYSTEM
        or departure.pod.phase in FINISHED
        or _is_ours(departure, timeline)
        or _says_its_controller(departure, timeline)
        or _on_a_lost_node(departure, timeline)
        or _is_too_many(departure, timeline)
    )


def _is_going(state: PodSeen) -> bool:
    return state.deleting or state.change is Change.DELETED


def _is_ours(departure: Departure, timeline: Timeline) -> bool:
    """Seatrial has deleted or evicted the pod, or deleted its workload."""
    pod = departure.pod
    owners = {(one.kind, one.name) for one in timeline.workload_states(pod.workload)}
    for act in timeline.acts():
        if act.at > departure.at or act.verb not in ("delete", "evict"):
            continue
        if act.kind == "Pod" and act.uid == pod.uid:
            return True
        named = (act.kind, act.name) in {("Pod", "" if act.uid else pod.name), *owners}
        if named and departure.at - act.at <= BY_NAME_SECONDS:
            return True
    return False


def _says_its_controller(departure: Departure, timeline: Timeline) -> bool:
    """Its ReplicaSet or StatefulSet says that it deleted the pod: "Deleted pod: orders-1"."""
    return any(
        event.reason == "SuccessfulDelete"
        and departure.pod.name in event.message.split()
        and -LAG_SECONDS <= event.at - departure.at <= EVENT_SECONDS
        for event in timeline.events()
    )


def _on_a_lost_node(departure: Departure, timeline: Timeline) -> bool:
    states = [
        seen for seen in timeline.seen if isinstance(seen, NodeSeen) and seen.name == departure.pod.node
    ]
    before = [seen for seen in states if seen.at <= departure.at + LAG_SECONDS]
    return bool(before) and (not before[-1].ready or before[-1].change is Change.DELETED)


def _is_too_many(departure: Departure, timeline: Timeline) -> bool:
    """Its controller wanted fewer pods than there were, or another revision of it.

    Not every deletion has its event: the API server's clients send 25 about one object, then one in five
    minutes.
    """
    kind, _, name = departure.pod.owner.partition("/")
    there = _alive(timeline, departure)
    if kind == "ReplicaSet":
        sets = [seen for seen in timeline.seen if isinstance(seen, ReplicaSetSeen) and seen.name == name]
        if sets:
            wanted = [
                0 if seen.change is Change.DELETED else seen.wanted for seen in _around(sets, departure.at)
            ]
            return there > min(wanted, default=there)
    return any(
        there > seen.wanted or _rolls_out(seen, departure.pod)
        for seen in _around(list(timeline.workload_states(departure.pod.workload)), departure.at)
    )


def _rolls_out(seen: WorkloadSeen, pod: PodSeen) -> bool:
    """Whether the pod is of another revision than is wanted; for a Deployment, whether any may be."""
    if seen.kind == "StatefulSet":
        return bool(seen.revision and pod.revision) and pod.revision != seen.revision
    return seen.updated < seen.wanted or seen.current > seen.wanted


def _around(states: list[State], at: float) -> list[State]:
    """The last state at a moment, and those that a slower watch tells of a little later."""
    before = [seen for seen in states if seen.at <= at]
    return before[-1:] + [seen for seen in states if at < seen.at <= at + LAG_SECONDS]


def _alive(timeline: Timeline, departure: Departure) -> int:
    """How many pods its owner had just before, itself included."""
    number = 0
    for states in timeline.pods.values():
        before = [state for state in states if state.at < departure.at]
        if before and before[-1].owner == departure.pod.owner and not _is_going(before[-1]):
            number += before[-1].phase not in FINISHED
    return number
