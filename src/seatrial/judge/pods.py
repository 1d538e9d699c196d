"""Questions to a timeline that several judges ask. Times are monotonic seconds, as the watch saw them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from seatrial.model.fault import FaultRecord
from seatrial.model.timeline import AutoscalerSeen, Change, Endpoint, PodSeen, Timeline, WorkloadSeen

State = TypeVar("State", AutoscalerSeen, WorkloadSeen)


@dataclass(frozen=True)
class Life:
    """The end of one pod.

    Attributes:
        deleting_at: the deletion was first seen (its grace period began); None when not.
        gone_at: the object was gone; None when not.
        endpoint_left_at: no Service sent new connections to it any more; None when not seen.
        served: a Service had it as a ready endpoint at some time.
    """

    pod: str
    uid: str
    deleting_at: float | None
    gone_at: float | None
    endpoint_left_at: float | None
    served: bool


def last(states: Iterable[State], moment: float) -> State | None:
    """The last state seen at or before `moment`."""
    found = None
    for state in states:
        if state.at <= moment:
            found = state
    return found


def states_of(timeline: Timeline, name: str, uid: str = "") -> tuple[PodSeen, ...]:
    """All states of the pod with `uid`, or, without one, of the pods that had `name`."""
    if uid:
        return timeline.pods.get(uid, ())
    return tuple(state for states in timeline.pods.values() for state in states if state.name == name)


def life(timeline: Timeline, name: str, uid: str = "", *, since: float = float("-inf")) -> Life:
    """How the pod ended, as far as it was seen from `since` on."""
    states = [state for state in states_of(timeline, name, uid) if state.at >= since]
    deleting = next((s.at for s in states if s.deleting or s.change is Change.DELETED), None)
    gone = next((s.at for s in states if s.change is Change.DELETED), None)
    found = [endpoint_of(state.endpoints, name) for state in timeline.endpoint_states()]
    served = any(endpoint is not None and endpoint.ready for endpoint in found)
    return Life(name, uid, deleting, gone, endpoint_left(timeline, name, since), served)


def endpoint_of(endpoints: tuple[Endpoint, ...], pod: str) -> Endpoint | None:
    return next((endpoint for endpoint in endpoints if endpoint.pod == pod), None)


def endpoint_left(timeline: Timeline, pod: str, since: float, services: Collection[str] = ()) -> float | None:
    """When the last slice (of `services`, or of all) that listed `pod` as ready stopped doing so.

    None when one still does, or none ever did.
    """
    listed: dict[str, bool] = {}
    left: float | None = None
    for state in timeline.endpoint_states():
        if services and state.service not in services:
            continue
        found = endpoint_of(state.endpoints, pod)
        ready = found is not None and found.ready and state.change is not Change.DELETED
        was_ready = listed.get(state.slice_name, False)
        listed[state.slice_name] = ready
        if was_ready and not ready and state.at >= since:
            left = state.at
    return left if not any(listed.values()) else None


def endpoint_ready(timeline: Timeline, pod: str, since: float, service: str = "") -> float | None:
    """When every slice (of `service`, or of all) that lists `pod` had had it ready since `since`.

    For a pod in several Services that is the last of them. None when a slice lists it and never as ready.
    """
    first_ready: dict[str, float | None] = {}
    for state in timeline.endpoint_states(service):
        if state.at < since or state.change is Change.DELETED:
            continue
        found = endpoint_of(state.endpoints, pod)
        if found is not None and first_ready.get(state.slice_name) is None:
            first_ready[state.slice_name] = state.at if found.ready else None
    moments = list(first_ready.values())
    if not moments or None in moments:
        return None
    return max(moment for moment in moments if moment is not None)


def workload_at(timeline: Timeline, workload: str, moment: float) -> WorkloadSeen | None:
    """The last state of the workload seen at or before `moment`, else the first seen after it."""
    after: WorkloadSeen | None = None
    before: WorkloadSeen | None = None
    for state in timeline.workload_states(workload):
        if state.at <= moment:
            before = state
        elif after is None:
            after = state
    return before or after


def replacement_of(timeline: Timeline, fault: FaultRecord) -> tuple[PodSeen, ...]:
    """States of the pod that took the victim's place: the one the fault names, else the first new one.

    The same name with another uid counts (StatefulSet); so does the same uid with more restarts (a killed
    container), whose states after the acceptance are given.
    """
    for states in sorted(timeline.pods.values(), key=lambda states: states[0].at):
        first = states[0]
        if first.uid == fault.target.uid or first.at < fault.injected_at:
            continue
        if fault.replacement and first.name != fault.replacement:
            continue
        if fault.replacement or first.workload == fault.workload:
            return states
    return _restarted(timeline, fault)


def _restarted(timeline: Timeline, fault: FaultRecord) -> tuple[PodSeen, ...]:
    states = states_of(timeline, fault.target.name, fault.target.uid) if fault.target.kind == "Pod" else ()
    before = [state.restarts for state in states if state.at <= fault.injected_at]
    if not before:
        return ()
    return tuple(state for state in states if state.restarts > before[-1])


def deletions(timeline: Timeline, workload: str) -> Iterator[tuple[PodSeen, float | None]]:
    """Each pod of `workload` that was seen being deleted: its first deleting state, and when it was gone."""
    for states in timeline.pods.values():
        first = next((s for s in states if s.deleting and s.workload == workload), None)
        if first is not None:
            yield first, next((s.at for s in states if s.change is Change.DELETED), None)
