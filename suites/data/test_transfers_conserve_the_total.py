"""What is moved between accounts is neither made nor lost when the store is killed in the middle."""

from seatrial.judge.consistency import money_is_conserved
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, INVARIANTS, Observation
from seatrial.model.verdict import Verdict
from seatrial.scenarios.needs.conserving import conserving


@check(
    "data.transfers-conserve-the-total",
    level=EXTENDED,
    scenario="store-crash",
    needs={conserving},
    records={EXCHANGES, INVARIANTS},
    requirement="Transfers MUST NOT change the total of all accounts, also when their store is killed.",
    remediation="Change both accounts in one transaction that locks them, durable before it is answered.",
)
def test_transfers_conserve_the_total(observation: Observation) -> Verdict:
    """The total is read before the transfers begin and after the store came back; the two are equal."""
    return money_is_conserved(observation)
