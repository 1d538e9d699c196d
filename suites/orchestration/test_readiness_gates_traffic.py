"""A pod that is not Ready gets no requests, and gets them again when it is."""

from seatrial.judge.gating import readiness_gates_traffic
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict
from seatrial.scenarios.needs.named_answers import named_answers


@check(
    "orchestration.readiness-gates-traffic",
    level=EXTENDED,
    scenario="unready-pod",
    records={EXCHANGES, TIMELINE},
    needs={named_answers},
    requirement="A pod that is not Ready MUST NOT be asked soon after, though it would answer, and MUST be "
    "asked again once it is Ready.",
    remediation="A readiness probe, Services that publish Ready pods only, and senders that go by endpoints "
    "alone and end connections to those that have left.",
    shows=("orchestration.readiness-probe", "discovery.service-selects"),
)
def test_readiness_gates_traffic(observation: Observation) -> Verdict:
    """One pod's readiness probe is refused on its way: it is unready, and able to tell who still asks it."""
    return readiness_gates_traffic(observation)
