"""Which revision of its workload a pod is, and whether a change of the template makes new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seatrial.errors import FaultRefused
from seatrial.kube.client import Kube
from seatrial.kube.records import workload_of_pod
from seatrial.kube.rollout import lacking
from seatrial.model.system import Workload

LABELS = {"Deployment": "pod-template-hash", "StatefulSet": "controller-revision-hash"}


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
