"""Every watch is broken during all faults, or over the scale-in; or it ended before, or began after."""

from dataclasses import replace

import pytest
from load_steps import BEFORE, DOWN, TRAFFIC, UP, observed
from load_steps import judged as load_judged
from observations import crash_fault, failed, observation, stream, three_faults, timeline, workload

from seatrial.judge.disruption import involuntary, voluntary
from seatrial.judge.scale_in import scale_in_loses_nothing
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.verdict import Outcome

WATCHED = timeline(workload(1.0))
CLEAN = observation(stream(90, 140), three_faults(), timeline=WATCHED)
CRASHED = replace(observation(stream(90, 140), [crash_fault(100.0, 103.0)], timeline=WATCHED), repetitions=1)


def gap(seen: Observation, *gaps: tuple[float, float]) -> Observation:
    arm = replace(seen.trouble, timeline=replace(WATCHED, gaps=gaps))
    return replace(seen, arms={TROUBLE: arm})


@pytest.mark.parametrize(
    ("gaps", "outcome"),
    [
        (((100.2, 100.4),), Outcome.INCONCLUSIVE),
        (((99.0, 100.1),), Outcome.INCONCLUSIVE),
        (((102.0, 109.0),), Outcome.PASSED),
        (((0.0, 1000.0),), Outcome.INCONCLUSIVE),
    ],
)
def test_a_broken_watch_forbids_a_pass_only_inside_a_disruption(
    gaps: tuple[tuple[float, float], ...], outcome: Outcome
) -> None:
    assert voluntary(gap(CLEAN, *gaps)).outcome is outcome


def test_a_broken_watch_hides_no_failure() -> None:
    red = observation([*stream(90, 140), failed(100.5)], three_faults(), timeline=WATCHED)
    assert voluntary(gap(red, (0.0, 1000.0))).outcome is Outcome.FAILED


@pytest.mark.parametrize("span", [(0.0, 120.5), (0.0, 50.0), (100.5, 1000.0), (500.0, 1000.0)])
def test_a_watch_that_ended_before_or_began_after_is_a_gap(span: tuple[float, float]) -> None:
    short = replace(WATCHED, began_at=span[0], ended_at=span[1])
    seen = replace(CLEAN, arms={TROUBLE: replace(CLEAN.trouble, timeline=short)})
    verdict = voluntary(seen)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "a watch was broken" in verdict.observed


def test_the_gap_is_named_and_forbids_a_pass_of_a_crash_too() -> None:
    assert involuntary(CRASHED).outcome is Outcome.PASSED
    verdict = involuntary(gap(CRASHED, (0.0, 1000.0)))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "between 100.0 s and 103.0 s" in verdict.observed


def test_a_gap_over_the_scale_in_forbids_a_pass_and_hides_no_failure() -> None:
    assert load_judged(BEFORE + UP + DOWN, gaps=((399.0, 402.0),)).outcome is Outcome.INCONCLUSIVE
    assert load_judged(BEFORE + UP + DOWN, gaps=((90.0, 95.0),)).outcome is Outcome.PASSED
    for more, outcome in (([], Outcome.INCONCLUSIVE), ([failed(403.0)], Outcome.FAILED)):
        whole = observed(BEFORE + UP + DOWN, [*TRAFFIC, *more], gaps=((399.0, 402.0),))
        assert scale_in_loses_nothing(whole).outcome is outcome
