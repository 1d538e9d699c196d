"""A user who may not see or do what a verdict rests on: it is unsupported, by name, and never a pass."""

import pytest
from dry_checks import a_check
from dry_session import Dry

from seatrial.model.verdict import Outcome


@pytest.mark.parametrize(
    "lacking",
    [
        "watch deployments",  # somebody else could change the workload meanwhile
        "list events",  # what a controller deletes would be taken for somebody's deed, or the other way round
        "watch endpointslices",  # nobody could say when it was available again
        "delete pods",
        "patch leases",
    ],
)
def test_a_check_is_unsupported_and_nothing_is_touched(run_checks, recorded, dry: Dry, lacking: str) -> None:
    dry.world.forbidden.add(lacking)
    result = run_checks(a_check("one", "return voluntary(observation)", scenario="'deleted'"))
    (made,) = recorded().results
    assert made.verdict.outcome is Outcome.UNSUPPORTED, made.verdict.explain()
    assert f"not allowed to {lacking}" in made.verdict.observed
    assert "`seatrial rights --disruptive`" in made.verdict.next_step
    assert result.ret == 1, "nothing passed"
    assert dry.world.done == []


def test_one_that_was_taken_away_after_the_first_fault_is_an_error(run_checks, recorded, dry: Dry) -> None:
    scenario = """
from seatrial.errors import NotAllowed
from seatrial.harness.measuring import measurement
from seatrial.model.step import Measure

@scenario("late", disruption=VOLUNTARY)
def late(subject):
    '''Is not allowed to go on.'''
    @measurement("late")
    def too_late(context, within_seconds):
        raise NotAllowed("not allowed to create pods/exec")
        yield

    return steps(traffic("look"), inject("delete-pod", subject.role), Measure("late"))
"""
    check = a_check("one", "return voluntary(observation)", scenario="'late'")
    result = run_checks(scenario, check, options=["--accept=unsupported"])
    (made,) = recorded().results
    assert made.verdict.outcome is Outcome.ERROR
    assert "not allowed to create pods/exec" in made.verdict.observed
    assert result.ret == 1
