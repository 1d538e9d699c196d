"""A dependency that is down, slow or wrong takes down only the journeys that need it."""

from seatrial.judge.degradation import degradation_is_partial
from seatrial.model.check import CORE, check
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.verdict import Verdict


@check(
    "dependencies.degradation-is-partial",
    level=CORE,
    scenario="dependency-trouble",
    records={EXCHANGES, TIMELINE},
    requirement="While a dependency is down, slow or wrong, only journeys that need it MAY fail, each within "
    "its deadline; nobody else is restarted or unready, and all heal by themselves when it is back.",
    remediation="A deadline for each call, shorter than the caller's; nothing shared between journeys that "
    "wait and those that need not; probes that ask for no other process; connections that are made anew.",
    shows=("orchestration.liveness-on-dependency",),
)
def test_degradation_is_partial(observation: Observation) -> Verdict:
    """A proxy lets all pass, then resets connections, holds answers back, and gives wrong ones."""
    return degradation_is_partial(observation)
