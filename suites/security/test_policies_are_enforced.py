"""What network policies forbid is refused."""

from seatrial.judge.reach import policies_are_enforced
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict


@check(
    "security.policies-are-enforced",
    level=PROVISIONAL,
    scenario="reach-look",
    requirement="A port that network policies open to named pods MUST refuse every other pod of the "
    "namespace.",
    remediation="Use a network plugin that enforces NetworkPolicies, and no policy whose empty rule lets "
    "everybody in.",
    shows=("security.network-policy", "security.network-policy-selects", "security.host-network"),
)
def test_policies_are_enforced(observation: Observation) -> Verdict:
    """A pod with the labels of one that is let in connects; one without them tries the same and must not."""
    return policies_are_enforced(observation)
