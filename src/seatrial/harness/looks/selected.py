"""Which pods an autoscaler takes for those of its workload: all that the workload's selector selects."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from seatrial.declared.values import selects
from seatrial.errors import SeatrialError
from seatrial.harness.context import Context
from seatrial.harness.measuring import measurement
from seatrial.kube.records import controller, workload_of_pod
from seatrial.model.measurement import SELECTED_PODS, Measurement, MeasurementOutcome
from seatrial.model.right import autoscaled, on_workload, reading

_LOST = "whom an autoscaler counts beside its own pods is not known"


@measurement(
    SELECTED_PODS,
    rights=[
        *(replace(right, without=_LOST) for right in on_workload("get")),
        *(replace(right, when=autoscaled) for right in reading(["Pod"], "list", without=_LOST)),
    ],
)
def selected_pods(context: Context, within_seconds: float) -> Iterator[Measurement]:  # noqa: ARG001
    """The pods that the workload's selector selects and that others own; nothing without an autoscaler."""
    workload, kube, began_at = context.subject.workload, context.session.kube, time.monotonic()
    if workload.autoscaled is None:
        return
    outcome, value, reason = MeasurementOutcome.ANSWERED, {}, ""
    try:
        selector = kube.get(workload.kind, workload.name)["spec"].get("selector") or {}
        pods = [
            pod for pod in kube.objects("Pod") if selects(selector, pod["metadata"].get("labels") or {})
        ]  # fmt: skip
        others = [pod for pod in pods if workload_of_pod(pod) != (workload.kind, workload.name)]
        owners = ((pod, controller(pod)) for pod in others)
        names = [
            f"{owner['kind']}/{owner['name']}" if owner else f"Pod/{pod['metadata']['name']}"
            for pod, owner in owners
        ]
        value = {"selected": len(pods), "others": sorted(names)}
    except SeatrialError as error:
        outcome, reason = MeasurementOutcome.COULD_NOT_TRY, error.what
    yield Measurement(
        SELECTED_PODS, workload.autoscaled, began_at, time.monotonic(), outcome, value, reason
    )  # fmt: skip
