"""After a disturbance the system is what it was before: no object more, fewer or changed."""

from seatrial.judge.traces import leaves_no_trace
from seatrial.model.check import EXTENDED, check, every
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict


@check(
    "orchestration.leaves-no-trace",
    level=EXTENDED,
    scenario=every(),
    requirement="Once a disturbance is over, the objects of the system and the pods of its controllers MUST "
    "be as they were before it.",
    remediation="Let what a pod creates be owned by it or deleted on its way out; roll out what is declared.",
)
def test_the_system_is_as_before(observation: Observation) -> Verdict:
    """Objects, revisions, images and ready counts are compared around every disruption; the worst counts."""
    return leaves_no_trace(observation)
