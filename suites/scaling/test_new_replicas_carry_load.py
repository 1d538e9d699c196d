"""Replicas that the autoscaler adds take their share of the load."""

from seatrial.judge.shares import new_replicas_carry_load
from seatrial.model.check import CORE, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "scaling.new-replicas-carry-load",
    level=CORE,
    scenario="load-step",
    records={EXCHANGES, TIMELINE},
    requirement="A replica that an autoscaler adds MUST take its share of the requests.",
    remediation="Spread requests and not connections, and have proxies look endpoints up anew.",
)
def test_new_replicas_carry_load(observation: Observation) -> Verdict:
    """Each replica added during the load answers at least half of its fair share of the requests."""
    return new_replicas_carry_load(observation)
