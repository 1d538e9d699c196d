"""A known number of requests is sent, and the system's own counter is read before and after."""

from seatrial.model.counted import COUNTER, WRONG_REQUESTS
from seatrial.model.fault import NONE
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, measure, steps, stop, traffic, wait
from seatrial.scenarios.needs.counted_requests import counted_requests as need

REST_SECONDS = 60.0
SENT_SECONDS = 8.0
READ_SECONDS = 200.0
"""Three scrapes at one a minute, the longest interval that is usual."""


@scenario("counted-requests", disruption=NONE, needs={need}, repetitions=0)
def counted_requests(subject: Subject) -> Steps:
    """Reads the request counter until it stands still, sends requests and some wrong ones, reads it again."""
    return steps(
        wait("at-rest", within_seconds=REST_SECONDS, required=False),
        measure(COUNTER, within_seconds=READ_SECONDS, expected_seconds=6, journey=subject.journey),
        traffic(subject.journey, per_second=20, steady=False),
        hold(SENT_SECONDS, "requests that are counted"),
        stop("subject"),
        measure(WRONG_REQUESTS, within_seconds=60, expected_seconds=2, journey=subject.journey),
        measure(COUNTER, within_seconds=READ_SECONDS, expected_seconds=6, journey=subject.journey),
    )
