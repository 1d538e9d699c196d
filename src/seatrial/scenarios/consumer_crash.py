"""Pods that take messages are killed with messages in their hands, and scaled in."""

from seatrial.model.counted import REDELIVERED
from seatrial.model.fault import INVOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, inject, measure, release, repeat, steps, stop, traffic
from seatrial.scenarios.needs.consumer import consumer

AT_WORK_SECONDS = 3.0
"""How long a pod is given messages that it does not handle before it is killed."""


@scenario("consumer-crash", disruption=INVOLUNTARY, needs={consumer}, repetitions=1)
def consumer_crash(subject: Subject) -> Steps:
    """Kills pods that take messages, each with some in hand, and scales them in, while more are sent."""
    consumes = subject.workload.consumes
    assert consumes is not None
    return steps(
        traffic(consumes.journey, per_second=10, name="messages", steady=False),
        measure(REDELIVERED, within_seconds=150, expected_seconds=6),
        repeat(2, inject("crash-pod", subject.role, frozen_seconds=AT_WORK_SECONDS)),
        inject("hold-replicas", subject.role, held=True, replicas=1),
        hold(3, "messages for whoever is left"),
        release("hold-replicas"),
        stop("messages"),
        measure(REDELIVERED, within_seconds=150, expected_seconds=6),
    )
