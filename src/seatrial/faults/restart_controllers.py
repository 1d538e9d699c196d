"""Restart the controllers of the cluster, as an upgrade does: they forget what they only remember."""

from __future__ import annotations

import time

from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.kind_nodes import require_kind_node, require_own_cluster, signal_containers
from seatrial.faults.registry import fault
from seatrial.faults.victims import candidates
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import RESTART_CONTROLLERS, Disruption, Target
from seatrial.model.right import Right, on_own_cluster
from seatrial.waiting import NotYet, Ready

NAMESPACE, NAME = "kube-system", "kube-controller-manager"
LABEL = f"component={NAME}"
"""How kubeadm, which kind uses, labels its static pod."""
LEADS_SECONDS = 90.0
"""Its Lease lasts for 15 s, and kubelet may wait 10 s before it starts a container again."""


@fault(
    RESTART_CONTROLLERS,
    disruption=Disruption.VOLUNTARY,
    expected_seconds=20,
    at_most_seconds=120,
    rights=[
        Right(("list",), "Pod", namespace=NAMESPACE, when=on_own_cluster),
        Right(("get",), "Lease", name=NAME, namespace=NAMESPACE, when=on_own_cluster),
    ],
)
class RestartControllers(Fault):
    """End the process of kube-controller-manager with SIGTERM; kubelet starts it again, and it leads anew.

    Only on a kind cluster of Seatrial's own, where one of them runs. Until it leads again nothing is decided:
    no autoscaler scales, no endpoint comes or goes.

    Args:
        role, seed: see `Fault`; the role is that whose availability is waited for afterwards.
    """

    def __init__(self, role: str, *, seed: int = 0) -> None:
        super().__init__(role, seed=seed)

    def plan(self, recorder: Recorder) -> Plan | Impossible:
        system, kube = recorder.system, recorder.kube
        require_own_cluster(system, "the controllers of a cluster that is not Seatrial's own are everybody's")
        candidates(recorder.snapshot(), system, self.role, spare_last=False)
        pods = kube.objects("Pod", selector=LABEL, namespace=NAMESPACE)
        target = Target("Pod", NAMESPACE, NAME)
        if len(pods) != 1:
            reason = f"{len(pods)} pods of {NAMESPACE} are labelled {LABEL}, and one was to be restarted"
            return Impossible(target, self.role, self.seed, reason)
        metadata, statuses = pods[0]["metadata"], (pods[0].get("status") or {}).get("containerStatuses") or []
        containers = [str(each.get("containerID") or "").rpartition("/")[2] for each in statuses]
        node = str(pods[0]["spec"].get("nodeName") or "")
        require_kind_node(node)
        return Plan(
            target=Target("Pod", NAMESPACE, metadata["name"], metadata["uid"]),
            workload=self.role,
            seed=self.seed,
            victims=(),
            verify_seconds=LEADS_SECONDS,
            details={
                "node": node,
                "containers": [each for each in containers if each],
                "leader": leader(kube),
            },
        )

    def inject(self, plan: Plan, recorder: Recorder) -> float:  # noqa: ARG002 - as every fault's
        sent_at = time.monotonic()
        doing = "ending the cluster's controllers"
        signal_containers(plan.details["node"], plan.details["containers"], "SIGTERM", doing=doing)
        return sent_at

    def verify(self, plan: Plan, recorder: Recorder, injected_at: float) -> Ready[Verified] | NotYet:
        now_leads, before = leader(recorder.kube), plan.details["leader"]
        if not now_leads or now_leads == before:
            return NotYet(f"{before} is still named as the leader")
        now = time.monotonic()
        words = f"{plan.target} was ended, and leads again after {now - injected_at:.1f} s, as {now_leads}"
        return Ready(Verified(now, words))


def leader(kube: Kube) -> str:
    """Who leads the controllers, by their Lease; each process has a name of its own."""
    lease = kube.get("Lease", NAME, namespace=NAMESPACE)
    return str((lease.get("spec") or {}).get("holderIdentity") or "")
