"""A scenario says that it is unsupported, or skipped, after it has disturbed the system and seen failures."""

import pytest
from dry_checks import a_check
from dry_session import Dry

from seatrial.model.verdict import Outcome

LATE = """
@scenario("late", disruption=VOLUNTARY)
def late(subject):
    '''Finds out late that it is not possible here.'''
    from seatrial.harness.measuring import MEASUREMENTS, measurement
    from seatrial.model.step import Measure

    @measurement("late")
    def too_late(context, within_seconds):
        require(Verdict(Outcome.{outcome}, "there is no helper image", "one"))
        yield

    return steps(traffic("look"), inject("delete-pod", subject.role), Measure("late"))
"""


@pytest.mark.parametrize("outcome", [Outcome.UNSUPPORTED, Outcome.SKIPPED])
def test_it_is_an_error_also_where_that_is_accepted(run_checks, recorded, dry: Dry, outcome: Outcome) -> None:
    dry.world.fails_in_faults = True
    check = a_check("one", "return voluntary(observation)", scenario="'late'")
    result = run_checks(LATE.format(outcome=outcome.name), check, options=[f"--accept={outcome}"])
    assert result.ret == 1
    (made,) = recorded().results
    assert made.verdict.outcome is Outcome.ERROR
    assert "there is no helper image" in made.verdict.observed
