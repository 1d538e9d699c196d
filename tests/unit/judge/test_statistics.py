"""Wilson intervals and percentiles against published and hand-counted values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.judge.statistics import ONE_SIDED_95, Interval, least_that_tells, percentile, wilson


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        # Newcombe (1998), table I, method 3 (score without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_newcombe(hits: int, total: int, low: float, high: float) -> None:
    interval = wilson(hits, total)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


def test_a_limit_that_may_be_the_fraction_is_neither_surely_less_nor_surely_more() -> None:
    found = Interval(0.25, 0.5)
    assert [found.above(limit) for limit in (0.2, 0.25, 0.3)] == [True, False, False]
    assert [found.below(limit) for limit in (0.4, 0.5, 0.6)] == [False, False, True]


def test_wilson_of_nothing_is_the_whole_range() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "total"), [(-1, 5), (6, 5), (1, 0)])
def test_wilson_refuses_what_is_no_fraction(hits: int, total: int) -> None:
    with pytest.raises(ValueError, match="no fraction"):
        wilson(hits, total)


@given(st.integers(0, 500), st.integers(0, 500))
def test_wilson_holds_the_fraction_and_mirrors(hits: int, misses: int) -> None:
    total = hits + misses
    interval, mirrored = wilson(hits, total), wilson(misses, total)
    assert 0.0 <= interval.low <= interval.high <= 1.0
    if total:
        assert interval.low <= hits / total <= interval.high
        assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1.0), (1, 1.0), (50, 5.0), (51, 6.0), (90, 9.0), (99, 10.0), (100, 10.0)]
)
def test_percentile_is_the_nearest_rank(percent: float, expected: float) -> None:
    assert percentile([float(n) for n in range(10, 0, -1)], percent) == expected


def test_percentile_of_a_hundred_leaves_one_out() -> None:
    assert percentile([float(n) for n in range(1, 101)], 99) == 99.0


def test_percentile_of_a_thousand_leaves_ten_out() -> None:
    assert percentile([float(n) for n in range(1, 1001)], 99) == 990.0


@pytest.mark.parametrize("total", [1, 7, 20, 303, 1000])
def test_wilson_of_none_and_of_all_ends_exactly(total: int) -> None:
    assert wilson(0, total).low == 0.0
    assert wilson(total, total).high == 1.0


def test_percentile_of_nothing_is_none() -> None:
    assert percentile([], 99) is None


def test_percentile_refuses_what_is_no_percentage() -> None:
    for percent in (-0.5, 100.5, 101):
        with pytest.raises(ValueError, match="no percentage"):
            percentile([1.0], percent)


@pytest.mark.parametrize("allowed", [0.5, 0.01, 0.001, 0.0001])
def test_the_least_sample_that_tells_is_the_least(allowed: float) -> None:
    least = least_that_tells(allowed)
    assert wilson(0, least, quantile=ONE_SIDED_95).high <= allowed
    assert wilson(0, least - 1, quantile=ONE_SIDED_95).high > allowed
