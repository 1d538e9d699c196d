"""What must always hold of the data still holds after every disruption."""

from seatrial.judge.invariants import invariants_of
from seatrial.model.check import EXTENDED, check, every
from seatrial.model.observation import INVARIANTS, Observation
from seatrial.model.verdict import Verdict


@check(
    "data.invariants-hold",
    level=EXTENDED,
    scenario=every(),
    records={INVARIANTS},
    requirement="The invariants of the system file MUST hold after every disruption, once it is at rest.",
    remediation="Keep what belongs together in one transaction; make effects idempotent; send by an outbox.",
)
def test_invariants_hold_after_every_disruption(observation: Observation) -> Verdict:
    """Each invariant is asked before and after every disruption of the run; the worst answer counts."""
    return invariants_of(observation)
