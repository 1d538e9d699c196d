"""Replicas follow the load: up within the objective, and down again."""

from seatrial.judge.scaling import follows_load
from seatrial.model.check import CORE, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "scaling.follows-load",
    level=CORE,
    scenario="load-step",
    records={EXCHANGES, TIMELINE},
    requirement="An autoscaled workload MUST gain ready replicas under load within the objective, and shed "
    "them afterwards.",
    remediation="Point the autoscaler at the workload and at a metric that the load moves.",
    shows=("scaling.autoscaler-target", "scaling.metric-has-request", "scaling.reachable-target"),
)
def test_replicas_follow_the_load(observation: Observation) -> Verdict:
    """Enough replicas are ready in time, requests are answered, and the minimum is reached again in time."""
    return follows_load(observation)
