"""Few requests over connections that lie idle in between, for as long as usual timeouts are."""

from seatrial.model.fault import NONE
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import IDLE, Steps, measure, steps, stop, traffic, wait
from seatrial.scenarios.needs.kept_connections import kept_connections

AT_ONCE = 6
"""Requests side by side, so that a proxy keeps several connections."""
GAPS_SECONDS = (2, 5.5, 11, 66)
"""Idle times between them: they cross what servers, proxies and balancers close after, 1 to 65 s."""
LOOKS_SECONDS = (
    *(0, 0.4, 0.8, 1.2, 1.6, 2.4, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18.9, 19.3, 20, 21, 23, 25, 30, 35, 40),
    *(50, 60, 70, 80, 84, 86),
)
"""When the pods' connections are looked at. For 60 s the kernel tells who closed one."""
REST_SECONDS = 120.0


@scenario("idle-connections", disruption=NONE, needs={kept_connections}, repetitions=0)
def idle_connections(subject: Subject) -> Steps:
    """Sends a few requests at once, again after longer and longer gaps, and looks who closes connections."""
    gaps = ",".join(f"{gap:g}" for gap in GAPS_SECONDS)
    return steps(
        wait("at-rest", within_seconds=REST_SECONDS, required=False),
        measure("connections", within_seconds=10, looks_seconds=(0,)),
        traffic(subject.journey, schedule=f"bursts:{AT_ONCE}:{gaps}", behaviour=IDLE, steady=False),
        measure(
            "connections", within_seconds=100, expected_seconds=LOOKS_SECONDS[-1], looks_seconds=LOOKS_SECONDS
        ),
        stop("subject"),
    )
