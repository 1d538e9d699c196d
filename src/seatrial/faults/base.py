"""What every fault has in common: plan, inject, prove; its undo lies in the journal before it starts."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from seatrial.errors import FaultRefused
from seatrial.faults.journal import ObjectChange
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder, pods_now, workload_now
from seatrial.model.fault import Disruption, Target
from seatrial.model.step import Bound
from seatrial.model.system import System, Workload
from seatrial.model.timeline import PodSeen, Timeline
from seatrial.waiting import NotYet, Ready


@dataclass(frozen=True)
class Plan:
    """What a fault would do, decided and not yet done.

    Attributes:
        target: the object that is hit.
        workload: its role.
        seed: what picked it.
        victims: the pods that will go or be killed.
        changes: what has to be restored afterwards; goes to the journal.
        verify_seconds: bound for seeing the effect.
        available_seconds: bound for the workload to be whole again.
        details: facts for the evidence folder.
    """

    target: Target
    workload: str
    seed: int
    victims: tuple[PodSeen, ...]
    changes: tuple[ObjectChange, ...] = ()
    verify_seconds: float = 60.0
    available_seconds: float = 180.0
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """The effect that was seen: when, in words, and who took the victim's place."""

    at: float
    words: str
    replacement: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class Fault(ABC):
    """One kind of trouble. `Injector.inject` runs it; an instance may be carried out several times.

    Args:
        role: role of the workload in the system file.
        pod: name of the victim; empty to pick one.
        selector: label selector that narrows the workload's pods; empty for all of them.
        seed: picks the victim, together with how often this instance was carried out.
    """

    name: ClassVar[str]
    disruption: ClassVar[Disruption]

    def __init__(self, role: str, *, pod: str = "", selector: str = "", seed: int = 0) -> None:
        self.role = role
        self.pod = pod
        self.selector = selector
        self.seed = seed
        self._rounds = 0

    @abstractmethod
    def plan(self, recorder: Recorder) -> Plan:
        """Decide what would be hit. Reads only.

        Raises:
            FaultRefused: nothing matches, or it would be unsafe.
        """

    @abstractmethod
    def inject(self, plan: Plan, recorder: Recorder) -> float:
        """Do it. Returns when the request that the server (or the node) took was sent, monotonic seconds.

        Raises:
            SeatrialError: the request was not taken.
        """

    @abstractmethod
    def proof(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Proof] | NotYet:
        """Whether the effect was seen since `injected_at`. Asked again and again."""

    def matching(self, candidates: Sequence[PodSeen], recorder: Recorder) -> list[PodSeen]:
        """Those candidates that the label selector selects, asked from the server.

        Raises:
            FaultRefused: none.
        """
        if not self.selector:
            return list(candidates)
        selected = {pod["metadata"]["uid"] for pod in recorder.kube.objects("Pod", selector=self.selector)}
        found = [pod for pod in candidates if pod.uid in selected]
        if not found:
            raise FaultRefused(
                f"no ready pod of role {self.role!r} matches {self.selector!r}, nothing was disturbed",
                where=f"namespace {recorder.kube.namespace}",
                next_step=f"ready: {', '.join(sorted(pod.name for pod in candidates))}",
            )
        return found

    def pick(self, candidates: Sequence[PodSeen]) -> PodSeen:
        """The named pod, or one by seed and round; sorted first, so that their order does not matter.

        Raises:
            FaultRefused: the named pod is none of the candidates.
        """
        if self.pod:
            for candidate in candidates:
                if candidate.name == self.pod:
                    return candidate
            raise FaultRefused(
                f"pod {self.pod} is no ready pod of role {self.role!r}, nothing was disturbed",
                next_step=f"ready: {', '.join(sorted(pod.name for pod in candidates))}",
            )
        self._rounds += 1
        chance = random.Random(f"{self.seed}:{self.name}:{self.role}:{self._rounds}")
        return chance.choice(sorted(candidates, key=lambda pod: (pod.name, pod.uid)))


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


def make_fault(name: str, role: str, arguments: Mapping[str, Any], *, seed: int) -> Fault:
    from seatrial.faults.crash_pod import CrashPod
    from seatrial.faults.delete_pod import DeletePod
    from seatrial.faults.drain_node import DrainNode

    kinds = {"delete-pod": DeletePod, "crash-pod": CrashPod, "drain-node": DrainNode}
    return kinds[name](role, seed=seed, **arguments)


def bound_of(name: str, arguments: Mapping[str, Any]) -> Bound:
    return Bound(10.0, 240.0)
