"""A workload whose pods were all lost at once serves again soon."""

from seatrial.judge.cold import converges
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "orchestration.cold-start-converges",
    level=EXTENDED,
    scenario="cold-start",
    records={EXCHANGES, TIMELINE},
    requirement="A replicated workload MUST serve again within its recovery objective when all of its pods "
    "begin at once.",
    remediation="Wait inside for what is not there yet, retry soon and often; depend on no pod of the same "
    "kind to begin.",
    shows=("orchestration.startup-probe", "orchestration.start-bound"),
)
def test_cold_start_converges(observation: Observation) -> Verdict:
    """All pods are deleted at once; clients and pods are back in time, and restarts on the way are told."""
    return converges(observation)
