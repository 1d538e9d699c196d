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


@pytest.mark.parametrize("count", [0, 1, 99])
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


def test_a_steady_state_is_told_in_full() -> None:
    requests = [*(exchange(n / 100, latency=0.25) for n in range(100)), dropped(9.0)]
    verdict = steady(requests, health(101), OBJECTIVES)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.observed == "0 of 100 requests failed before any fault, p99 250 ms"
    assert verdict.expected == (
        "no failure in at least 100 requests, p99 at most 300 ms, before a fault is injected"
    )
    assert verdict.numbers == {"steady_requests": 100, "steady_failed": 0, "steady_latency_p99_ms": 250.0}


def test_nothing_sent_has_no_latency() -> None:
    verdict = steady([], health(0), OBJECTIVES)
    assert verdict.observed == "0 of 0 requests failed before any fault, no latency"
    assert verdict.numbers["steady_latency_p99_ms"] is None


def test_the_latency_of_a_failure_does_not_count() -> None:
    verdict = steady([*stream(0, 1), *(failed(1.0, latency=5.0) for _ in range(9))], health(109), OBJECTIVES)
    assert "9 of 109 requests failed before any fault, p99 10 ms (9x connection refused)" in verdict.observed


def test_one_slow_request_in_a_hundred_is_steady_and_two_are_not() -> None:
    def of(slow: int) -> Outcome:
        requests = [exchange(n / 100, latency=1.0 if n < slow else 0.01) for n in range(100)]
        return steady(requests, health(100), OBJECTIVES).outcome

    assert [of(slow) for slow in (1, 2)] == [Outcome.PASSED, Outcome.ERROR]


@pytest.mark.parametrize(("count", "outcome"), [(99, Outcome.INCONCLUSIVE), (100, Outcome.ERROR)])
def test_slowness_counts_from_the_least_number_of_requests_on(count: int, outcome: Outcome) -> None:
    slow = [exchange(n / 100, latency=0.5) for n in range(count)]
    assert steady(slow, health(count), OBJECTIVES).outcome is outcome


def test_latency_exactly_at_the_objective_is_steady() -> None:
    objectives = OBJECTIVES.model_copy(update={"latency_p99_ms": 250.0})
    assert steady([exchange(float(n), latency=0.25) for n in range(100)], health(100), objectives).passed


def test_the_first_failure_is_named_whatever_the_order() -> None:
    bad = [failed(2.0, sequence=7), failed(1.0, sequence=9), failed(1.0, sequence=8, error="reset")]
    assert "First failure: request 8 of browse: reset" in steady(bad, health(3), OBJECTIVES).next_step
