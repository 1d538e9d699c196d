"""Rest: the state from which a scenario begins."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from seatrial.errors import WaitExpired
from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.evict_pod import EVICT
from seatrial.faults.victims import pods_gone
from seatrial.harness.context import Context
from seatrial.harness.session import ANSWER_SECONDS
from seatrial.kube.errors import Conflict, EvictionBlocked, Forbidden, NotFound
from seatrial.kube.timeline import pods_now
from seatrial.model.right import Right
from seatrial.model.timeline import PodSeen, Timeline

RESTART_MEMORY_SECONDS = 660.0
"""kubelet forgets a container's restarts after ten minutes without one; a little more for its clock."""

RIGHTS = (
    Right(("get",), "Pod"),
    replace(EVICT, without="pods stay on one node where an earlier drain has left them"),
)
MOVED_SECONDS = 120.0
HOSTNAME = "kubernetes.io/hostname"


def rest(context: Context) -> None:
    """Replace pods that kubelet would hold back after a crash, and wait until clients are answered.

    A container that ends again within ten minutes is started only after 10 s, 20 s, 40 s ...; after an
    earlier crash of ours that delay would be measured, not the recovery of the system
    (kubernetes.io, pod lifecycle, container restarts).
    """
    restarted = [pod.name for pod in context.pods() if _ended_lately(context, pod.name)]
    for name in restarted:
        context.injector.inject(DeletePod(context.role, pod=name, allow_last=True), context.recorder)
    if restarted:
        subject = context.subject
        with context.session.http() as http:
            http.wait_for_journey(
                subject.journey, subject.journey_spec, within_seconds=ANSWER_SECONDS, in_a_row=5
            )


def _ended_lately(context: Context, pod: str) -> bool:
    """Whether a container of the pod ended within kubelet's memory for its restart delay."""
    status = context.session.kube.get("Pod", pod).get("status") or {}
    ends = [
        (container.get("lastState") or {}).get("terminated", {}).get("finishedAt")
        for container in status.get("containerStatuses") or ()
    ]
    since = time.time() - RESTART_MEMORY_SECONDS
    return any(end is not None and datetime.fromisoformat(end).timestamp() > since for end in ends)


def restore_spread(context: Context) -> str:
    """Move half of a workload's pods off a node that has all of them, where its pods declare a spread.

    A drain leaves every pod on the other node, and nothing in Kubernetes moves them back; the next scenario
    would begin from a placement that nobody declared.

    Returns:
        What was moved, or why it may not be, in words; empty when nothing was to be.
    """
    kube, moved = context.session.kube, []
    for pods in crowded(context.recorder.snapshot()):
        if not declares_spread(kube.get("Pod", pods[0].name).get("spec") or {}):
            continue
        for pod in pods[: len(pods) // 2]:
            try:
                with contextlib.suppress(EvictionBlocked, NotFound, Conflict):
                    kube.evict(pod.name, uid=pod.uid)
                    moved.append(pod)
            except Forbidden as error:
                return f"the declared spread is not restored: {error.what}"
    if not moved:
        return ""
    uids = [pod.uid for pod in moved]
    with contextlib.suppress(WaitExpired):  # whether the system is at rest is asked next
        context.recorder.wait(
            lambda timeline: pods_gone(timeline, uids), within_seconds=MOVED_SECONDS, what="pods moved"
        )
    return f"evicted to restore the declared spread: {', '.join(pod.name for pod in moved)}"


def crowded(timeline: Timeline) -> list[list[PodSeen]]:
    """The ready pods of each controller that has several, all of them on one node."""
    owned: dict[str, list[PodSeen]] = {}
    for pod in pods_now(timeline):
        if pod.owner and pod.ready and not pod.deleting:
            owned.setdefault(pod.owner, []).append(pod)
    return [pods for pods in owned.values() if len(pods) > 1 and len({pod.node for pod in pods}) == 1]


def declares_spread(spec: Mapping[str, Any]) -> bool:
    """Whether a pod's spec asks for replicas on different nodes."""
    constraints = spec.get("topologySpreadConstraints") or ()
    anti = (spec.get("affinity") or {}).get("podAntiAffinity") or {}
    required = anti.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    preferred = anti.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    terms = [*constraints, *required, *(item.get("podAffinityTerm") or {} for item in preferred)]
    return any(term.get("topologyKey") == HOSTNAME for term in terms)
