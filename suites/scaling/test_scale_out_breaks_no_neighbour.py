"""Replicas that are added take nothing from others."""

from seatrial.judge.neighbours import breaks_no_neighbour
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict
from seatrial.scenarios.needs.neighbours import neighbours


@check(
    "scaling.scale-out-breaks-no-neighbour",
    level=PROVISIONAL,
    scenario="load-step",
    needs={neighbours},
    records={EXCHANGES, TIMELINE},
    requirement="While a workload is scaled out, journeys that do not need it and other workloads MUST be as "
    "well as before.",
    remediation="Keep what each replica takes, such as a pool of connections, times the most replicas below "
    "what is shared; request what a pod uses; leave room in quotas.",
    shows=("scaling.quota-room", "cost.memory-request", "cost.memory-limit"),
)
def test_scale_out_breaks_no_neighbour(observation: Observation) -> Verdict:
    """Requests and pods of others are compared before and after the autoscaler has added replicas."""
    return breaks_no_neighbour(observation)
