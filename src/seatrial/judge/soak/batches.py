"""Differences and slopes of measurements that follow each other, with intervals. Pure.

What is measured one moment after the other is not independent: noise lasts. So neighbours are averaged to a
few batches first, and an interval is made of these (the method of batch means), by Student's t.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

LEAST_BATCHES = 4
"""Fewer say little of how they scatter."""
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145)
"""For 1 to 14 degrees of freedom, which is what two times eight batches have."""
ROUNDING = 1e-9


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
    """The 97.5 % quantile of Student's t; a fraction of a degree of freedom does not count."""
    whole = math.floor(freedom + ROUNDING)
    return STUDENT[min(whole, len(STUDENT)) - 1]
