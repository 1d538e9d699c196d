"""One load step makes replicas grow once and shrink once."""

from seatrial.judge.oscillation import does_not_oscillate
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "scaling.does-not-oscillate",
    level=PROVISIONAL,
    scenario="load-step",
    records={TIMELINE},
    requirement="The replicas of an autoscaled workload MUST NOT go up and down under a steady load.",
    remediation="One writer of `replicas`; a scale-down window that is longer than the metric's swings.",
    shows=("scaling.static-replicas", "scaling.one-autoscaler"),
    tells_others=True,
)
def test_the_number_of_replicas_does_not_oscillate(observation: Observation) -> Verdict:
    """The number of replicas changes its direction once: from growing to shrinking, when the load is gone."""
    return does_not_oscillate(observation)
