"""Each message has its effect once, also when whoever takes it is killed with it in hand, or scaled in."""

from seatrial.judge.consumed import consumers_lose_nothing
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, INVARIANTS, Observation
from seatrial.model.verdict import Verdict


@check(
    "data.consumers-lose-nothing",
    level=EXTENDED,
    scenario="consumer-crash",
    records={EXCHANGES, INVARIANTS},
    requirement="Each message MUST have its effect once, though those who take it are killed and scaled in.",
    remediation="Acknowledge after the effect is committed; keep the message's id in its transaction.",
)
def test_consumers_lose_nothing(observation: Observation) -> Verdict:
    """What was asked for while pods with messages in hand were killed is done in time, and once."""
    return consumers_lose_nothing(observation)
