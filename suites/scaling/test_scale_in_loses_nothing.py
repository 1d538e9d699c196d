"""Scale-in costs no request."""

from seatrial.judge.scale_in import scale_in_loses_nothing
from seatrial.model.check import CORE, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "scaling.scale-in-loses-nothing",
    level=CORE,
    scenario="load-step",
    records={EXCHANGES, TIMELINE},
    requirement="Scale-in of a workload MUST NOT cost a request.",
    remediation="A preStop sleep longer than the endpoint takes to leave; on SIGTERM finish what is in work.",
    shows=("orchestration.pre-stop",),
)
def test_scale_in_loses_nothing(observation: Observation) -> Verdict:
    """None of the requests begun or in flight while pods terminate may fail."""
    return scale_in_loses_nothing(observation)
