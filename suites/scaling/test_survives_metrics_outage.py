"""Nothing is scaled in while metrics are away, and the autoscaler works again afterwards."""

from seatrial.judge.metrics_away import survives_metrics_outage
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "scaling.survives-metrics-outage",
    level=EXTENDED,
    scenario="metrics-outage",
    records={EXCHANGES, TIMELINE},
    requirement="An autoscaled workload MUST keep its replicas while no metric can be read.",
    remediation="Let nothing take a metric that is missing for a load of zero: no fallback to the minimum, "
    "no query that answers 0 where it has no data.",
    shows=("scaling.one-autoscaler",),
    tells_others=True,
)
def test_a_metrics_outage_is_survived(observation: Observation) -> Verdict:
    """A replica that is not needed stays while the metrics API is away; metrics are read when it is back."""
    return survives_metrics_outage(observation)
