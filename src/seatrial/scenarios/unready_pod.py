"""A pod that works becomes unready, and ready again."""

from seatrial.judge.following import ASKED_SECONDS
from seatrial.model.fault import VOLUNTARY
from seatrial.model.scenario import Subject, scenario
from seatrial.model.step import Steps, hold, inject, release, steps, traffic
from seatrial.scenarios.needs.own_nodes import own_nodes
from seatrial.scenarios.needs.replicated import replicated

QUIET_SECONDS = 4.0
"""How long requests must stay away from it after everybody had the time to notice."""


@scenario("unready-pod", disruption=VOLUNTARY, needs={replicated, own_nodes}, repetitions=1)
def unready_pod(subject: Subject) -> Steps:
    """Refuses the readiness probe of one pod under traffic until senders must have left it."""
    return steps(
        traffic(subject.journey, per_second=50, bystanders=5),
        inject("fail-readiness", subject.role, held=True, hold_seconds=ASKED_SECONDS + QUIET_SECONDS),
        release("fail-readiness"),
        hold(ASKED_SECONDS + 1, "senders find the pod again"),
    )
