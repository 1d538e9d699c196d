"""What a scenario may wait for. Another condition is one decorated function, in the scenario's own file.

A condition is a function of the context and the timeline so far, with the step's arguments by name; it
answers `Ready(None)`, or `NotYet` with the reason.
"""

from __future__ import annotations

from collections.abc import Callable

from seatrial.errors import SeatrialError
from seatrial.harness.context import Context
from seatrial.kube.timeline import pods_now, workload_now
from seatrial.model.timeline import AutoscalerSeen, Change, Timeline, WorkloadSeen
from seatrial.registry import Registry
from seatrial.waiting import NotYet, Ready

Condition = Callable[..., Ready[None] | NotYet]
CONDITIONS: Registry[Condition] = Registry("condition", "seatrial.scenarios")


def condition(name: str) -> Callable[[Condition], Condition]:
    """Register a condition under the name that `wait` steps use."""
    return CONDITIONS.decorator(name, lambda function: function)


@condition("at-rest")
def at_rest(context: Context, timeline: Timeline) -> Ready[None] | NotYet:  # noqa: ARG001 - as all conditions
    """Every Deployment and StatefulSet of the namespace has what it wants: no rollout, no pod that starts."""
    last = {
        (item.kind, item.name): item for item in timeline.seen if isinstance(item, WorkloadSeen)
    }  # fmt: skip
    lacking = [
        f"{item.name} has {item.ready} of {item.wanted} ready"
        for item in last.values()
        if item.change is not Change.DELETED and not item.wanted == item.current == item.ready == item.updated
    ]
    leaving = [pod.name for pod in pods_now(timeline) if pod.deleting]
    if not lacking and not leaving:
        return Ready(None)
    return NotYet("; ".join([*lacking, *(f"{name} is leaving" for name in leaving)]))


@condition("at-minimum")
def at_minimum(context: Context, timeline: Timeline) -> Ready[None] | NotYet:
    """The autoscaled workload has its minimum of replicas, all of them ready."""
    minimum = _autoscaler(context, timeline).minimum
    pods = pods_now(timeline, context.role)
    ready = sum(pod.ready and not pod.deleting for pod in pods)
    if len(pods) == ready == minimum:
        return Ready(None)
    return NotYet(f"{len(pods)} pods, {ready} of them ready, at rest it has {minimum}")


@condition("replicas-ready")
def replicas_ready(context: Context, timeline: Timeline, *, replicas: int) -> Ready[None] | NotYet:
    """At least so many replicas are ready."""
    state = workload_now(timeline, context.role)
    ready = 0 if state is None else state.ready
    return Ready(None) if ready >= replicas else NotYet(f"{ready} of {replicas} replicas are ready")


@condition("scaled-out")
def scaled_out(context: Context, timeline: Timeline) -> Ready[None] | NotYet:
    """More replicas of the autoscaled workload are wanted than its minimum."""
    state, minimum = workload_now(timeline, context.role), _autoscaler(context, timeline).minimum
    wanted = 0 if state is None else state.wanted
    return (
        Ready(None) if wanted > minimum else NotYet(f"{wanted} replicas are wanted, its minimum is {minimum}")
    )


@condition("replicas-at-most-minimum")
def replicas_at_most_minimum(context: Context, timeline: Timeline) -> Ready[None] | NotYet:
    """The autoscaled workload has no more pods than its minimum of replicas."""
    minimum = _autoscaler(context, timeline).minimum
    pods = len(pods_now(timeline, context.role))
    return Ready(None) if pods <= minimum else NotYet(f"{pods} pods are left, its minimum is {minimum}")


def _autoscaler(context: Context, timeline: Timeline) -> AutoscalerSeen:
    name = context.subject.workload.autoscaled or ""
    states = list(timeline.autoscaler_states(name))
    if not states:
        raise SeatrialError(
            f"there is no autoscaler called {name!r}", where=f"workloads.{context.role}.autoscaled",
            next_step="Deploy it, or correct its name in the system file.",
        )  # fmt: skip
    return states[-1]
