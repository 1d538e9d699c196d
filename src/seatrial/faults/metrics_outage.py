"""Take away the metrics that an autoscaler goes by: their API answers nobody, and its server goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seatrial.errors import FaultRefused
from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.effects.fields import Path
from seatrial.faults.effects.object_fields import ObjectFields
from seatrial.faults.hold_replicas import AUTOSCALER, autoscaler_of
from seatrial.faults.kind_nodes import require_own_cluster
from seatrial.faults.registry import fault
from seatrial.faults.victims import workload_of
from seatrial.kube.pod_status import condition
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import METRICS_OUTAGE, Disruption, Target
from seatrial.model.right import Right, on_own_cluster, on_workload
from seatrial.model.timeline import AutoscalerSeen, Timeline
from seatrial.waiting import NotYet, Ready

API = "APIService"
GROUPS = {
    "Resource": "metrics.k8s.io",
    "ContainerResource": "metrics.k8s.io",
    "Pods": "custom.metrics.k8s.io",
    "Object": "custom.metrics.k8s.io",
    "External": "external.metrics.k8s.io",
}
"""Which API an autoscaler asks for each type of metric (autoscaling/v2)."""
SERVED_BY: Path = ("spec", "service", "name")
AWAY = "-away"
"""Put behind the name of the Service that serves the API: there is none of that name."""
NOTICED_SECONDS = 60.0
"""An autoscaler asks every 15 s; on a busy machine its status comes late."""
UNREAD = "ScalingActive: "
"""How the timeline tells that an autoscaler reads no metric, followed by the reason."""


@fault(
    METRICS_OUTAGE,
    disruption=Disruption.VOLUNTARY,
    expected_seconds=10,
    at_most_seconds=120,
    becomes_available=False,
    rights=[
        Right(("get", "list", "patch"), API, when=on_own_cluster),
        Right(("list", "get"), AUTOSCALER),
        *on_workload("get"),
    ],
)
class MetricsOutage(Fault):
    """Point every API that the workload's autoscaler reads metrics from at a Service that does not exist.

    Only on a kind cluster of Seatrial's own, for everybody's autoscalers read the same APIs. The servers
    behind them go on measuring, so metrics are there again as soon as it is reverted.

    Args:
        role, seed: see `Fault`; the role is that whose autoscaler has to notice.
    """

    def __init__(self, role: str, *, seed: int = 0) -> None:
        super().__init__(role, seed=seed)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        system, kube = recorder.system, recorder.kube
        require_own_cluster(system, "the metrics of a cluster that is not Seatrial's own are everybody's")
        workload = workload_of(system, self.role)
        obj = kube.get(workload.kind, workload.name)
        name = autoscaler_of(kube, obj)
        target = Target(workload.kind, kube.namespace, workload.name, obj["metadata"]["uid"])
        if not name:
            return Impossible(target, self.role, self.seed, f"no autoscaler scales {target}")
        if unread := unread_words(recorder.snapshot(), name):
            raise FaultRefused(
                f"autoscaler {name} reads no metric before any was taken away ({unread})",
                next_step=f"see `kubectl describe hpa {name}`: it must work before it can be disturbed",
            )
        groups = groups_of(kube.get(AUTOSCALER, name))
        served = [item for item in kube.objects(API) if is_served(item, groups)]
        if not served:
            reason = f"no server of this cluster stands behind {', '.join(sorted(groups))}"
            return Impossible(target, self.role, self.seed, f"{reason}, which autoscaler {name} reads")
        first = served[0]["metadata"]
        return Plan(
            target=Target(API, "", first["name"], first["uid"]),
            workload=self.role,
            seed=self.seed,
            victims=(),
            effects=tuple(
                ObjectFields.planned(kube, API, item["metadata"]["name"], _away(item), namespace="")
                for item in served
            ),
            verify_seconds=NOTICED_SECONDS,
            details={"autoscaler": name, "apis": [item["metadata"]["name"] for item in served]},
        )

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        for api in plan.details["apis"]:
            if condition(recorder.kube.get(API, api), "Available").get("status") != "False":
                return NotYet(f"{api} is still called available")
        name = plan.details["autoscaler"]
        state = state_since(recorder.snapshot(), name, injected_at)
        unread = "" if state is None else unread_of(state)
        if state is None or not unread:
            return NotYet(f"autoscaler {name} has not noticed")
        seconds = state.at - injected_at
        words = f"{', '.join(plan.details['apis'])} answer nobody, autoscaler {name} says {unread}"
        return Ready(Verified(state.at, f"{words} after {seconds:.1f} s"))

    def available(self, plan: Plan, recorder: Recorder, since: float) -> Ready[float] | NotYet:
        """The autoscaler reads every metric again, and the workload is available."""
        name = plan.details["autoscaler"]
        state = state_since(recorder.snapshot(), name, since)
        if state is None:
            return NotYet(f"autoscaler {name} has not read a metric since")
        if unread := unread_of(state):
            return NotYet(f"autoscaler {name} says {unread}")
        if unknown := [metric for metric in state.metrics if " unknown of " in metric]:
            return NotYet(f"autoscaler {name} knows no value of {', '.join(unknown)}")
        found = super().available(plan, recorder, since)
        return found if isinstance(found, NotYet) else Ready(max(found.value, state.at))


def groups_of(autoscaler: Mapping[str, Any]) -> frozenset[str]:
    """The API groups that an autoscaler reads its metrics from; without metrics it goes by CPU."""
    metrics: Iterable[Mapping[str, Any]] = autoscaler["spec"].get("metrics") or [{"type": "Resource"}]
    return frozenset(GROUPS[metric["type"]] for metric in metrics if metric.get("type") in GROUPS)


def is_served(api: Mapping[str, Any], groups: frozenset[str]) -> bool:
    """Whether an APIService is of one of these groups and a Service in the cluster stands behind it."""
    spec = api.get("spec") or {}
    return spec.get("group") in groups and bool((spec.get("service") or {}).get("name"))


def unread_of(state: AutoscalerSeen) -> str:
    """Why the autoscaler reads no metric, by its own words; empty when it does."""
    return next((text.removeprefix(UNREAD) for text in state.conditions if text.startswith(UNREAD)), "")


def unread_words(timeline: Timeline, autoscaler: str) -> str:
    """The same of its last state."""
    states = list(timeline.autoscaler_states(autoscaler))
    return unread_of(states[-1]) if states else ""


def state_since(timeline: Timeline, autoscaler: str, since: float) -> AutoscalerSeen | None:
    """The autoscaler's last state, where it was seen at `since` or later."""
    states = [state for state in timeline.autoscaler_states(autoscaler) if state.at >= since]
    return states[-1] if states else None


def _away(api: Mapping[str, Any]) -> dict[Path, Any]:
    return {SERVED_BY: f"{api['spec']['service']['name']}{AWAY}"}
