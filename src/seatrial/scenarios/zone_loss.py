"""All nodes of a zone that runs a pod of the workload are lost, and come back."""

from seatrial.model.fault import INVOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps
from seatrial.scenarios.needs.own_nodes import own_nodes
from seatrial.scenarios.needs.replicated import replicated
from seatrial.scenarios.node_loss import loss


@scenario("zone-loss", disruption=INVOLUNTARY, needs={replicated, own_nodes}, repetitions=1)
def zone_loss(subject: Subject) -> Steps:
    """Stops all nodes of a zone that runs a pod of the workload under traffic, and starts them again."""
    return loss(subject, "stop-zone", "zone")
