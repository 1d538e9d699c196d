"""Clients are served while the cluster's DNS is away."""

from seatrial.judge.names import names_are_tolerated
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "discovery.name-outage-tolerated",
    level=EXTENDED,
    scenario="name-outage",
    records={EXCHANGES, TIMELINE},
    requirement="A system that runs MUST go on answering while the cluster's DNS does not answer.",
    remediation="Keep connections and the last known addresses; let no probe and no single request depend on "
    "a lookup.",
    shows=("orchestration.liveness-on-dependency",),
)
def test_a_name_outage_is_tolerated(observation: Observation) -> Verdict:
    """The cluster's DNS is scaled to nothing and back, seen by clients that asked before."""
    return names_are_tolerated(observation)
