"""A Locust worker is lost and takes what it sent with it; tests/process/load kills one for real."""

import pytest
from load_results import OBJECTIVES, result, summary

from seatrial.load.gate import judge_load
from seatrial.model.verdict import Outcome


@pytest.mark.parametrize("others", [0, 1, 3])
def test_however_well_the_others_did_it_is_no_pass(others: int) -> None:
    run = summary(*(result([5.0] * 6_000) for _ in range(others)), workers=others + 1)
    verdict = judge_load(run, OBJECTIVES)
    assert verdict.outcome is Outcome.ERROR
    assert ("1 of the workers" if others else "no request was sent") in verdict.observed


def test_what_the_others_saw_fail_stays_failed() -> None:
    assert (
        judge_load(summary(result([5.0] * 6_000, bad=600), workers=2), OBJECTIVES).outcome is Outcome.FAILED
    )
