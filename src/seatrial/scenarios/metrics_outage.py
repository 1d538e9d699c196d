"""The metrics that an autoscaler goes by are away, while there are more replicas than it needs."""

from seatrial.model.fault import ADD_REPLICA, METRICS_OUTAGE, VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, release, repeat, steps, traffic
from seatrial.scenarios.needs.autoscaler import autoscaler
from seatrial.scenarios.needs.own_nodes import own_nodes

HELD_SECONDS = 17.0
"""An autoscaler decides every 15 s: it has its chance to take the replica that it would not need."""
TIMES = 2
"""Whoever takes it twice is a controller; a person at a keyboard does so once."""


@scenario("metrics-outage", disruption=VOLUNTARY, needs={autoscaler, own_nodes}, repetitions=1)
def metrics_outage(subject: Subject) -> Steps:
    """Takes the metrics API away under traffic, adds a replica twice, and gives the API back."""
    return steps(
        traffic(subject.journey, per_second=20, bystanders=5),
        inject(METRICS_OUTAGE, subject.role, held=True),
        repeat(TIMES, inject(ADD_REPLICA, subject.role, hold_seconds=HELD_SECONDS)),
        release(METRICS_OUTAGE),
    )
