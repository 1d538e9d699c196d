"""A node that runs a pod of the workload is lost, and comes back."""

from seatrial.model.fault import INVOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, inject, release, steps, traffic
from seatrial.scenarios.needs.own_nodes import own_nodes
from seatrial.scenarios.needs.replicated import replicated

HELD_SECONDS = 30.0
"""How long what was lost stays away after the API server has noticed: clients must recover in it."""
RETURNED_SECONDS = 30.0
"""How long it is watched after it is back: its pods start all at once, and others wait for the CPU."""


@scenario("node-loss", disruption=INVOLUNTARY, needs={replicated, own_nodes}, repetitions=1)
def node_loss(subject: Subject) -> Steps:
    """Stops a node that runs a pod of the workload under traffic, and starts it again later."""
    return loss(subject, "stop-node", "node")


def loss(subject: Subject, fault: str, what: str) -> Steps:
    """The steps of a loss: it is held until clients had time to recover, and its return is watched."""
    return steps(
        traffic(subject.journey, per_second=50, bystanders=5),
        inject(fault, subject.role, held=True),
        hold(HELD_SECONDS, f"clients are answered without the {what}"),
        release(fault),
        hold(RETURNED_SECONDS, f"clients are answered with the {what} again"),
    )
