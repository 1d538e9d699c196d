"""A container gets by with its limits under the load that it has."""

from seatrial.judge.resources import limits_fit_load
from seatrial.model.check import PROVISIONAL, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict


@check(
    "container.limits-fit-load",
    level=PROVISIONAL,
    scenario="inside-look",
    requirement="Under the load that it has, a container SHOULD NOT wait for its CPU limit, near its memory "
    "limit, or lose processes to it.",
    remediation="Raise the limit, or find what takes so much.",
    shows=("cost.memory-limit",),
)
def test_limits_fit_load(observation: Observation) -> Verdict:
    """Throttled periods, memory beside its limit and killed processes, as the control group tells them."""
    return limits_fit_load(observation)
