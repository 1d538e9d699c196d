"""A node can be drained, and the drain costs no request."""

from seatrial.judge.drain import drained
from seatrial.model.check import CORE, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "orchestration.drain-loses-nothing",
    level=CORE,
    scenario="drain-node",
    records={EXCHANGES, TIMELINE},
    requirement="A node MUST be drainable by eviction without a failed request, and disruption budgets MUST "
    "keep as many pods Ready meanwhile as they say.",
    remediation="A budget that allows one disruption, replicas on several nodes, readiness that fails and a "
    "wait before exit.",
    shows=(
        "orchestration.budget-blocks",
        "orchestration.disruption-budget",
        "orchestration.host-spread",
        "orchestration.pre-stop",
    ),
)
def test_drain_loses_nothing(observation: Observation) -> Verdict:
    """One node is drained by the Eviction API; a budget that never allows it is named before it is tried."""
    return drained(observation)
