"""The alert for a workload that is gone fires while no pod of it is left, and no longer."""

from seatrial.judge.alerted import absence_is_alerted
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict
from seatrial.scenarios.needs.alerted_absence import alerted_absence


@check(
    "observability.absence-is-alerted",
    level=EXTENDED,
    scenario="absence",
    needs={alerted_absence},
    requirement="The alert for a workload MUST fire while no pod of it is left, and MUST resolve afterwards.",
    remediation="Ask for what must be there: `absent(up{...})`. What has no target has no series to compare.",
)
def test_absence_is_alerted(observation: Observation) -> Verdict:
    """What the collector of metrics has kept of the alert, until after there were pods again."""
    return absence_is_alerted(observation)
