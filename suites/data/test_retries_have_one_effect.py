"""A write that is sent again, because nobody knows what became of it, has one effect and one answer."""

from seatrial.judge.consistency.from_exchanges import one_effect_each
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, READ_BACK, Observation
from seatrial.model.verdict import Verdict
from seatrial.scenarios.needs.idempotent import idempotent


@check(
    "data.retries-have-one-effect",
    level=EXTENDED,
    scenario="store-crash",
    needs={idempotent},
    records={EXCHANGES, READ_BACK},
    requirement="A write that is sent again with its key MUST have one effect, and the answer of the first.",
    remediation="Store key, body digest and answer in the effect's transaction; compare before acting.",
)
def test_retries_have_one_effect(observation: Observation) -> Verdict:
    """Writes around a crash are sent again with their keys; each key has one id, and that is there."""
    return one_effect_each(observation)
