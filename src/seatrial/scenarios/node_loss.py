"""A node that runs a pod of the workload is lost, and comes back."""

from seatrial.model.fault import INVOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, inject, release, steps, traffic
from seatrial.scenarios.needs.own_nodes import own_nodes
from seatrial.scenarios.needs.replicated import replicated

HELD_SECONDS = 30.0
"""How long the node stays away after the API server has noticed: clients must recover in it."""
RETURNED_SECONDS = 30.0
"""How long it is watched after the node is back: its pods start all at once, and others wait for the CPU."""


@scenario("node-loss", disruption=INVOLUNTARY, needs={replicated, own_nodes}, repetitions=1)
def node_loss(subject: Subject) -> Steps:
    """Stops a node that runs a pod of the workload under traffic, and starts it again later."""
    return steps(
        traffic(subject.journey, per_second=50, bystanders=5),
        inject("stop-node", subject.role, held=True),
        hold(HELD_SECONDS, "clients are answered without the node"),
        release("stop-node"),
        hold(RETURNED_SECONDS, "clients are answered with the node again"),
    )
