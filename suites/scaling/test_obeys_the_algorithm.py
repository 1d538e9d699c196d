"""Every decision of the autoscaler is the one that Kubernetes' algorithm must take."""

from seatrial.judge.obedience import obeys_the_algorithm
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "scaling.obeys-the-algorithm",
    level=PROVISIONAL,
    scenario="load-step",
    records={TIMELINE},
    requirement="Each change of an autoscaled workload's replicas MUST be the decision that the algorithm of "
    "its autoscaler takes.",
    remediation="Let nothing but the autoscaler write `replicas`; compare its arithmetic with the metrics.",
    shows=("scaling.static-replicas",),
    tells_others=True,
)
def test_the_autoscaler_obeys_the_algorithm(observation: Observation) -> Verdict:
    """The oracle replays every decision from what the controller could see, and agrees with all of them."""
    return obeys_the_algorithm(observation)
