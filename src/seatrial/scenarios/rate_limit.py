"""Requests that are limited are sent below their limit, and far above it."""

from seatrial.model.fault import NONE
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, measure, steps
from seatrial.scenarios.needs.rate_limited import rate_limited


@scenario("rate-limit", disruption=NONE, needs={rate_limited}, repetitions=0, whole=True)
def rate_limit(subject: Subject) -> Steps:  # noqa: ARG001 - there is one such plan for every system
    """Sends each limited request at 0.8 of its limit and then at three times all replicas' limit."""
    return steps(measure("rate-limits", within_seconds=600, expected_seconds=20))
