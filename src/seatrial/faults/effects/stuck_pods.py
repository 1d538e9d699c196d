"""Pods that a StatefulSet does not replace by itself when its template is restored.

Its controller waits for a pod of the bad revision to become ready before it goes on, which never happens
(kubernetes.io, StatefulSets, forced rollback).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seatrial.kube.client import Kube
from seatrial.kube.errors import Conflict, NotFound
from seatrial.kube.pod_status import condition
from seatrial.kube.records import controller
from seatrial.waiting import NotYet, Ready, eventually

OBSERVED_SECONDS = 20.0
REVISION = "controller-revision-hash"


def delete_stuck_pods(kube: Kube, stateful_set: Mapping[str, Any]) -> str:
    """Delete the pods that are stuck on another revision than the set's; the end of a sentence about it.

    Raises:
        WaitExpired: the controller did not take note of the restored template.
    """
    name, uid = stateful_set["metadata"]["name"], stateful_set["metadata"]["uid"]
    namespace = stateful_set["metadata"]["namespace"]
    generation = stateful_set["metadata"]["generation"]

    def observed() -> Ready[str] | NotYet:
        current = kube.get("StatefulSet", name, namespace=namespace)
        status = current.get("status") or {}
        if int(status.get("observedGeneration") or 0) < generation:
            return NotYet("its controller has not seen the restored template")
        return Ready(str(status.get("updateRevision") or ""))

    revision = eventually(
        observed, within_seconds=OBSERVED_SECONDS, what=f"statefulset/{name} seen by its controller"
    )
    deleted = []
    for pod in stuck_pods(kube.objects("Pod", namespace=namespace), uid, revision):
        try:
            kube.delete("Pod", pod["metadata"]["name"], uid=pod["metadata"]["uid"], namespace=namespace)
        except (NotFound, Conflict):
            continue  # it was replaced in the meantime
        deleted.append(pod["metadata"]["name"])
    return f", {', '.join(deleted)} was stuck on the bad revision and deleted" if deleted else ""


def stuck_pods(pods: Iterable[Mapping[str, Any]], set_uid: str, revision: str) -> list[Mapping[str, Any]]:
    """The set's pods of another revision that are not ready, or have restarted and may be ready just now."""
    return [pod for pod in pods if controller(pod).get("uid") == set_uid and _is_stuck(pod, revision)]


def _is_stuck(pod: Mapping[str, Any], revision: str) -> bool:
    labels = pod["metadata"].get("labels") or {}
    if labels.get(REVISION) == revision or pod["metadata"].get("deletionTimestamp"):
        return False
    containers = (pod.get("status") or {}).get("containerStatuses") or ()
    restarted = any(int(container.get("restartCount") or 0) > 0 for container in containers)
    return restarted or condition(pod, "Ready").get("status") != "True"
