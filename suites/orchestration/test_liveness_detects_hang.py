"""A process that hangs is restarted, and nobody else is."""

from seatrial.judge.liveness import hang_is_detected
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "orchestration.liveness-detects-hang",
    level=EXTENDED,
    scenario="freeze-process",
    records={TIMELINE},
    requirement="A container whose process hangs MUST be restarted within the time that its own liveness "
    "probe declares, and MUST be the only one that is.",
    remediation="A liveness probe that the process itself answers (HTTP or gRPC, not a mere connection), and "
    "that asks for nobody else.",
    shows=("orchestration.liveness-probe", "orchestration.liveness-on-dependency"),
)
def test_liveness_detects_a_hang(observation: Observation) -> Verdict:
    """One container's processes are stopped; its probe's period, threshold, timeout and grace bound it."""
    return hang_is_detected(observation)
