"""37 % of the requests fail during the load step, or hardly any is sent, while replicas rise and fall."""

from load_steps import BEFORE, DOWN, TRAFFIC, UP, judged
from observations import exchange, failed

from seatrial.model.verdict import Outcome


def test_37_percent_fail() -> None:
    some = [
        failed(at / 20) if n * 37 % 100 < 37 else exchange(at / 20) for n, at in enumerate(range(1800, 10000))
    ]
    verdict = judged(BEFORE + UP + DOWN, some)
    assert verdict.outcome is Outcome.FAILED
    assert "failed during the load" in verdict.observed


def test_requests_that_fail_under_the_load_fail_whatever_the_replicas_did() -> None:
    some = [failed(at / 20) if n % 3 == 0 else exchange(at / 20) for n, at in enumerate(range(1800, 10000))]
    verdict = judged(BEFORE + UP + DOWN, some)
    assert verdict.outcome is Outcome.FAILED
    assert "failed during the load" in verdict.observed


def test_a_load_of_which_nothing_was_recorded_is_no_evidence() -> None:
    verdict = judged(BEFORE + UP + DOWN, [one for one in TRAFFIC if one.planned_at > 300.5])
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "1 of 50 begun then" in verdict.observed
