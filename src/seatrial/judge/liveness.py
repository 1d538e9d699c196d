"""Whether a process that hangs is restarted by its own liveness probe, and nobody else is. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seatrial.judge.disruption import watched
from seatrial.judge.evidence import FAULT_HELP, fault_weakness
from seatrial.judge.pods import states_of
from seatrial.judge.probes import liveness_failures, not_tried
from seatrial.judge.restarts import restarted
from seatrial.judge.windows import fault_end
from seatrial.judge.wording import plural, seconds
from seatrial.model.fault import ACTS_WITHIN, FROZEN, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import EventSeen, PodSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict

EXPECTED = "the container that hangs is restarted as soon as its own probe says, and no other one"
DECLARE = "Declare a liveness probe that the process itself answers."
BLIND = {
    "tcpSocket": "A mere connection shows nothing: the kernel accepts it for a process that hangs. Ask by "
    "HTTP or gRPC what the process itself must answer.",
    "exec": "Its command does not ask the process that serves: let it make a request to it, with a timeout.",
}
"""Why a probe of a kind may stay green while the process hangs."""
ANOTHER_ANSWERS = (
    "Something else than the process that hangs answered it: a sidecar, or a process of its own."
)
AGAIN_HELP = "Let liveness ask the process only: a restart of its clients repairs no pod that hangs."


def hang_is_detected(observation: Observation) -> Verdict:
    """Whether the frozen container was restarted in time, and no other container of the system was.

    No liveness probe is FAILED, and so is one that never failed. One whose own arithmetic takes longer than
    anybody waits is UNSUPPORTED, with the arithmetic.
    """
    if verdict := not_tried(observation, EXPECTED, DECLARE):
        return verdict
    if doubt := fault_weakness(observation.faults):
        return Verdict(Outcome.ERROR, doubt, EXPECTED, FAULT_HELP)
    timeline, fault = observation.timeline, observation.faults[0]
    if timeline is None:
        return Verdict(Outcome.INCONCLUSIVE, "no timeline was recorded", EXPECTED, "Watch the cluster.")
    restarted_at = _restarted_at(timeline, fault)
    complaints = liveness_failures(timeline, fault.target.name, fault.injected_at, math.inf)
    again = restarted(timeline, fault.injected_at, fault_end(fault))
    others = sorted(one.pod for one in again if one.pod != fault.target.name)
    numbers = {
        "allowed_seconds": fault.details.get(ACTS_WITHIN),
        "restarted_seconds": None if restarted_at is None else round(restarted_at - fault.injected_at, 3),
        "probe_failures_told": len(complaints),
        "others_restarted": len(others),
    }
    arithmetic = str(fault.details.get("arithmetic", ""))
    if restarted_at is None:
        hung = f"{fault.target.name} hung for {seconds(_held(timeline, fault))}"
        text = f"{hung} and was not restarted: {arithmetic}"
        return Verdict(Outcome.FAILED, text, EXPECTED, _why(fault, complaints), numbers)
    if others:
        text = f"{plural(len(others), 'other container')} restarted while {fault.target.name} hung"
        return Verdict(Outcome.FAILED, f"{text}: {', '.join(others)}", EXPECTED, AGAIN_HELP, numbers)
    took = seconds(restarted_at - fault.injected_at)
    text = f"{fault.target.name} hung and was restarted after {took}; {arithmetic}; nobody else was"
    return watched(observation, Verdict(Outcome.PASSED, text, EXPECTED, numbers=numbers))


def _restarted_at(timeline: Timeline, fault: FaultRecord) -> float | None:
    """When the frozen container was first seen to have been restarted while the fault was in place."""
    states = states_of(timeline, fault.target.name, fault.target.uid)
    before = max((s.restarts for s in states if s.at <= fault.injected_at), default=0)
    until = math.inf if fault.reverted_at is None else fault.reverted_at
    frozen = str(fault.details.get(FROZEN, ""))
    meanwhile = (state for state in states if fault.injected_at <= state.at <= until)
    return next((state.at for state in meanwhile if is_new(state, before, frozen)), None)


def is_new(state: PodSeen, restarts: int, frozen: str) -> bool:
    """Whether a pod has another container in place of the frozen one; that of a sidecar is none of it."""
    return state.restarts > restarts and frozen not in state.container_ids


def _held(timeline: Timeline, fault: FaultRecord) -> float:
    until = timeline.ended_at if fault.reverted_at is None else fault.reverted_at
    return until - fault.injected_at


def _why(fault: FaultRecord, complaints: Sequence[EventSeen]) -> str:
    """Why the probe restarted nothing, as far as the evidence goes."""
    probe = str(fault.details.get("probe", "its liveness probe"))
    if complaints:
        return f"Its probe ({probe}) failed, and kubelet did not restart it in time: {complaints[-1].message}"
    blind = BLIND.get(str(fault.details.get("handler")), ANOTHER_ANSWERS)
    return f"Its probe ({probe}) went on passing. {blind}"
