"""Put two pods into the namespace from which connections are tried; nothing else is touched.

One carries the labels of a pod that network policies let in, the other none that they name. Neither is ever
Ready, for a readiness gate that nobody sets, so that no Service sends to them. A policy of their own lets
both send everywhere: what refuses them is what limits who may reach the workload.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.declared.policies import Closed, about_ingress, closed_ports, declared_ports, imitable
from seatrial.declared.values import mapping
from seatrial.errors import SeatrialError
from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.effects.created_object import CreatedObject
from seatrial.faults.registry import fault
from seatrial.faults.victims import workload_of
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.connecting import WAITS
from seatrial.kube.exec import EXEC
from seatrial.kube.generator_job import helper_pod
from seatrial.kube.ours import PART
from seatrial.kube.pod_status import pod_reason
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.fault import Disruption, Target
from seatrial.model.reach import ADMITTED, CONNECTORS, STRANGER, ClosedPort, Set
from seatrial.model.right import Right, on_workload, reading, with_helper_image
from seatrial.model.system import HELPER_IMAGE
from seatrial.waiting import NotYet, Ready

START_SECONDS = 60.0
"""Until both run: scheduled, image there, started."""
GATE = "seatrial.dev/never"
NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""Label that every namespace has."""
_RESOURCES = {
    "requests": {"cpu": "10m", "memory": "24Mi"},
    "limits": {"cpu": "500m", "memory": "64Mi"},
}  # fmt: skip


@fault(
    CONNECTORS,
    disruption=Disruption.NONE,
    expected_seconds=5,
    at_most_seconds=90,
    rights=(
        Right(("get", "create", "delete"), "Pod", when=with_helper_image),
        Right(("get", "list", "create", "delete"), "NetworkPolicy", when=with_helper_image),
        *reading(["Pod", "Service"], "list"),
        *reading(["HorizontalPodAutoscaler"], "list"),
        *reading(["Namespace"], "get", without="only its name is known of the namespace's labels"),
        *on_workload("get"),
        EXEC,
    ),
)
class Connectors(Fault):
    """Two pods of the helper image, and a network policy that lets them send.

    Args:
        role, seed: see `Fault`.
    """

    def __init__(self, role: str, *, seed: int = 0) -> None:
        super().__init__(role, seed=seed)
        self.image = HELPER_IMAGE

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        kube, workload = recorder.kube, workload_of(recorder.system, self.role)
        found = kube.get(workload.kind, workload.name)
        target = Target(workload.kind, kube.namespace, workload.name, found["metadata"]["uid"])
        names = {pod.name for pod in pods_now(recorder.snapshot(), self.role) if pod.ready}
        pods = kube.objects("Pod")
        mine = [pod for pod in pods if pod["metadata"]["name"] in names]
        if not mine:
            return Impossible(target, self.role, self.seed, f"no pod of {self.role} is Ready")
        mark = uuid.uuid4().hex[:8]
        ours = {PART: f"connector-{mark}"}
        policies = kube.objects("NetworkPolicy")
        closed = closed_ports(policies, mine[0], ours, namespace_labels(kube))
        source = imitable(pods, closed, kube.objects("Service"), _autoscaled(kube))
        if source is None:
            about = about_ingress(policies, mapping(mine[0]["metadata"].get("labels")))
            reason = _why_not(self.role, about, closed)
            return Impossible(target, self.role, self.seed, reason)
        imitated, labels = source
        labelled = {ADMITTED: {**labels, **ours}, STRANGER: ours}
        listens = declared_ports(mine[0]).values()
        bodies = {who: _pod(f"seatrial-{who}-{mark}", each, self.image) for who, each in labelled.items()}
        made = Set(
            {who: body["metadata"]["name"] for who, body in bodies.items()},
            str(imitated["metadata"]["name"]),
            mapping(mine[0].get("spec")).get("hostNetwork") is True,
            tuple(
                ClosedPort(one.port, one.named_by, one.undone_by, one.port in listens) for one in closed
            ),
        )
        return Plan(
            target, self.role, self.seed, (),
            tuple(
                CreatedObject.planned(body, namespace=kube.namespace)
                for body in (_may_send(f"seatrial-connectors-{mark}", ours), *bodies.values())
            ),
            verify_seconds=START_SECONDS, details=made.details(),
        )  # fmt: skip

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        names = plan.details["connectors"]["pods"].values()
        for name in names:
            pod = recorder.kube.find("Pod", name) or {}
            if mapping(pod.get("status")).get("phase") != "Running":
                return NotYet(f"{name} does not run: {pod_reason(pod) if pod else 'it is gone'}")
        now = time.monotonic()
        return Ready(Verified(now, f"{' and '.join(names)} run after {now - injected_at:.1f} s"))

    def available(
        self,
        plan: Plan,  # noqa: ARG002 - nothing was taken away
        recorder: Recorder,  # noqa: ARG002
        since: float,
    ) -> Ready[float] | NotYet:
        return Ready(since)


def _why_not(role: str, policies: Sequence[Mapping[str, Any]], closed: Sequence[Closed]) -> str:
    names = ", ".join(sorted(str(policy["metadata"]["name"]) for policy in policies))
    if not policies:
        return f"no NetworkPolicy limits who may reach the pods of {role}"
    if not closed:
        return f"no NetworkPolicy ({names}) opens a port of {role} to named pods of this namespace only"
    return (
        f"none of the pods that a NetworkPolicy ({names}) lets in to {role} can be imitated: there is none "
        "in this namespace, or an autoscaler, an owner or a Service would take another one for its own"
    )


def namespace_labels(kube: Kube) -> Mapping[str, str]:
    try:
        found = mapping(kube.get("Namespace", kube.namespace)["metadata"].get("labels"))
    except SeatrialError:
        found = {}
    return {NAMESPACE_NAME: kube.namespace, **found}


def _autoscaled(kube: Kube) -> list[str]:
    return [str(each["spec"]["scaleTargetRef"]["name"]) for each in kube.objects("HorizontalPodAutoscaler")]


def _pod(name: str, labels: Mapping[str, str], image: str) -> Object:
    spec = {
        **helper_pod("connector", image, WAITS, _RESOURCES),
        "terminationGracePeriodSeconds": 1,
        "readinessGates": [{"conditionType": GATE}],
    }
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": dict(labels)}, "spec": spec,
    }  # fmt: skip


def _may_send(name: str, labels: Mapping[str, str]) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {"podSelector": {"matchLabels": dict(labels)}, "policyTypes": ["Egress"], "egress": [{}]},
    }
