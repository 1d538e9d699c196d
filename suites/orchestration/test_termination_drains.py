"""What had begun before a pod is told to end is brought to its end."""

from seatrial.judge.termination import termination_drains
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "orchestration.termination-drains",
    level=PROVISIONAL,
    scenario="long-requests",
    records={EXCHANGES, TIMELINE},
    requirement="A pod that is told to end MUST finish the requests that it has begun, or end its streams so "
    "that clients can resume them, within its grace.",
    remediation="On SIGTERM finish what has begun and end streams properly; a grace that is longer than "
    "preStop and the longest request together.",
    shows=("orchestration.grace-period", "orchestration.pre-stop"),
)
def test_termination_drains(observation: Observation) -> Verdict:
    """No long request that is under way breaks while pods are deleted, and no pod takes all of its grace."""
    return termination_drains(observation)
