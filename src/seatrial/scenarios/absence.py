"""Of a workload that an alert watches over no pod is left."""

from seatrial.model.alerted import ALERT
from seatrial.model.fault import INVOLUNTARY, SCALE_TO_ZERO
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, measure, release, steps
from seatrial.scenarios.needs.alerted_absence import alerted_absence

FIRES_SECONDS = 240.0
"""How long it is waited for at most; it is given up before where its own arithmetic says that it is late."""
RESOLVED_SECONDS = 120.0
"""How long it may go on firing when pods are back: a collection and an evaluation a minute."""


@scenario("absence", disruption=INVOLUNTARY, needs={alerted_absence}, repetitions=1)
def absence(subject: Subject) -> Steps:
    """Scales the workload to nothing until its alert fires, or should have, and back; nothing is sent."""
    name = subject.workload.alerts[SCALE_TO_ZERO]
    return steps(
        inject(SCALE_TO_ZERO, subject.role, held=True),
        measure(ALERT, within_seconds=FIRES_SECONDS, expected_seconds=40, name=name, fires=True),
        release(SCALE_TO_ZERO),
        measure(ALERT, within_seconds=RESOLVED_SECONDS, expected_seconds=12, name=name),
    )
