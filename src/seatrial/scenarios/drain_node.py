"""A node that runs a pod of the workload is drained."""

from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, steps, traffic
from seatrial.scenarios.needs.replicated import replicated


@scenario("drain-node", disruption=VOLUNTARY, needs={replicated}, repetitions=1)
def drain_node(subject: Subject) -> Steps:
    """Cordons a node with a pod of the workload, evicts what runs there under traffic, and uncordons it."""
    return steps(
        traffic(subject.journey, per_second=100, bystanders=5),
        inject("drain-node", subject.role, held=True),
    )
