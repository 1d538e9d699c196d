"""Causes that lie in how a workload's pods are placed and replaced: none was left that could answer."""

from __future__ import annotations

from seatrial.judge.wording import plural, seconds
from seatrial.model.fault import ZONE, Disruption, FaultRecord
from seatrial.model.timeline import Change, PodSeen, Timeline

REVISION = "revision_before"
"""The detail that a fault records which rolls a workload out."""


def all_on_what_was_lost(timeline: Timeline, fault: FaultRecord) -> list[str]:
    """Every pod of the workload that was ready ran on the node, or in the zone, that was lost."""
    ready = ready_at(timeline, fault.workload, fault.injected_at)
    if fault.disruption is not Disruption.INVOLUNTARY or not ready:
        return []
    if any(pod.node not in fault.nodes for pod in ready.values()):
        return []
    pods = "the only ready pod" if len(ready) == 1 else f"all {plural(len(ready), 'ready pod')}"
    zone = fault.target.kind == ZONE
    where, over = (f"in zone {fault.target.name}", "zones") if zone else (f"on {fault.target.name}", "nodes")
    return [
        f"{pods} of {fault.workload} ran {where}: spread the replicas over {over} "
        "(topologySpreadConstraints or podAntiAffinity)."
    ]


def taken_away(timeline: Timeline, fault: FaultRecord) -> list[str]:
    """A rollout to a version that does not work ended pods before as many new ones were Ready."""
    if REVISION not in fault.details:
        return []
    worked = ready_at(timeline, fault.workload, fault.injected_at)
    until = timeline.ended_at if fault.reverted_at is None else fault.reverted_at
    ready = dict(worked)
    fewest, first, taken = len(worked), 0.0, set()
    for state in _states(timeline, fault.workload):
        if not fault.injected_at < state.at <= until:
            continue
        if could_answer(state):
            ready[state.uid] = state
        else:
            ready.pop(state.uid, None)
            if state.uid in worked and (state.deleting or state.change is Change.DELETED):
                first = first or state.at - fault.injected_at
                taken.add(state.uid)
        fewest = min(fewest, len(ready))
    if not taken or fewest >= len(worked):
        return []
    return [
        f"{len(taken)} of {plural(len(worked), 'pod')} of {fault.workload} that worked were taken away from "
        f"{seconds(first)} after the change on, and {fewest or 'none'} was left Ready before a new one was: "
        "roll out with maxUnavailable 0 (strategy RollingUpdate, not Recreate)."
    ]


def ready_at(timeline: Timeline, workload: str, moment: float) -> dict[str, PodSeen]:
    """The pods of a workload that could answer at a moment, by uid."""
    last: dict[str, PodSeen] = {}
    for state in _states(timeline, workload):
        if state.at <= moment:
            last[state.uid] = state
    return {uid: state for uid, state in last.items() if could_answer(state)}


def _states(timeline: Timeline, workload: str) -> list[PodSeen]:
    return [seen for seen in timeline.seen if isinstance(seen, PodSeen) and seen.workload == workload]


def could_answer(state: PodSeen) -> bool:
    """Whether a pod was ready and not on its way out in this state."""
    return state.ready and not state.deleting and state.change is not Change.DELETED
