"""However often and wherever a write is sent with one key, it is done once and answered alike."""

from seatrial.judge.consistency.storm import retries_are_safe
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, READ_BACK, Observation
from seatrial.model.verdict import Verdict


@check(
    "data.retries-are-safe",
    level=EXTENDED,
    scenario="retry-storm",
    records={EXCHANGES, READ_BACK},
    requirement="Copies of a write with one key, at once, later or at another pod, MUST have one effect and "
    "one answer; another body under that key MUST be refused.",
    remediation="Store key, body digest and answer in the effect's transaction, with the key unique there.",
)
def test_retries_are_safe(observation: Observation) -> Verdict:
    """Each write is sent five times with its key, three times at once, also while a pod is killed."""
    return retries_are_safe(observation)
