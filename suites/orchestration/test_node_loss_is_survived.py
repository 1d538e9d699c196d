"""Clients are answered again soon after a node is lost."""

from seatrial.judge.lost import survived
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "orchestration.node-loss-is-survived",
    level=EXTENDED,
    scenario="node-loss",
    records={EXCHANGES, TIMELINE},
    requirement="A replicated workload MUST answer again within its recovery objective when a node is lost.",
    remediation="Spread the replicas over nodes; retry connections that fail; notice lost nodes sooner.",
    shows=("orchestration.replicas", "orchestration.topology-spread"),
)
def test_node_loss_is_survived(observation: Observation) -> Verdict:
    """The loss is charged to the error budget, and clients are answered within the recovery objective."""
    return survived(observation)
