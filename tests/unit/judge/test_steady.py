"""No fault is injected into a system that is not steady."""

import pytest
from observations import OBJECTIVES, dropped, exchange, failed, health, stream, unknown

from seatrial.judge.steady import steady
from seatrial.model.verdict import Outcome


def test_clean_traffic_is_steady() -> None:
    verdict = steady(stream(0, 3), health(300), OBJECTIVES)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.numbers["steady_requests"] == 300


@pytest.mark.parametrize("bad", [failed(1.0), unknown(1.0), unknown(1.0, latency=None)])
def test_one_failure_is_an_error_and_names_the_request(bad: object) -> None:
    verdict = steady([*stream(0, 3), bad], health(301), OBJECTIVES)  # type: ignore[list-item]
    assert verdict.outcome is Outcome.ERROR
    assert "not steady" in verdict.observed
    assert "request 1000 of browse" in verdict.next_step


def test_slow_traffic_is_not_steady() -> None:
    verdict = steady([exchange(n / 100, latency=0.4) for n in range(300)], health(300), OBJECTIVES)
    assert verdict.outcome is Outcome.ERROR
    assert "p99 400 ms" in verdict.observed


def test_latency_counts_from_the_planned_time() -> None:
    verdict = steady([exchange(n / 100, latency=0.29) for n in range(300)], health(300), OBJECTIVES)
    assert verdict.outcome is Outcome.PASSED


@pytest.mark.parametrize("count", [0, 1, 49])
def test_too_few_requests_tell_nothing(count: int) -> None:
    assert steady(stream(0, 10)[:count], health(count), OBJECTIVES).outcome is Outcome.INCONCLUSIVE


def test_a_few_failing_requests_are_an_error_even_when_too_few() -> None:
    assert steady([failed(1.0)], health(1), OBJECTIVES).outcome is Outcome.ERROR


@pytest.mark.parametrize("generator", [health(300, dropped=1), health(300, late=3)])
def test_a_generator_that_lags_makes_it_inconclusive(generator: object) -> None:
    verdict = steady([*stream(0, 3), dropped(2.0)], generator, OBJECTIVES)  # type: ignore[arg-type]
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "generator" in verdict.observed


def test_a_generator_just_below_the_limit_is_believed() -> None:
    assert steady(stream(0, 3), health(300, late=2), OBJECTIVES).outcome is Outcome.PASSED
