"""The containers of a workload are looked at from inside; nothing is written."""

from seatrial.model.fault import NONE
from seatrial.model.hardening import HARDENING
from seatrial.model.resources import RESOURCES
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, measure, steps, wait
from seatrial.scenarios.live_look import REST_SECONDS


@scenario("inside-look", disruption=NONE, repetitions=0)
def inside_look(subject: Subject) -> Steps:  # noqa: ARG001 - the same steps on every workload
    """Reads, in every container of the workload's pods, what its kernel says of processes and resources."""
    return steps(
        wait("at-rest", within_seconds=REST_SECONDS, required=False),
        measure(HARDENING, within_seconds=60, expected_seconds=3),
        measure(RESOURCES, within_seconds=60, expected_seconds=4),
    )
