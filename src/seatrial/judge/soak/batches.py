"""Differences and slopes of measurements that follow each other, with intervals. Pure.

What is measured one moment after the other is not independent: noise lasts. So neighbours are averaged to a
few batches first, and an interval is made of these (the method of batch means), by Student's t.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from seatrial.judge.statistics import NORMAL_95

LEAST_BATCHES = 4
"""Fewer say little of how they scatter."""


@dataclass(frozen=True)
class Estimate:
    """A value with its interval at 95 %."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


def batches(
    points: Sequence[tuple[float, float]], begin: float, end: float, number: int
) -> list[tuple[float, float]]:
    """The means of (time, value) in `number` parts of equal length; parts without a point are left out."""
    width = (end - begin) / number
    parts: dict[int, list[tuple[float, float]]] = {}
    for at, value in points:
        if begin <= at <= end and width > 0:
            parts.setdefault(min(int((at - begin) / width), number - 1), []).append((at, value))
    return [
        (fmean(at for at, _ in part), fmean(value for _, value in part)) for _, part in sorted(parts.items())
    ]


def difference(first: Sequence[float], last: Sequence[float]) -> Estimate | None:
    """How much larger the mean of `last` is (B. L. Welch, 1947); None where there are too few."""
    if min(len(first), len(last)) < LEAST_BATCHES:
        return None
    one, other = variance(first) / len(first), variance(last) / len(last)
    value, error = fmean(last) - fmean(first), math.sqrt(one + other)
    if not error:
        return Estimate(value, value, value)
    freedom = (one + other) ** 2 / (one**2 / (len(first) - 1) + other**2 / (len(last) - 1))
    spread = student(freedom) * error
    return Estimate(value, value - spread, value + spread)


def slope(points: Sequence[tuple[float, float]]) -> Estimate | None:
    """The slope of the straight line through (time, value) by least squares; None where there are too few."""
    number = len(points)
    if number < LEAST_BATCHES:
        return None
    middle, mean = fmean(at for at, _ in points), fmean(value for _, value in points)
    width = sum((at - middle) ** 2 for at, _ in points)
    if not width:
        return None
    value = sum((at - middle) * (each - mean) for at, each in points) / width
    rest = sum((each - mean - value * (at - middle)) ** 2 for at, each in points)
    spread = student(number - 2) * math.sqrt(rest / (number - 2) / width)
    return Estimate(value, value - spread, value + spread)


def student(freedom: float) -> float:
    """The 97.5 % quantile of Student's t, by the expansion of Cornish and Fisher.

    Precise to 2 % with 2 degrees of freedom and to 0.1 % with 4 (Abramowitz and Stegun, 26.7.5).
    """
    z = NORMAL_95
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, start=1))
