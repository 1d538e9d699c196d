"""Which revision of its workload a pod is, and whether a change of the template makes new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.errors import FaultRefused
from seatrial.faults.base import Fault, Impossible
from seatrial.faults.victims import candidates, workload_of
from seatrial.kube.client import Kube
from seatrial.kube.records import workload_of_pod
from seatrial.kube.rollout import lacking
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.fault import Target
from seatrial.model.system import Workload
from seatrial.model.timeline import PodSeen

LABELS = {"Deployment": "pod-template-hash", "StatefulSet": "controller-revision-hash"}


@dataclass(frozen=True)
class RolledOut:
    """A workload that is rolled out, and all of whose pods a change of its template replaces.

    Attributes:
        obj: the workload as the API server has it.
        revision: the one of all its pods.
    """

    target: Target
    obj: Mapping[str, Any]
    revision: str
    pods: tuple[PodSeen, ...]


def rolled_out(fault: Fault, recorder: Recorder) -> RolledOut | Impossible:
    """The workload that a fault will roll out anew, or why that would replace none of its pods.

    Raises:
        FaultRefused: there is no such workload, none of its pods is ready, or a rollout is under way already.
    """
    timeline, kube = recorder.snapshot(), recorder.kube
    workload = workload_of(recorder.system, fault.role)
    candidates(timeline, recorder.system, fault.role, spare_last=False)
    obj = kube.get(workload.kind, workload.name)
    target = Target(workload.kind, kube.namespace, workload.name, obj["metadata"]["uid"])
    reason = no_rollout(obj)
    if reason:
        return Impossible(target, fault.role, fault.seed, reason)
    return RolledOut(target, obj, one_revision(kube, obj, workload), tuple(pods_now(timeline, fault.role)))


def pods_of(kube: Kube, workload: Workload) -> list[dict[str, Any]]:
    """The pods of a workload, as the API server has them now."""
    return [pod for pod in kube.objects("Pod") if workload_of_pod(pod) == (workload.kind, workload.name)]


def revision_of(pod: Mapping[str, Any], workload: Workload) -> str:
    """The pod's revision: a hash of the template that it was made from."""
    return str((pod["metadata"].get("labels") or {}).get(LABELS[workload.kind], ""))


def one_revision(kube: Kube, obj: Mapping[str, Any], workload: Workload) -> str:
    """The revision that all pods of a workload have.

    Raises:
        FaultRefused: a rollout is under way already.
    """
    pods = pods_of(kube, workload)
    revisions = {revision_of(pod, workload) for pod in pods if not pod["metadata"].get("deletionTimestamp")}
    missing = lacking(dict(obj))
    if missing or len(revisions) != 1:
        raise FaultRefused(
            f"{workload.kind.lower()}/{workload.name} is not rolled out, nothing was disturbed",
            where=missing or f"its pods have {len(revisions)} revisions",
            next_step="wait for its rollout to end",
        )
    return revisions.pop()


def no_rollout(obj: Mapping[str, Any]) -> str:
    """Why a change of the template replaces no pod of this workload; empty when it does."""
    name, spec = f"{obj['kind'].lower()}/{obj['metadata']['name']}", obj.get("spec") or {}
    if spec.get("paused"):
        return f"{name} is paused: a change of its template replaces 0 pods"
    if spec.get("replicas") == 0:
        return f"{name} wants 0 replicas: a change of its template replaces 0 pods"
    update = spec.get("updateStrategy") or {}
    if update.get("type") == "OnDelete":
        return f"{name} has the update strategy OnDelete: a change of its template replaces 0 pods"
    partition = int((update.get("rollingUpdate") or {}).get("partition") or 0)
    if partition >= int(spec.get("replicas") or 1):
        return f"{name} has partition {partition}: a change of its template replaces 0 pods"
    return ""


def still_another(pods: Sequence[Mapping[str, Any]], workload: Workload, revision: str) -> list[str]:
    """Names of the pods that are of another revision than this one."""
    return sorted(pod["metadata"]["name"] for pod in pods if revision_of(pod, workload) != revision)
