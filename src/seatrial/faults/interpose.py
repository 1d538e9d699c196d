"""Put a proxy between a dependency's Service and its pods, which lets all pass until it is told otherwise.

Its revert leads the Service to its pods again. Connections that clients keep go past the proxy: it counts
what it carries, and where nothing comes through, the fault is not verified.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.declared.interposed import behind, policies_between, ports_behind
from seatrial.declared.values import mapping
from seatrial.errors import FaultRefused, SeatrialError, WaitExpired
from seatrial.faults.base import Fault, FaultBlocked, Impossible, Plan, Verified
from seatrial.faults.connectors import namespace_labels
from seatrial.faults.effects.created_object import CreatedObject
from seatrial.faults.effects.fields import Path
from seatrial.faults.effects.object_fields import ObjectFields
from seatrial.faults.proxied import labels_of, proxy_pod, tell
from seatrial.faults.registry import fault
from seatrial.faults.victims import workload_of
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import Denied
from seatrial.kube.exec import EXEC
from seatrial.kube.ours import is_ours
from seatrial.kube.pod_status import condition, pod_reason
from seatrial.kube.records import SERVICE_LABEL
from seatrial.kube.timeline import Recorder
from seatrial.model.dependency import CARRIED, INTERPOSE, SERVICE, Carried
from seatrial.model.fault import Disruption, Target
from seatrial.model.right import Right, reading
from seatrial.model.scenario import Subject
from seatrial.model.system import HELPER_IMAGE, System
from seatrial.waiting import NotYet, Ready, eventually

START_SECONDS = 60.0
"""Until the proxy runs: scheduled, image there, started."""
REACH_SECONDS = 15.0
"""Networks learn of a new pod and its labels within some seconds."""
CARRY_SECONDS = 30.0
"""Until clients look the name up again: a cluster's DNS lets it be kept for up to 30 s."""
SELECTOR: Path = ("spec", "selector")


def is_dependency(subject: Subject) -> bool:
    """Whether a proxy may be put before the workload."""
    return subject.role in subject.system.dependencies and not subject.system.helper_gap()


