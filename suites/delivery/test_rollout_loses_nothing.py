"""Requests keep being answered while a workload is rolled out."""

from seatrial.judge.rollout import rolled_out
from seatrial.model.check import CORE, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "delivery.rollout-loses-nothing",
    level=CORE,
    scenario="rollout-restart",
    records={EXCHANGES, TIMELINE},
    requirement="A rollout of a replicated workload MUST come to its end and MUST NOT cost a request.",
    remediation="maxUnavailable 0 with room for maxSurge, a readiness probe that means able, a wait before "
    "exit that is longer than an endpoint takes to leave.",
    shows=(
        "delivery.rolling-update",
        "delivery.rollout-capacity",
        "delivery.not-paused",
        "delivery.quota-room",
        "orchestration.readiness-probe",
        "orchestration.pre-stop",
    ),
)
def test_rollout_loses_nothing(observation: Observation) -> Verdict:
    """Every pod is replaced by a rollout; none of the requests begun or in flight meanwhile may fail."""
    return rolled_out(observation)
