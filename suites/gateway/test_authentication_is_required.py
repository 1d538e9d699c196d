"""Protected requests are refused to everybody without the right token."""

from seatrial.judge.tokens import authentication_is_required
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict


@check(
    "gateway.authentication-is-required",
    level=PROVISIONAL,
    scenario="wrong-tokens",
    requirement="Every protected request MUST be refused without a token, and with one that is malformed, "
    "signed by another key, changed, unsigned or expired.",
    remediation="Require and verify tokens at the gateway by a rule that holds all protected routes, and "
    "deny by default.",
)
def test_authentication_is_required(observation: Observation) -> Verdict:
    """Each protected route refuses every kind of wrong token, and admits the right one before and after."""
    return authentication_is_required(observation)
