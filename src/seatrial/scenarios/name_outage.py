"""No name of the cluster is answered for a while."""

from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, release, steps, traffic
from seatrial.scenarios.needs.own_nodes import own_nodes
from seatrial.scenarios.needs.replicated import replicated

HELD_SECONDS = 20.0
"""Longer than names are kept by those who keep them for a moment only: 5 s by a cluster's own DNS."""


@scenario("name-outage", disruption=VOLUNTARY, needs={replicated, own_nodes}, repetitions=1)
def name_outage(subject: Subject) -> Steps:
    """Scales the cluster's DNS to nothing under traffic of clients that know their names, and back."""
    return steps(
        traffic(subject.journey, per_second=50, bystanders=5),
        inject("name-outage", subject.role, held=True, hold_seconds=HELD_SECONDS),
        release("name-outage"),
    )
