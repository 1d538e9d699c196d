"""Take the cluster's DNS away: no name is answered any more, and every connection that exists goes on."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from seatrial.declared.corefile import absent_kept_seconds
from seatrial.errors import SeatrialError
from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.effects.fields import Path
from seatrial.faults.effects.object_fields import ObjectFields
from seatrial.faults.kind_nodes import require_own_cluster
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates, workload_of
from seatrial.kube.client import Kube
from seatrial.kube.records import SERVICE_LABEL
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import ABSENT_KEPT, Disruption, Target
from seatrial.model.right import Right, on_own_cluster
from seatrial.waiting import NotYet, Ready

NAMESPACE, SERVICE, LABEL = "kube-system", "kube-dns", "k8s-app=kube-dns"
"""Where every cluster has its DNS, whatever answers there (kubernetes.io, customizing DNS)."""
CONFIGURATION = "coredns"
"""The ConfigMap of CoreDNS where kubeadm, and so kind, sets it up."""
GONE_SECONDS = 60.0
"""A DNS server ends within its grace period of 30 s; CoreDNS goes on answering for 5 s of it."""


@fault(
    "name-outage",
    disruption=Disruption.VOLUNTARY,
    expected_seconds=10,
    at_most_seconds=120,
    becomes_available=False,
    rights=[
        Right(("get", "list", "patch"), "Deployment", namespace=NAMESPACE, when=on_own_cluster),
        Right(("list",), "EndpointSlice", namespace=NAMESPACE, when=on_own_cluster),
        Right(
            ("get",), "ConfigMap", name=CONFIGURATION, namespace=NAMESPACE, when=on_own_cluster,
            without="for how long absent names are kept is not told",
        ),
    ],
)
class NameOutage(Fault):
    """Scale the cluster's DNS to 0, with its grace; reverting it scales it back and waits until it answers.

    Only on a kind cluster of Seatrial's own, for everybody's names are gone.

    Args:
        role, seed: see `Fault`; the role is that whose availability is waited for afterwards.
        hold_seconds: how long names stay away.
    """

    def __init__(self, role: str, *, hold_seconds: float = 20.0, seed: int = 0) -> None:
        super().__init__(role, seed=seed)
        self._hold_for(hold_seconds)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        system, kube = recorder.system, recorder.kube
        require_own_cluster(system, "the DNS of a cluster that is not Seatrial's own is everybody's")
        candidates(recorder.snapshot(), system, self.role, spare_last=False)
        found = kube.objects("Deployment", selector=LABEL, namespace=NAMESPACE)
        if len(found) != 1:
            workload = workload_of(system, self.role)
            reason = f"{len(found)} Deployments in {NAMESPACE} are labelled {LABEL}, and one was to be scaled"
            return Impossible(
                Target(workload.kind, kube.namespace, workload.name), self.role, self.seed, reason
            )
        name, uid = found[0]["metadata"]["name"], found[0]["metadata"]["uid"]
        values: dict[Path, Any] = {("spec", "replicas"): 0}
        return Plan(
            target=Target("Deployment", NAMESPACE, name, uid),
            workload=self.role,
            seed=self.seed,
            victims=(),
            effects=(ObjectFields.planned(kube, "Deployment", name, values, namespace=NAMESPACE),),
            verify_seconds=GONE_SECONDS,
            hold_seconds=self.hold_seconds,
            details={"replicas": found[0]["spec"].get("replicas"), ABSENT_KEPT: _absent_kept(kube)},
        )

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        left = answering(slices_of(recorder.kube))
        if left:
            return NotYet(f"{len(left)} of its pods may still be asked: {', '.join(left)}")
        now = time.monotonic()
        return Ready(
            Verified(now, f"nobody answers for names, {now - injected_at:.1f} s after {plan.target} went")
        )

    def available(self, plan: Plan, recorder: Recorder, since: float) -> Ready[float] | NotYet:
        """Names are answered by as many pods as before, and the workload is available."""
        there, wanted = answering(slices_of(recorder.kube)), int(plan.details["replicas"] or 1)
        if len(there) < wanted:
            return NotYet(f"{len(there)} of {wanted} pods of {plan.target} answer")
        found = super().available(plan, recorder, since)
        return found if isinstance(found, NotYet) else Ready(time.monotonic())


def _absent_kept(kube: Kube) -> int | None:
    try:
        found = kube.find("ConfigMap", CONFIGURATION, namespace=NAMESPACE) or {}
    except SeatrialError:
        return None
    return absent_kept_seconds(str((found.get("data") or {}).get("Corefile") or ""))


def slices_of(kube: Kube) -> list[dict[str, Any]]:
    """The endpoints of the cluster's DNS, as the API server has them now."""
    return kube.objects("EndpointSlice", selector=f"{SERVICE_LABEL}={SERVICE}", namespace=NAMESPACE)


def answering(slices: Iterable[Mapping[str, Any]]) -> list[str]:
    """The pods that get requests: where none is ready, kube-proxy sends to those that end and still serve."""
    return sorted(
        str((endpoint.get("targetRef") or {}).get("name", ""))
        for piece in slices
        for endpoint in piece.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("serving") is not False
    )
