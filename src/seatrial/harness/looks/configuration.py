"""Which value of its configuration each replica of a workload shows."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from seatrial.errors import SeatrialError, WaitExpired
from seatrial.harness.context import Context
from seatrial.harness.measuring import measurement
from seatrial.kube.exec import EXEC, run_in_pod
from seatrial.kube.inside import NOT_FOUND
from seatrial.model.configuration import CONFIGURATION, NEVER_LATER, Configuration
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.timeline import PodSeen
from seatrial.waiting import NotYet, Ready, eventually

ASKED_FOR_EACH_POD = 20
"""Requests until it is given up that each pod answers one: balancers that draw lots need some."""

IN_VAIN_SECONDS = 30.0
"""Waited at most for what no way delivers by the objects: many times what kubelet takes where it does."""


@measurement(CONFIGURATION, rights=[replace(EXEC, without="files in containers cannot be read")])
def configuration(context: Context, within_seconds: float, *, wanted: str) -> Iterator[Measurement]:
    """What each Ready pod shows, looked at again until all of them show `wanted`, or the time is over."""
    spec, began_at = context.subject.workload.configuration, time.monotonic()
    assert spec is not None  # the need `configured` says so
    if any(fault.details.get(NEVER_LATER) for fault in context.faults):
        within_seconds = min(within_seconds, IN_VAIN_SECONDS)
    last: dict[str, Measurement] = {}

    def look() -> Ready[None] | NotYet:
        pods = {pod.name: pod for pod in context.pods() if pod.ready and not pod.deleting}
        for gone in last.keys() - pods.keys():
            del last[gone]
        waiting = {name: pod for name, pod in pods.items() if not _settled(last.get(name), wanted)}
        texts = _answers(context, spec, waiting) if spec.seen.path else None
        for name, pod in waiting.items():
            last[name] = _look(context, spec, pod, wanted, began_at, texts)
        lacking = sorted(name for name, found in last.items() if not _settled(found, wanted))
        return NotYet(f"not shown by {', '.join(lacking)}") if lacking or not pods else Ready(None)

    with contextlib.suppress(WaitExpired):  # what was seen is for the judge
        eventually(look, within_seconds=within_seconds, every_seconds=1.0, what=f"the {wanted} value shown")
    yield from (last[name] for name in sorted(last))


def _settled(found: Measurement | None, wanted: str) -> bool:
    """Whether looking again would tell nothing new."""
    if found is None or found.outcome is MeasurementOutcome.COULD_NOT_TRY:
        return False
    return not found.answered or found.value["shows"] == wanted


def _look(
    context: Context,
    spec: Configuration,
    pod: PodSeen,
    wanted: str,
    began_at: float,
    texts: Mapping[str, str] | None,
) -> Measurement:
    """One pod: by its answer, or by the file in its container. Of a text only what it shows is kept."""
    outcome, value, reason = MeasurementOutcome.ANSWERED, {"wanted": wanted}, ""
    try:
        text = _file(context, spec, pod) if texts is None else texts[pod.name]
        value["shows"] = spec.shown_in(text)
    except KeyError:
        outcome, reason = MeasurementOutcome.COULD_NOT_TRY, f"no answer to {spec.seen.path} names {pod.name}"
    except SeatrialError as error:
        lasting = NOT_FOUND in error.what
        outcome = MeasurementOutcome.REFUSED if lasting else MeasurementOutcome.COULD_NOT_TRY
        reason = "there is no `cat` in its image" if lasting else error.what
    return Measurement(CONFIGURATION, pod.name, began_at, time.monotonic(), outcome, value, reason)


def _file(context: Context, spec: Configuration, pod: PodSeen) -> str:
    """What the file holds. Raises SeatrialError: it cannot be read, and why."""
    container = spec.seen.container or next(iter(pod.requests), "")
    ran = run_in_pod(context.session.kube, pod.name, container, ("cat", spec.seen.file or ""))
    if ran.exit_code != 0:
        why = " ".join((ran.reason or ran.stderr).split()) or f"exit code {ran.exit_code}"
        raise SeatrialError(f"{spec.seen.file} cannot be read: {why}", where=f"pod/{pod.name}")
    return ran.stdout


def _answers(context: Context, spec: Configuration, pods: Mapping[str, PodSeen]) -> dict[str, str]:
    """The newest answer of each of these pods, by its name; of those that gave none there is none."""
    header = (context.session.system.entry.served_by or "").lower()
    known = {name: name for name in pods} | {pod.ip: name for name, pod in pods.items()}
    found: dict[str, str] = {}
    with context.session.http() as http:
        for _ in range(ASKED_FOR_EACH_POD * len(pods)):
            try:
                answer = http.get(spec.seen.path or "/", expect=None)
            except SeatrialError:
                continue  # requests that fail are counted where they are many, in the traffic
            for word in answer.headers.get(header, "").split(","):
                if name := known.get(word.strip()):
                    found[name] = answer.body.decode(errors="replace")
            if found.keys() == pods.keys():
                break
    return found
