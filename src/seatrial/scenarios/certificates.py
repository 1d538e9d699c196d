"""Certificates are looked at: the one that the entry shows, and those of Secrets. No clock is moved."""

from seatrial.model.fault import NONE
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, measure, steps


@scenario("certificates", disruption=NONE, repetitions=0, whole=True)
def certificates(subject: Subject) -> Steps:  # noqa: ARG001 - there is one such plan for every system
    """Makes one handshake with the entry where it speaks TLS, and reads the namespace's TLS Secrets."""
    return steps(measure("certificates", within_seconds=60, expected_seconds=2))
