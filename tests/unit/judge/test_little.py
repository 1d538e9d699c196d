"""Little's law finds a measurement that lost requests, or took their times wrong."""

import pytest

from seatrial.judge.little import little_breach
from seatrial.model.exchange import GeneratorHealth, merged_health


def health(in_flight_seconds: float | None, sent: int = 1_000) -> GeneratorHealth:
    return GeneratorHealth(sent, sent, 0, 0, 0.01, 0.001, 0.05, in_flight_seconds)


def breach(in_flight_seconds: float | None, *, recorded: int = 1_000, mean: float = 0.05, sent: int = 1_000):
    return little_breach(health(in_flight_seconds, sent), recorded=recorded, mean_seconds=mean, seconds=10)


def test_what_agrees_is_no_breach():
    assert breach(50.0) == ""
    assert breach(52.0) == breach(55.5) == breach(45.5) == ""


def test_half_of_the_answers_in_no_record_is_a_breach_with_its_arithmetic():
    """Planted: a thousand requests were in flight for 50 ms each, and every second one is recorded."""
    assert breach(50.0, recorded=500) == (
        "Little's law does not hold: 50 requests/s x 50 ms make 2.5 in flight on average, and 5 were counted "
        "(50.0 % apart): the measurement is broken"
    )


def test_times_that_are_none_are_a_breach():
    """Planted: the clock of the records runs at half the pace of the counter's."""
    assert "x 25 ms make 2.5 in flight" in breach(50.0, mean=0.025)
    assert "x 100 ms make 10 in flight" in breach(50.0, mean=0.1)
    assert "(100.0 % apart)" in breach(0.0)


def test_the_bounds_are_a_tenth_and_two_milliseconds_a_request():
    assert breach(50.0, mean=0.0451) == ""
    assert breach(50.0, mean=0.0449) != ""
    assert breach(2.9, mean=0.001) == ""
    assert breach(3.1, mean=0.001) != ""


@pytest.mark.parametrize(
    "seen", [{"recorded": 1_001}, {"sent": 0, "recorded": 0}, {"in_flight_seconds": None}]
)
def test_where_the_law_cannot_be_asked_nothing_is_said(seen):
    assert breach(**{"in_flight_seconds": 500.0, **seen}) == ""


@pytest.mark.parametrize(("seconds", "said"), [(0, False), (0.5, True), (-1, False)])
def test_a_run_without_a_length_is_not_asked(seconds, said):
    told = little_breach(health(500.0), recorded=1_000, mean_seconds=0.05, seconds=seconds)
    assert bool(told) is said


def test_workers_add_up_unless_one_did_not_count():
    assert merged_health([health(1.0), health(2.0)]).in_flight_seconds == 3.0
    assert merged_health([health(1.0), health(None)]).in_flight_seconds is None
    assert merged_health([]).in_flight_seconds is None
