"""Requests keep being answered while one pod of a replicated workload is replaced."""

from seatrial.judge.disruption import voluntary
from seatrial.model.check import CORE, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "orchestration.pod-replacement",
    level=CORE,
    scenario="delete-pod",
    records={EXCHANGES, TIMELINE},
    requirement="A replicated workload MUST answer while one of its pods is replaced.",
    remediation="Run two or more replicas; fail readiness and wait a few seconds before exit.",
    shows=("orchestration.readiness-probe", "orchestration.replicas", "orchestration.pre-stop"),
)
def test_pod_replacement_loses_no_request(observation: Observation) -> Verdict:
    """None of the requests begun or in flight while three pods are replaced may fail."""
    return voluntary(observation)
