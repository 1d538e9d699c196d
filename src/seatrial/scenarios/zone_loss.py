"""All nodes of a zone that runs a pod of the workload are lost, and come back."""

from seatrial.model.fault import INVOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, inject, release, steps, traffic
from seatrial.scenarios.needs.own_nodes import own_nodes
from seatrial.scenarios.needs.replicated import replicated

HELD_SECONDS = 30.0
"""How long the zone stays away after the API server has noticed: clients must recover in it."""
RETURNED_SECONDS = 30.0
"""How long it is watched after its nodes are back: their pods start all at once."""


@scenario("zone-loss", disruption=INVOLUNTARY, needs={replicated, own_nodes}, repetitions=1)
def zone_loss(subject: Subject) -> Steps:
    """Stops all nodes of a zone that runs a pod of the workload under traffic, and starts them again."""
    return steps(
        traffic(subject.journey, per_second=50, bystanders=5),
        inject("stop-zone", subject.role, held=True),
        hold(HELD_SECONDS, "clients are answered without the zone"),
        release("stop-zone"),
        hold(RETURNED_SECONDS, "clients are answered with the zone again"),
    )
