"""A pod of a replicated workload hangs."""

from seatrial.model.alerted import ALERT
from seatrial.model.fault import INVOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, measure, release, steps, traffic
from seatrial.scenarios.needs.alerted_hang import alerted_hang
from seatrial.scenarios.needs.own_nodes import own_nodes
from seatrial.scenarios.needs.replicated import replicated

RESOLVED_SECONDS = 120.0
"""How long its alert may go on firing when the pod answers again: a collection and an evaluation a minute."""


@scenario("freeze-process", disruption=INVOLUNTARY, needs={replicated, own_nodes}, repetitions=1)
def freeze_process(subject: Subject) -> Steps:
    """Stops the processes of one pod under traffic, until its liveness probe had the container restarted."""
    alert = subject.workload.alerts["freeze-process"] if alerted_hang.holds(subject) else ""
    return steps(
        traffic(subject.journey, per_second=20, bystanders=5),
        inject("freeze-process", subject.role, held=True),
        release("freeze-process"),
        *(
            [measure(ALERT, within_seconds=RESOLVED_SECONDS, expected_seconds=12, name=alert)]
            if alert
            else []
        ),
    )
