"""A pod of a replicated workload hangs."""

from seatrial.model.fault import INVOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, release, steps, traffic
from seatrial.scenarios.needs.own_nodes import own_nodes
from seatrial.scenarios.needs.replicated import replicated


@scenario("freeze-process", disruption=INVOLUNTARY, needs={replicated, own_nodes}, repetitions=1)
def freeze_process(subject: Subject) -> Steps:
    """Stops the processes of one pod under traffic, until its liveness probe had the container restarted."""
    return steps(
        traffic(subject.journey, per_second=20, bystanders=5),
        inject("freeze-process", subject.role, held=True),
        release("freeze-process"),
    )
