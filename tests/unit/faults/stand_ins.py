"""Hand-made timelines and a fault without a cluster, for what can be decided without one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.effects.base import Effect
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import Disruption, Target
from seatrial.model.system import System
from seatrial.model.timeline import (
    Change,
    Clock,
    Endpoint,
    EndpointsSeen,
    PodSeen,
    Seen,
    Timeline,
    WorkloadSeen,
)
from seatrial.waiting import NotYet, Ready

CLOCK = Clock(0.0, 0.01, 0.0)


def system(**changes: Any) -> System:
    content: dict[str, Any] = {
        "apiVersion": "seatrial/v1",
        "kind": "System",
        "metadata": {"name": "tiny"},
        "target": {"context": "kind-x", "namespace": "shop"},
        "entry": {"url": "http://127.0.0.1:30080"},
        "workloads": {
            "web": {"kind": "Deployment", "name": "web", "stateless": True},
            "store": {"kind": "StatefulSet", "name": "store", "stateful": True},
        },
        "journeys": {"read": {"request": {"path": "/"}}},
        "consent": {"disruptive": True, "context": "kind-x", "namespace": "shop"},
    }
    return System.model_validate(content | changes)


def pod(name: str, at: float = 0.0, *, role: str = "web", **changes: Any) -> PodSeen:
    ready = PodSeen(
        at=at,
        change=Change.ADDED,
        name=name,
        uid=f"uid-{name}",
        workload=role,
        node="node-1",
        ip=f"10.0.0.{sum(name.encode()) % 250}",
        phase="Running",
        ready=True,
        restarts=0,
        container_ids=(f"containerd://{name}",),
        owner="ReplicaSet/web-1",
        created_at=at,
        scheduled_at=at,
        started_at=at,
        ready_at=at,
        deleting=False,
    )
    return replace(ready, **changes)


def workload(at: float = 0.0, *, wanted: int = 2, role: str = "web", **changes: Any) -> WorkloadSeen:
    seen = WorkloadSeen(at, Change.ADDED, "Deployment", role, role, wanted, wanted, wanted, wanted)
    return replace(seen, **changes)


def endpoints(at: float, *pods: PodSeen, service: str = "web") -> EndpointsSeen:
    serving = tuple(
        Endpoint(ip=p.ip, pod=p.name, ready=p.ready and not p.deleting, serving=True, terminating=p.deleting)
        for p in pods
    )
    return EndpointsSeen(at, Change.MODIFIED, f"{service}-abc", service, serving)


def timeline(*seen: Seen) -> Timeline:
    return Timeline(began_at=0.0, ended_at=100.0, clock=CLOCK, seen=seen)


def recorder(recorded: Timeline, made_for: System) -> Recorder:
    """What plans and guards ask of a recorder, answered from a finished timeline."""
    kube = SimpleNamespace(context="kind-x", namespace="shop", kubeconfig=Path("/nowhere/kubeconfig"))
    stand_in: Any = SimpleNamespace(kube=kube, system=made_for, snapshot=lambda: recorded)
    return stand_in


class Rehearsal(Fault):
    """A fault that only calls back."""

    name: ClassVar[str] = "rehearsal"
    disruption: ClassVar[Disruption] = Disruption.VOLUNTARY
    expected_seconds = 0.1
    at_most_seconds = 0.5

    def __init__(
        self,
        inject: Callable[[], None] = lambda: None,
        *,
        verifiable: bool = True,
        available: bool = True,
        hold_seconds: float = 0.0,
        impossible: str = "",
        effects: tuple[Effect, ...] = (),
    ) -> None:
        super().__init__("web", seed=5)
        self.becomes_available = available  # type: ignore[misc]
        self._inject = inject
        self._verifiable = verifiable
        self._hold_seconds = hold_seconds
        self._impossible = impossible
        self._effects = effects

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        target = Target("Pod", "shop", "a", "uid-a")
        if self._impossible:
            return Impossible(target, "web", self.seed, self._impossible)
        hold = self._hold_seconds
        return Plan(target, "web", self.seed, (), self._effects, verify_seconds=0.1, hold_seconds=hold)

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        super().inject(plan, recorder)
        self._inject()
        return 10.0

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        at = time.monotonic() if self._hold_seconds else 11.0
        return Ready(Verified(at, "seen")) if self._verifiable else NotYet("nothing to see")
