"""Whom a fault may hit, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.errors import FaultRefused
from seatrial.kube.client import Kube
from seatrial.kube.timeline import pods_now, workload_now
from seatrial.model.system import System, Workload
from seatrial.model.timeline import PodSeen, Timeline
from seatrial.waiting import NotYet, Ready


def require_consent(system: System, kube: Kube) -> None:
    """Refuse unless the system file consents to disruption in exactly this context and namespace.

    Raises:
        FaultRefused: with the reason.
    """
    if kube.namespace != system.target.namespace:
        raise FaultRefused(
            f"the system is in namespace {system.target.namespace!r}, not in {kube.namespace!r}",
            where=f"system {system.metadata.name}",
        )
    gap = system.consent_gap(kube.context, kube.namespace)
    if gap:
        raise FaultRefused(
            f"nothing was disturbed: {gap}",
            where=f"system {system.metadata.name}",
            next_step="set `consent` in the system file to exactly this context and namespace",
        )


def workload_of(system: System, role: str) -> Workload:
    """The workload with that role. Raises FaultRefused when the system file has none."""
    if role not in system.workloads:
        raise FaultRefused(
            f"no workload has the role {role!r}, nothing was disturbed",
            where=f"system {system.metadata.name}",
            next_step=f"roles: {', '.join(sorted(system.workloads))}",
        )
    return system.workloads[role]


def candidates(
    timeline: Timeline, system: System, role: str, *, spare_last: bool, allow_last: bool = False
) -> list[PodSeen]:
    """The ready pods of a role that may be hit.

    Args:
        spare_last: whether the fault takes down the last replica of a stateless workload only if told to.
        allow_last: told to.

    Raises:
        FaultRefused: no pod matches, none is ready, all are going already, or it is the last one.
    """
    workload = workload_of(system, role)
    where = f"{workload.kind.lower()}/{workload.name}, namespace {system.target.namespace}"
    if workload_now(timeline, role) is None:
        raise FaultRefused(
            f"the workload of role {role!r} does not exist, nothing was disturbed",
            where=where,
            next_step=f"deploy it, or correct workloads.{role} in the system file",
        )
    pods = pods_now(timeline, role)
    ready = [pod for pod in pods if pod.ready and not pod.deleting]
    if not ready:
        states = ", ".join(
            f"{pod.name} {'terminating' if pod.deleting else pod.reason or pod.phase}" for pod in pods
        )
        raise FaultRefused(
            f"no ready pod of role {role!r} to hit, nothing was disturbed",
            where=where,
            next_step=f"pods: {states}" if pods else "it has no pods: scale it up",
        )
    if spare_last and len(ready) == 1 and not allow_last:
        raise FaultRefused(
            f"{ready[0].name} is the last ready replica of role {role!r}, which must stay up",
            where=where,
            next_step="run two or more replicas",
        )
    return ready


def pods_gone(timeline: Timeline, uids: Sequence[str]) -> Ready[float] | NotYet:
    """When the last of these pods was seen to be gone."""
    gone: list[float] = []
    staying: list[str] = []
    for uid in uids:
        states = timeline.pods.get(uid, ())
        if states and states[-1].change.value == "deleted":
            gone.append(states[-1].at)
        else:
            last = states[-1] if states else None
            condition = "never seen" if last is None else "terminating" if last.deleting else "still there"
            staying.append(f"{last.name if last else uid} {condition}")
    return NotYet(", ".join(staying)) if staying else Ready(max(gone))


def replacement_of(victim: PodSeen, timeline: Timeline, since: float) -> str:
    """The pod of the same workload that was added first after `since`, or an empty string."""
    for states in timeline.pods.values():
        first = states[0]
        if first.workload == victim.workload and first.at >= since:
            return first.name
    return ""
