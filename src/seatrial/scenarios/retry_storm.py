"""Writes are sent several times with their keys, while a pod that they pass is killed."""

from seatrial.model.fault import INVOLUNTARY
from seatrial.model.measurement import OTHER_BODY, READ_BACK
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import STORM, Steps, hold, inject, measure, steps, stop, traffic
from seatrial.scenarios.needs.repeated_writes import repeated_writes
from seatrial.scenarios.needs.replicated import replicated

KEYS_PER_SECOND = 4
"""Each is sent five times (`harness.behaviours`)."""


@scenario("retry-storm", disruption=INVOLUNTARY, needs={replicated, repeated_writes}, repetitions=1)
def retry_storm(subject: Subject) -> Steps:
    """Sends each write three times at once and twice later, also while a pod is killed; then other bodies."""
    journey = subject.system.idempotent_through(subject.role)
    return steps(
        traffic(journey, per_second=KEYS_PER_SECOND, name="storm", steady=False, behaviour=STORM),
        hold(8, "copies at once, and soon again"),
        inject("crash-pod", subject.role),
        hold(6, "copies of what was under way at the crash"),
        stop("storm"),
        measure(OTHER_BODY, within_seconds=30, expected_seconds=2, journey=journey),
        measure(READ_BACK, journey=journey),
    )
