"""Which rate is tried next, and when the search ends: a geometric ramp, then ever closer to the capacity.

The ramp goes up from the first rate until a trial is not held, so that the system is never offered much more
than it can serve. After it each trial's rate is drawn from what is still possible: in turn the rate below
which the capacity lies with 70 and with 30 %, which halves the interval as bisection does and repeats trials
on both of its sides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from seatrial.judge.capacity.estimate import STEP, Estimate
from seatrial.judge.statistics import SLOW_FRACTION_ALLOWED
from seatrial.model.capacity import SearchPlan, Trial

INNER = (0.7, 0.3)
MOST_VOID_IN_A_ROW = 3
DOWN_STEPS = 6
"""So many times the first rate is divided by the ramp's factor, when it was too high already."""
ABOVE_RAMP = 1
BELOW_RAMP = 3
"""Factors of the ramp around its last rate between which the capacity is looked for."""


@dataclass(frozen=True)
class Found:
    """What a search has found.

    Attributes:
        low, high: the capacity, per second; None where it was not identified.
        held_at: the highest rate of a trial that was held; None when none was.
        why: why there is no interval; empty when there is one.
    """

    low: float | None
    high: float | None
    held_at: float | None
    why: str = ""

    @property
    def identified(self) -> bool:
        return self.low is not None


def badness(trial: Trial, availability: float) -> float:
    """The bad requests of a trial in multiples of what the objectives allow: the failed or the slow ones.

    A journey with objectives of its own counts by these, too.
    """
    if not trial.requests:
        return math.inf
    failed = trial.failed / (trial.requests * (1 - availability))
    slow = trial.slow / (trial.requests * SLOW_FRACTION_ALLOWED)
    return max(failed, slow, trial.worst_badness)


def held(trial: Trial, availability: float) -> bool:
    """Whether the objectives held in a trial; as they are written, without regard to chance."""
    return badness(trial, availability) <= 1


class Search:
    """One search, told of its trials in their order.

    Args:
        availability: of the objectives.
    """

    def __init__(self, plan: SearchPlan, availability: float, trials: Iterable[Trial] = ()) -> None:
        self.plan = plan
        self._availability = availability
        self._valid: list[Trial] = []
        self._void: list[Trial] = []
        self._estimate: Estimate | None = None
        self._after_ramp = 0
        for trial in trials:
            self.take(trial)

    def take(self, trial: Trial) -> None:
        """Take in what a trial saw."""
        if trial.void:
            self._void.append(trial)
            return
        self._void.clear()
        self._valid.append(trial)
        if self._estimate is not None:
            self._after_ramp += 1
            self._add(self._estimate, trial)
        elif self._bracketed:
            factor = self.plan.factor
            # What was held says little of rates far above it; the ramp's own trials bound the grid.
            self._estimate = Estimate(
                trial.per_second / factor**BELOW_RAMP,
                min(self._least_not_held * factor**ABOVE_RAMP, 2 * self.plan.highest),
                allowed=SLOW_FRACTION_ALLOWED,
            )
            for each in self._valid:
                self._add(self._estimate, each)

    def next_rate(self) -> float | None:
        """The rate of the next trial, per second; None when the search has ended."""
        if len(self._void) >= MOST_VOID_IN_A_ROW:
            return None
        if self._void:
            return self._void[-1].per_second
        if self._estimate is None:
            return self._ramp()
        if self._ended(self._estimate):
            return None
        rate = self._estimate.quantiles(INNER[self._after_ramp % len(INNER)])[0]
        return min(_rounded(rate), self.plan.highest)

    def found(self) -> Found:
        """What all trials show."""
        kept = [each.per_second for each in self._valid if held(each, self._availability)]
        held_at = max(kept, default=None)
        if self._estimate is None:
            return Found(None, None, held_at, self._why_not(held_at))
        low, high = self._interval(self._estimate)
        if self._after_ramp < self.plan.fewest:
            why = f"only {self._after_ramp} of {self.plan.fewest} trials were made after the ramp"
            return Found(None, None, held_at, why)
        if high >= self.plan.highest:
            return Found(None, None, held_at, self._not_in_range(held_at))
        return Found(low, high, held_at)

    @property
    def _bracketed(self) -> bool:
        """Whether one trial was held and another was not."""
        return len({held(each, self._availability) for each in self._valid}) == 2

    @property
    def _least_not_held(self) -> float:
        return min(each.per_second for each in self._valid if not held(each, self._availability))

    def _add(self, estimate: Estimate, trial: Trial) -> None:
        bad = badness(trial, self._availability) * SLOW_FRACTION_ALLOWED
        estimate.add(trial.per_second, round(min(bad, 1.0) * trial.requests), max(trial.requests, 1))

    def _ramp(self) -> float | None:
        if not self._valid:
            return self.plan.first
        last = self._valid[-1]
        if held(last, self._availability):
            rate = min(_rounded(last.per_second * self.plan.factor), self.plan.highest)
            return rate if rate > last.per_second else None
        return _rounded(last.per_second / self.plan.factor) if len(self._valid) <= DOWN_STEPS else None

    def _ended(self, estimate: Estimate) -> bool:
        low, high = self._interval(estimate)
        narrow = high <= low * (1 + self.plan.width)
        return (narrow and self._after_ramp >= self.plan.fewest) or self._after_ramp >= self.plan.most

    def _interval(self, estimate: Estimate) -> tuple[float, float]:
        tail = (1 - self.plan.confidence) / 2
        low, high = estimate.quantiles(tail, 1 - tail)
        return low * (1 - STEP), high * (1 + STEP)  # the grid tells no more

    def _why_not(self, held_at: float | None) -> str:
        if not self._valid:
            return "no trial says anything of the system"
        if held_at is None:
            lowest = min(each.per_second for each in self._valid)
            return f"not even {lowest:g} requests/s were held, the lowest rate that was tried"
        return self._not_in_range(held_at)

    def _not_in_range(self, held_at: float | None) -> str:
        tried = [each.per_second for each in self._valid]
        text = f"peak not identified in the tested range, {min(tried):g} to {max(tried):g} requests/s"
        return text if held_at is None else f"{text}: {held_at:g} requests/s were held"


def _rounded(rate: float) -> float:
    """Three digits: no generator and no reader needs more."""
    return float(f"{rate:.3g}")
