"""A dependency in trouble is not asked many times as often as one that answers."""

from seatrial.judge.retries import retries_are_bounded
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "gateway.retries-are-bounded",
    level=PROVISIONAL,
    scenario="dependency-trouble",
    records={EXCHANGES, TIMELINE},
    requirement="While a dependency is down, slow or wrong, a request that needs it MUST NOT become many "
    "attempts at it, and such requests are answered again soon after it is back.",
    remediation="Retry in one place of the way only, once or twice, with pauses that grow and differ, within "
    "a budget (a share of all requests); never what said that it is overloaded.",
    shows=("gateway.envoy-retries", "gateway.bounded-retries"),
)
def test_retries_are_bounded(observation: Observation) -> Verdict:
    """A proxy counts what comes while it lets all pass, resets connections, is slow, and answers wrongly."""
    return retries_are_bounded(observation)
