"""Rest: the state from which a scenario begins."""

from __future__ import annotations

import time
from datetime import datetime

from seatrial.faults.delete_pod import DeletePod
from seatrial.harness.context import Context
from seatrial.harness.session import ANSWER_SECONDS
from seatrial.traffic.http import Http

RESTART_MEMORY_SECONDS = 660.0
"""kubelet forgets a container's restarts after ten minutes without one; a little more for its clock."""


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
        with Http(context.session.base_url) as http:
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
