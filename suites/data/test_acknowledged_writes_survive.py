"""What was acknowledged is still there after the process that stores it was killed."""

from seatrial.judge.consistency import acknowledged_writes
from seatrial.judge.disruption import involuntary
from seatrial.model.check import CORE, check
from seatrial.model.observation import EXCHANGES, READ_BACK, TIMELINE, Observation
from seatrial.model.verdict import Verdict, merge


@check(
    "data.acknowledged-writes-survive",
    level=CORE,
    scenario="store-crash",
    records={EXCHANGES, TIMELINE, READ_BACK},
    requirement="A write that was acknowledged MUST be readable after its store was killed.",
    remediation="Answer only after the commit is durable (fsync on, synchronous replicas if there are any).",
    shows=("data.stateful-volume", "data.lasting-volume"),
)
def test_acknowledged_writes_survive_a_killed_store(observation: Observation) -> Verdict:
    """Each accepted write is read back once, and clients are answered again within the objectives."""
    return merge([acknowledged_writes(observation), involuntary(observation)])
