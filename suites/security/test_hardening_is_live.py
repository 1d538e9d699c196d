"""What the manifest declares of a container's hardening is in force."""

from seatrial.judge.hardening import hardening
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict


@check(
    "security.hardening-is-live",
    level=PROVISIONAL,
    scenario="inside-look",
    requirement="Seen from inside, a container MUST have the user, the capabilities, the root file system, "
    "the seccomp filter and the token that its manifest declares, and no more.",
    remediation="Remove what overrides the declaration: `privileged`, a mounted token, a setuid binary, a "
    "node without seccomp.",
    shows=(
        "security.run-as-non-root",
        "security.privileged",
        "security.privilege-escalation",
        "security.read-only-root",
        "security.dropped-capabilities",
        "security.kernel-filter",
        "security.service-account-token",
    ),
)
def test_hardening_is_live(observation: Observation) -> Verdict:
    """User, capabilities, filter, root mount and token of each container, as its kernel tells them."""
    return hardening(observation)
