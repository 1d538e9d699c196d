"""Figures of a load that break Little's law are no evidence, neither of a run nor of a trial."""

from dataclasses import replace

import pytest
from load_results import OBJECTIVES, result, summary
from test_trials import SYSTEM

from seatrial.load.gate import judge_load
from seatrial.load.trials import trial_from
from seatrial.model.verdict import Outcome

FINE = [50.0] * 6_000


def counted(in_flight_seconds: float, *, bad: int = 0):
    one = result(FINE, journeys={"look": FINE}, bad=bad)
    return summary(replace(one, health=replace(one.health, in_flight_seconds=in_flight_seconds)))


def test_figures_that_agree_are_judged():
    assert judge_load(counted(300.0), OBJECTIVES).passed


def test_a_run_whose_records_lost_half_of_the_time_is_inconclusive_with_the_arithmetic():
    """Planted: twice as many requests were in flight as the records explain."""
    verdict = judge_load(counted(600.0), OBJECTIVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "100 requests/s x 50 ms make 5 in flight on average, and 10 were counted" in verdict.observed
    assert "report it" in verdict.next_step


def test_it_does_not_excuse_failures_of_a_run():
    assert judge_load(counted(600.0, bad=600), OBJECTIVES).outcome is Outcome.FAILED


@pytest.mark.parametrize("bad", [0, 3_000])
def test_a_trial_is_void_whatever_it_saw(bad):
    seen = trial_from(counted(600.0, bad=bad), SYSTEM, per_second=100, seconds=60)
    assert "Little's law does not hold" in seen.void
    assert "Little's" not in trial_from(counted(300.0, bad=bad), SYSTEM, per_second=100, seconds=60).void
