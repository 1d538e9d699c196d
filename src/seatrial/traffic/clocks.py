"""How far another machine's clock is from this one's, by questions that it answers with its reading."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

CLOCK_SECONDS = 60.0
"""Older comparisons do not count: clocks drift."""
COMPARISONS = 5
"""Before anything rests on them."""


@dataclass(frozen=True)
class Offset:
    """How far a clock is from this machine's.

    Attributes:
        seconds: to be added to a time of that clock.
        error_seconds: half the width of the interval in which the true offset lies.
    """

    seconds: float
    error_seconds: float


class Clocks:
    """The comparisons of one clock with this machine's. Any thread may ask while one takes them in."""

    def __init__(self) -> None:
        self._taken: deque[tuple[float, Offset]] = deque()
        self.number = 0

    def take(self, theirs: float, asked_at: float, now: float) -> None:
        """It was read somewhen between the question and the answer, both by this machine's clock."""
        self.number += 1
        self._taken.append((now, Offset((asked_at + now) / 2 - theirs, (now - asked_at) / 2)))
        while len(self._taken) > 1 and self._taken[0][0] < now - CLOCK_SECONDS:
            self._taken.popleft()

    def best(self, now: float) -> Offset | None:
        """The best of the last comparisons; None when there was none."""
        every = list(self._taken)
        recent = [offset for at, offset in every if at >= now - CLOCK_SECONDS]
        chosen = recent or [offset for _, offset in every[-1:]]
        return min(chosen, key=lambda offset: offset.error_seconds, default=None)
