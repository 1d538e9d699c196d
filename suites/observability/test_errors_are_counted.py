"""An error that a client was given is counted as one."""

from seatrial.judge.counted import errors_are_counted
from seatrial.model.check import EXTENDED, check
from seatrial.model.observation import Observation
from seatrial.model.verdict import Verdict
from seatrial.scenarios.needs.counted_errors import counted_errors


@check(
    "observability.errors-are-counted",
    level=EXTENDED,
    scenario="counted-requests",
    needs={counted_errors},
    requirement="Each answer that is an error MUST be counted under its status.",
    remediation="Count in the outermost layer, after exceptions became answers.",
)
def test_errors_are_counted(observation: Observation) -> Verdict:
    """Requests that are answered with an error on purpose, and the counter's growth under that status."""
    return errors_are_counted(observation)
