"""Every ready pod gets its share of the requests."""

from seatrial.judge.spread import load_is_spread
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict
from seatrial.scenarios.needs.named_answers import named_answers


@check(
    "discovery.load-is-spread",
    level=EXTENDED,
    scenario="delete-pod",
    needs={named_answers},
    records={EXCHANGES, TIMELINE},
    requirement="The requests of a replicated workload MUST be spread over all of its ready pods.",
    remediation="Balance requests and not connections, by nothing that all of them share; look endpoints up "
    "anew; no `sessionAffinity`.",
    shows=("discovery.sessions",),
)
def test_load_is_spread(observation: Observation) -> Verdict:
    """Before and after each replacement the ready pods answer alike, and none far less than its share."""
    return load_is_spread(observation)
