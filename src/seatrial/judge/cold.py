"""Whether a workload begins again from nothing, in time and without luck. Pure."""

from __future__ import annotations

from dataclasses import replace

from seatrial.judge.asked import lives_of
from seatrial.judge.disruption import involuntary
from seatrial.judge.evidence import fault_weakness
from seatrial.judge.pods import states_of
from seatrial.judge.wording import plural, seconds
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict, merge

ORDER_HELP = (
    "Let a pod begin without others of its kind or its dependencies: wait inside for what is not there yet, "
    "with short retries, instead of waiting long or ending."
)


def converges(observation: Observation) -> Verdict:
    """Whether clients and the workload recover when all of its pods begin at once, restarts counted.

    Clients are judged as after every involuntary disruption; beside that every pod has to be Ready within
    `recovery_seconds`. Restarts on the way are told: where they are enough to be in time they are no fault.
    """
    verdict = involuntary(observation)
    if fault_weakness(observation.faults):
        return verdict
    timeline = observation.timeline
    if timeline is None:
        blind = Verdict(
            Outcome.INCONCLUSIVE, "no timeline was recorded", "pods that are watched", "Watch the cluster."
        )
        return merge([verdict, blind])
    return merge([verdict, *(_again(observation, timeline, fault) for fault in observation.faults)])


def _again(observation: Observation, timeline: Timeline, fault: FaultRecord) -> Verdict:
    """Whether all pods were Ready in time."""
    limit = observation.objectives.recovery_seconds
    expected = f"every pod Ready within {seconds(limit)} of the loss of all"
    new = [life for life in lives_of(observation, fault.workload) if life.seen_at >= fault.injected_at]
    restarts = {
        life.name: found
        for life in new
        if (found := max(state.restarts for state in states_of(timeline, life.name, life.uid)))
    }
    numbers = {"cold_pods": len(new), "cold_restarts": sum(restarts.values())}
    reasons = tuple(
        f"{name} was restarted {plural(count, 'time')} on the way" for name, count in sorted(restarts.items())
    )
    if fault.available_at is None:
        text = f"{fault.workload} was not available again"
        return Verdict(Outcome.FAILED, text, expected, _slowest(timeline, fault), numbers, reasons)
    took = fault.available_at - fault.injected_at
    text = f"all pods of {fault.workload} Ready {seconds(took)} after all were lost"
    text += f", {plural(numbers['cold_restarts'], 'restart')} on the way"
    verdict = Verdict(
        Outcome.PASSED, text, expected, "", {**numbers, "cold_seconds": round(took, 3)}, reasons
    )
    if took <= limit:
        return verdict
    return replace(verdict, outcome=Outcome.FAILED, next_step=_slowest(timeline, fault))


def _slowest(timeline: Timeline, fault: FaultRecord) -> str:
    """Which step of which new pod took the longest, and what that means."""
    steps: list[tuple[float, str, str]] = []
    for states in timeline.pods.values():
        first = states[0]
        if first.workload != fault.workload or first.at < fault.injected_at:
            continue
        scheduled = next((state.at for state in states if state.node), None)
        started = next((state.at for state in states if state.started_at is not None), None)
        ready = next((state.at for state in states if state.ready), None)
        last = timeline.ended_at
        for name, begin, end in (
            ("to be scheduled", first.at, scheduled),
            ("until its containers started (images, init containers)", scheduled, started),
            ("from there until it was Ready", started, ready),
        ):
            if begin is not None:
                steps.append(((last if end is None else end) - begin, first.name, name))
    if not steps:
        return "No new pod was seen: read the events of its controller."
    took, pod, name = max(steps)
    return f"The longest was {seconds(took)} of {pod} {name}. {ORDER_HELP}"
