"""Intervals and percentiles. Small on purpose: nothing here needs more than `math`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

NORMAL_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution: a two-sided 95 % interval."""
ONE_SIDED_95 = 1.6448536269514722
"""The 95 % quantile: only one end of the interval is compared with a limit."""
MINIMUM_SAMPLES = 100
"""Fewer say nothing about a 99th percentile: it would be the slowest of them."""
SLOW_FRACTION_ALLOWED = 0.01
"""What a 99th percentile leaves."""


@dataclass(frozen=True)
class Interval:
    """A closed interval of fractions."""

    low: float
    high: float

    def above(self, limit: float) -> bool:
        """Whether the fraction is surely more than that."""
        return self.low > limit

    def below(self, limit: float) -> bool:
        """Whether the fraction is surely less than that."""
        return self.high < limit


def wilson(hits: int, total: int, *, quantile: float = NORMAL_95) -> Interval:
    """The Wilson score interval of a binomial fraction (E. B. Wilson, 1927).

    It stays inside 0..1 and is not empty for 0 or `total` hits, unlike the textbook normal interval.

    Args:
        hits: how many of `total` had the property.
        total: sample size; 0 gives the whole range, for nothing is known.
        quantile: of the standard normal distribution, 1.96 for 95 %.

    Raises:
        ValueError: when `hits` is negative or more than `total`.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} of {total} is no fraction")
    if total == 0:
        return Interval(0.0, 1.0)
    fraction = hits / total
    square = quantile * quantile
    centre = fraction + square / (2 * total)
    spread = quantile * math.sqrt(fraction * (1 - fraction) / total + square / (4 * total * total))
    scale = 1 + square / total
    low = 0.0 if hits == 0 else (centre - spread) / scale
    high = 1.0 if hits == total else (centre + spread) / scale
    return Interval(low, high)


def least_that_tells(allowed: float, *, quantile: float = ONE_SIDED_95) -> int:
    """So many of which none had a property show that its fraction is surely no more than `allowed`.

    Args:
        allowed: more than 0, for no sample shows that something never happens.
    """
    return math.ceil(quantile * quantile * (1 - allowed) / allowed)


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The nearest-rank percentile: the smallest value with at least `percent` % of all at or below it.

    It is always a value that was measured, never an interpolation. None when there is no value.

    Raises:
        ValueError: when `percent` is not in 0..100.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"{percent} is no percentage")
    ordered = sorted(values)
    if not ordered:
        return None
    rank = max(1, math.ceil(percent / 100 * len(ordered) - 1e-9))
    return ordered[rank - 1]
