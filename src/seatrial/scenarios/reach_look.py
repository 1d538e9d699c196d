"""Real connections to a workload's pods: from a pod that policies let in, and from one that they do not."""

from seatrial.model.fault import NONE
from seatrial.model.reach import CONNECTORS
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, measure, release, steps
from seatrial.scenarios.needs.helper_image import helper_image


@scenario("reach-look", disruption=NONE, needs={helper_image}, repetitions=0)
def reach_look(subject: Subject) -> Steps:
    """Puts two pods into the namespace and connects from both to the ports that policies close."""
    return steps(
        inject(CONNECTORS, subject.role, held=True),
        measure("connections-tried", within_seconds=60, expected_seconds=4),
        release(CONNECTORS),
    )
