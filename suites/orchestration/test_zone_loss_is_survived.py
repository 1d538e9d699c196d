"""Clients are answered again soon after a whole zone is lost."""

from seatrial.judge.lost import survived
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "orchestration.zone-loss-is-survived",
    level=EXTENDED,
    scenario="zone-loss",
    records={EXCHANGES, TIMELINE},
    requirement="A replicated workload MUST answer again within its recovery objective when a zone is lost.",
    remediation="Spread the replicas over zones; retry connections that fail; notice lost nodes sooner.",
    shows=("orchestration.replicas", "orchestration.topology-spread"),
)
def test_zone_loss_is_survived(observation: Observation) -> Verdict:
    """The replicas are in several zones, and clients are answered within the objective when one is lost."""
    return survived(observation)
