"""A declared rate limit lets through what is below it, and refuses what is above."""

from seatrial.judge.rate import rate_limit_holds
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict


@check(
    "gateway.rate-limit-holds",
    level=PROVISIONAL,
    scenario="rate-limit",
    requirement="A declared rate limit MUST refuse what is above it with its status, and nothing below it; "
    "one for all replicas MUST NOT be one for each.",
    remediation="Limit the route where every request passes. A limit that must hold for all replicas "
    "together needs a store that they share (a rate limit service); local ones add up.",
)
def test_rate_limit_holds(observation: Observation) -> Verdict:
    """Nothing is refused at 0.8 of the limit; of three times as much no more than the limit is answered."""
    return rate_limit_holds(observation)
