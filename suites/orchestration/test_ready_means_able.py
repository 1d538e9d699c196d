"""A pod that says that it is Ready answers its first requests in time."""

from seatrial.judge.able import ready_means_able
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict
from seatrial.scenarios.needs.named_answers import named_answers


@check(
    "orchestration.ready-means-able",
    level=EXTENDED,
    scenario="delete-pod",
    needs={named_answers},
    records={EXCHANGES, TIMELINE},
    requirement="A pod that is Ready MUST answer its first requests within the latency objective.",
    remediation="Be Ready only when warm: readiness and startup probes that ask for what a request needs.",
    shows=("orchestration.readiness-probe", "orchestration.startup-probe"),
)
def test_ready_means_able(observation: Observation) -> Verdict:
    """The first requests of each pod that takes the place of a deleted one are answered in time."""
    return ready_means_able(observation)
