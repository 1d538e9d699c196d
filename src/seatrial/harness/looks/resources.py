"""What the containers of a workload take of CPU and memory, by their own control groups, read twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from seatrial.errors import SeatrialError
from seatrial.harness.context import Context
from seatrial.harness.measuring import MOST_PODS, measurement, out_of_time
from seatrial.kube.cgroup import Counted, counted
from seatrial.kube.errors import Forbidden
from seatrial.kube.exec import EXEC
from seatrial.kube.inside import NoLook
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.resources import RESOURCES, Taken
from seatrial.model.timeline import PodSeen
from seatrial.waiting import Ready, consistently

BETWEEN_SECONDS = 5.0
"""Some of what happens again and again, such as probes and collections of metrics, falls into it."""
First = tuple[float, Counted]


@measurement(RESOURCES, rights=[replace(EXEC, without="what containers take is not read")])
def resources(context: Context, within_seconds: float) -> Iterator[Measurement]:
    """Each container of up to four pods, over five seconds of whatever clients are there."""
    began_at = time.monotonic()
    pods = [pod for pod in context.pods() if pod.ready and not pod.deleting][:MOST_PODS]
    places = [(pod, container) for pod in pods for container in (pod.requests or {"": {}})]
    first = {}
    for pod, container in places:
        found = _read(context, pod, container)
        if isinstance(found, Measurement):
            yield found
        else:
            first[(pod.name, container)] = found
    if first:
        consistently(lambda: Ready(None), for_seconds=BETWEEN_SECONDS, what="containers go on")
    for pod, container in places:
        if (pod.name, container) not in first:
            continue
        if time.monotonic() > began_at + within_seconds:
            yield out_of_time(RESOURCES, f"{pod.name}/{container}", within_seconds)
            continue
        found = _read(context, pod, container)
        yield (
            found
            if isinstance(found, Measurement)
            else _taken(pod, container, first[(pod.name, container)], found)
        )


def _read(context: Context, pod: PodSeen, container: str) -> First | Measurement:
    began_at = time.monotonic()
    try:
        return began_at, counted(context.session.kube, pod.name, container)
    except SeatrialError as error:
        lasting = isinstance(error, NoLook | Forbidden)
        outcome = MeasurementOutcome.REFUSED if lasting else MeasurementOutcome.COULD_NOT_TRY
        name = f"{pod.name}/{container}"
        return Measurement(RESOURCES, name, began_at, time.monotonic(), outcome, reason=error.what)


def _taken(pod: PodSeen, container: str, first: First, last: First) -> Measurement:
    (began_at, before), (ended_at, after) = first, last
    seconds = ended_at - began_at
    limits, requests = pod.limits.get(container, {}), pod.requests.get(container, {})
    taken = Taken(
        seconds, (after.cpu_microseconds - before.cpu_microseconds) / seconds / 1000,
        after.periods - before.periods, after.throttled - before.throttled, after.anonymous_bytes,
        after.killed, limits.get("cpu"), _bytes(requests.get("memory")), _bytes(limits.get("memory")),
    )  # fmt: skip
    name = f"{pod.name}/{container}"
    return Measurement(RESOURCES, name, began_at, ended_at, MeasurementOutcome.ANSWERED, taken.plain())


def _bytes(thousandths: int | None) -> int | None:
    return None if thousandths is None else thousandths // 1000
