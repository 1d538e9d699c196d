"""A version that does not work is stopped before clients notice it."""

from seatrial.judge.rollout import contained
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "delivery.bad-rollout-is-contained",
    level=EXTENDED,
    scenario="bad-rollout",
    records={EXCHANGES, TIMELINE},
    requirement="A rollout of a version that does not work MUST NOT cost a request.",
    remediation="maxUnavailable 0, a readiness probe that means able, and minReadySeconds longer than a "
    "crash takes to show.",
    shows=("delivery.rolling-update", "delivery.rollout-capacity", "orchestration.readiness-probe"),
)
def test_bad_rollout_is_contained(observation: Observation) -> Verdict:
    """Each kind of bad version is rolled out and back; the text says which ones were not contained."""
    return contained(observation)
