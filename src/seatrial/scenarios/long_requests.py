"""Pods are deleted while requests that last are under way: streams, long polls, reports."""

from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, inject, repeat, steps, traffic
from seatrial.scenarios.needs.long_requests import long_requests as need
from seatrial.scenarios.needs.replicated import replicated

PER_SECOND = 2.0
"""Of each journey: with requests of some seconds a few are under way at each pod at any time."""
UNDER_WAY_SECONDS = 6.0


@scenario("long-requests", disruption=VOLUNTARY, needs={replicated, need}, repetitions=2)
def long_requests(subject: Subject) -> Steps:
    """Deletes two pods with their grace period, one after the other, while long requests are under way."""
    return steps(
        traffic(subject.journey, per_second=20, bystanders=PER_SECOND, lasting=True),
        hold(UNDER_WAY_SECONDS, "long requests are under way"),
        repeat(2, inject("delete-pod", subject.role)),
    )