@fault(
    INTERPOSE,
    disruption=Disruption.NONE,
    expected_seconds=10,
    at_most_seconds=150,
    becomes_available=False,
    rights=(
        Right(("get", "list", "create", "delete"), "Pod", when=is_dependency),
        Right(("get", "list", "create", "delete"), "NetworkPolicy", when=is_dependency),
        Right(("get", "patch"), "Service", when=is_dependency),
        Right(("list",), "EndpointSlice", when=is_dependency),
        *reading(["Namespace"], "get", without="only its name is known of the namespace's labels"),
        EXEC,
    ),
)
class Interpose(Fault):
    """A pod of the helper image takes the place of a dependency's pods in its Service, and asks these.

    Args:
        role, seed: see `Fault`; the role is that of the dependency.
    """

    def __init__(self, role: str, *, seed: int = 0) -> None:
        super().__init__(role, seed=seed)
        self.image = HELPER_IMAGE

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        kube, name = recorder.kube, service_of(recorder.system, self.role)
        service = kube.find("Service", name)
        if service is None:
            return self._cannot(kube, name, "", f"there is no Service {name}")
        uid, selector = service["metadata"]["uid"], mapping(service["spec"].get("selector"))
        if not selector:
            return self._cannot(kube, name, uid, f"Service {name} has no selector: others name its endpoints")
        pods = [pod for pod in behind(service, kube.objects("Pod")) if _serves(pod)]
        if not pods:
            return self._cannot(kube, name, uid, f"no pod behind Service {name} is Ready")
        ports, mark = ports_behind(service, pods), uuid.uuid4().hex[:8]
        ours = labels_of(mark)
        between = policies_between(
            kube.objects("NetworkPolicy"), selector, pods, ours, namespace_labels(kube)
        )
        if isinstance(ports, str) or isinstance(between, str):
            why = ports if isinstance(ports, str) else between
            return self._cannot(kube, name, uid, f"no proxy can stand before Service {name}: {why}")
        proxy = proxy_pod(mark, name, self.image, ports, [str(pod["status"]["podIP"]) for pod in pods])
        policies = [_policy(mark, number, spec) for number, spec in enumerate(between)]
        values: dict[Path, Any] = {SELECTOR: ours}
        return Plan(
            Target("Service", kube.namespace, name, uid), self.role, self.seed, (),
            (
                *(CreatedObject.planned(body, namespace=kube.namespace) for body in (*policies, proxy)),
                ObjectFields.planned(kube, "Service", name, values, namespace=kube.namespace),
            ),
            verify_seconds=CARRY_SECONDS,
            details={SERVICE: name, "proxy": proxy["metadata"]["name"], "ports": ports},
        )  # fmt: skip

    def inject(self, plan: Plan, recorder: Recorder) -> float:
        """The Service leads to the proxy only when that runs and reaches every pod behind it."""
        *before, service = plan.effects
        kube, pod = recorder.kube, str(plan.details["proxy"])
        try:
            for each in before:
                each.apply(kube)
        except Denied as error:
            raise FaultBlocked(self._of(plan, f"the proxy's pod is not admitted: {error.what}")) from error
        eventually(
            lambda: _runs(kube, pod), within_seconds=START_SECONDS, every_seconds=0.2, what=f"pod/{pod} runs"
        )
        try:
            eventually(
                lambda: _reaches(kube, pod), within_seconds=REACH_SECONDS, every_seconds=0.5,
                what=f"pod/{pod} reaches the pods behind {plan.target}",
            )  # fmt: skip
        except WaitExpired as error:
            raise FaultBlocked(self._of(plan, f"the proxy is not let through: {error.where}")) from error
        sent_at = time.monotonic()
        service.apply(kube)
        return sent_at

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        kube, pod = recorder.kube, str(plan.details["proxy"])
        slices = kube.objects("EndpointSlice", selector=f"{SERVICE_LABEL}={plan.target.name}")
        listed = listed_in(slices)
        if listed != [pod]:
            return NotYet(f"{plan.target} lists {', '.join(listed) or 'nobody'}, not yet the proxy alone")
        carried = Carried.of(tell(kube, pod, {}))
        if not carried.answered:
            return NotYet(f"{carried.accepted} connections came through {pod}: clients keep those they have")
        now = time.monotonic()
        words = f"{plan.target} leads to {pod}, and answers go through it {now - injected_at:.1f} s later"
        return Ready(Verified(now, words, details={CARRIED: carried.plain()}))

    def _of(self, plan: Plan, reason: str) -> Impossible:
        return Impossible(plan.target, self.role, self.seed, reason, plan.details)

    def _cannot(self, kube: Kube, name: str, uid: str, reason: str) -> Impossible:
        return Impossible(Target("Service", kube.namespace, name, uid), self.role, self.seed, reason)


def service_of(system: System, role: str) -> str:
    """Name of the Service before whose pods the proxy stands; raises FaultRefused for no dependency."""
    workload = workload_of(system, role)
    if role not in system.dependencies:
        raise FaultRefused(
            f"{role!r} is no dependency, nothing was disturbed",
            where=f"system {system.metadata.name}",
            next_step=f"dependencies: {', '.join(sorted(system.dependencies)) or 'none; name it there'}",
        )
    return system.dependencies[role].service or workload.name


def listed_in(slices: Sequence[Mapping[str, Any]]) -> list[str]:
    """The pods to which a Service leads."""
    return sorted(
        {
            str((endpoint.get("targetRef") or {}).get("name", ""))
            for piece in slices
            for endpoint in piece.get("endpoints") or ()
        }
    )


def _policy(mark: str, number: int, spec: Mapping[str, Any]) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": f"seatrial-proxy-{mark}-{number}", "labels": labels_of(mark)},
        "spec": dict(spec),
    }  # fmt: skip


def _serves(pod: Mapping[str, Any]) -> bool:
    going = pod["metadata"].get("deletionTimestamp") or is_ours(pod)
    return not going and condition(pod, "Ready").get("status") == "True"


def _runs(kube: Kube, name: str) -> Ready[None] | NotYet:
    pod = kube.get("Pod", name)
    if condition(pod, "Ready").get("status") != "True":
        return NotYet(pod_reason(pod) or str(mapping(pod.get("status")).get("phase")))
    try:
        tell(kube, name, {})
    except SeatrialError as error:
        return NotYet(error.what)
    return Ready(None)


def _reaches(kube: Kube, name: str) -> Ready[None] | NotYet:
    refused = tell(kube, name, {"try": True})["refused"]
    return NotYet(f"no connection to {', '.join(refused)}") if refused else Ready(None)
