"""Times counted for an HdrHistogram: 1 microsecond to 5 minutes with three significant digits.

The histogram is made when somebody asks for it. `record_value` is Python, and costs ten times as much as
counting in a dict: at 100 requests/s that was a third of a percent of a core.
"""

from __future__ import annotations

from typing import Any

from hdrh.histogram import HdrHistogram

HIGHEST_MICROSECONDS = 300_000_000
SIGNIFICANT_DIGITS = 3
_EXACT_BITS = 11
_EXACT = 1 << _EXACT_BITS
"""HdrHistogram tells 2,048 values apart in each power of two, which is what three digits need."""


class Tally:
    """How often each time occurred; times that the histogram does not tell apart are counted as one."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}

    def add(self, seconds: float) -> None:
        """Count one time; what lies outside of the histogram counts as its end."""
        value = int(seconds * 1e6)
        if value >= _EXACT:
            value = min(value, HIGHEST_MICROSECONDS)
            shift = value.bit_length() - _EXACT_BITS
            value = value >> shift << shift
        elif value < 1:
            value = 1
        self._counts[value] = self._counts.get(value, 0) + 1

    def histogram(self) -> Any:
        """All that was counted, in microseconds."""
        filled = histogram()
        for value, count in self._counts.items():
            filled.record_value(value, count)
        return filled


def histogram() -> Any:
    """An empty one; those of several generators can be added up without loss."""
    return HdrHistogram(1, HIGHEST_MICROSECONDS, SIGNIFICANT_DIGITS)
