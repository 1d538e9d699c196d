"""The alert for a pod that does not answer fires while one hangs, and no longer."""

from seatrial.judge.alerted import alert_fires_and_resolves
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict
from seatrial.scenarios.needs.alerted_hang import alerted_hang


@check(
    "observability.alert-fires-and-resolves",
    level=EXTENDED,
    scenario="freeze-process",
    needs={alerted_hang},
    requirement="The alert for a pod that hangs MUST fire while one does, and MUST resolve afterwards.",
    remediation="Alert on absence (`up == 0`, `absent(...)`) over ranges of four collections or more.",
)
def test_alert_fires_and_resolves(observation: Observation) -> Verdict:
    """What the collector of metrics has kept of the alert, until after the pod that hung answered again."""
    return alert_fires_and_resolves(observation)
