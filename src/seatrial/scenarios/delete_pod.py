"""Pods of a replicated workload are deleted one after the other."""

from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, inject, repeat, steps, traffic
from seatrial.scenarios.needs.replicated import replicated


@scenario("delete-pod", disruption=VOLUNTARY, needs={replicated})
def delete_pod(subject: Subject) -> Steps:
    """Deletes three pods with their grace period, each after the one before was replaced, under traffic."""
    return steps(
        traffic(subject.journey, per_second=100, bystanders=5),
        repeat(3, inject("delete-pod", subject.role)),
    )
