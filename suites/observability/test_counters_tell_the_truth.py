"""The system's own request counter says what clients sent."""

from seatrial.judge.counted import tell_the_truth
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, Observation
from seatrial.model.verdict import Verdict


@check(
    "observability.counters-tell-the-truth",
    level=EXTENDED,
    scenario="counted-requests",
    records={EXCHANGES},
    requirement="The counter of a journey's requests MUST grow by as many as clients were answered.",
    remediation="Collect from each pod once, and from all of its processes; count where every answer passes.",
)
def test_counters_tell_the_truth(observation: Observation) -> Verdict:
    """The counter's growth in the collected metrics, and how many answers clients were given."""
    return tell_the_truth(observation)
