"""When each request is planned: pure, seeded generators of times.

A schedule is an open arrival model: its times do not depend on how the system answers. Times are seconds from
the start, never falling. A schedule without `duration_seconds` goes on until it is stopped.

Worker k of n takes every n-th arrival of one schedule (`sliced`), so that n workers need no coordination.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, count, islice, repeat
from typing import Protocol

from seatrial.errors import BadInput

HIGHEST_RATE_PER_SECOND = 20_000
"""Above this no Python generator of one process keeps its times, so asking for it is a mistake."""

_HELP = (
    "write constant:RATE[:SECONDS], poisson:RATE[:SECONDS], ramp:FROM:TO:SECONDS, "
    "steps:RATExSECONDS,RATExSECONDS, spike:RATE:PEAK:SECONDS (rates per second), replay:SECONDS,SECONDS, "
    "replay:@FILE or bursts:NUMBER:GAP,GAP (gaps in seconds)."
)


class Schedule(Protocol):
    """What every schedule offers."""

    @property
    def duration_seconds(self) -> float | None:
        """Length of the plan in seconds; None when it has no end."""

    def planned(self) -> Iterator[float]:
        """The planned times, seconds from the start, in order. The same ones at each call."""


@dataclass(frozen=True)
class Constant:
    """Arrival n at n / per_second."""

    per_second: float
    duration_seconds: float | None = None

    def __post_init__(self) -> None:
        _check_rate(self.per_second, "per_second")
        _check_duration(self.duration_seconds)

    def planned(self) -> Iterator[float]:
        times = (number / self.per_second for number in count())
        return _until(times, self.duration_seconds)


@dataclass(frozen=True)
class Poisson:
    """Independent arrivals: exponential gaps with mean 1 / per_second, drawn with `seed`."""

    per_second: float
    seed: int
    duration_seconds: float | None = None

    def __post_init__(self) -> None:
        _check_rate(self.per_second, "per_second")
        _check_duration(self.duration_seconds)

    def planned(self) -> Iterator[float]:
        return _until(self._endless(), self.duration_seconds)

    def _endless(self) -> Iterator[float]:
        generator = random.Random(self.seed)
        at = 0.0
        while True:
            at += generator.expovariate(self.per_second)
            yield at


@dataclass(frozen=True)
class Ramp:
    """The rate goes in a straight line from `from_per_second` to `to_per_second`."""

    from_per_second: float
    to_per_second: float
    duration_seconds: float

    def __post_init__(self) -> None:
        _check_rate(self.from_per_second, "from_per_second", zero_allowed=True)
        _check_rate(self.to_per_second, "to_per_second", zero_allowed=True)
        _check_duration(self.duration_seconds, needed=True)
        if self.from_per_second == self.to_per_second == 0:
            raise BadInput("the ramp plans no request: both of its rates are 0", next_step=_HELP)

    def planned(self) -> Iterator[float]:
        return _until((self._time_of(number) for number in count()), self.duration_seconds)

    def _time_of(self, number: int) -> float:
        """Solve from * t + slope * t^2 / 2 = number; infinity when the ramp never gets there."""
        slope = (self.to_per_second - self.from_per_second) / self.duration_seconds
        start = self.from_per_second
        root = start * start + 2 * slope * number
        if root < 0:
            return math.inf
        divisor = start + math.sqrt(root)
        return 2 * number / divisor if divisor else 0.0


@dataclass(frozen=True)
class Step:
    per_second: float
    seconds: float


@dataclass(frozen=True)
class Steps:
    """One constant rate after another; a rate of 0 is a pause."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        for step in self.steps:
            _check_rate(step.per_second, "per_second", zero_allowed=True)
            _check_duration(step.seconds, needed=True)
        if not any(step.per_second for step in self.steps):
            raise BadInput("the steps plan no request", next_step=_HELP)

    @property
    def duration_seconds(self) -> float:
        return math.fsum(step.seconds for step in self.steps)

    def planned(self) -> Iterator[float]:
        begins = 0.0
        for step in self.steps:
            ends = begins + step.seconds
            if step.per_second:
                for number in count():
                    at = begins + number / step.per_second
                    if number / step.per_second >= step.seconds or at >= ends:
                        break
                    yield at
            begins = ends


@dataclass(frozen=True)
class Replay:
    """Times that were recorded elsewhere."""

    times: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.times:
            raise BadInput("the replayed schedule is empty", next_step="give at least one time in seconds.")
        before = 0.0
        for number, at in enumerate(self.times):
            if not math.isfinite(at) or at < before:
                raise BadInput(
                    f"time {number} of the replayed schedule is {at}, after {before}",
                    next_step="times are seconds from the start and never fall.",
                )
            before = at

    @property
    def duration_seconds(self) -> float:
        return self.times[-1]

    def planned(self) -> Iterator[float]:
        return iter(self.times)


@dataclass(frozen=True)
class Bursts:
    """`number` arrivals at once, and again after each of the gaps, in seconds."""

    number: int
    gaps: tuple[float, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.number, int) or not 0 < self.number <= HIGHEST_RATE_PER_SECOND:
            raise BadInput(f"a burst of {self.number!r} arrivals plans nothing", next_step=_HELP)
        for gap in self.gaps:
            _check_duration(gap, needed=True)

    @property
    def duration_seconds(self) -> float:
        return math.fsum(self.gaps)

    def planned(self) -> Iterator[float]:
        for at in accumulate((0.0, *self.gaps)):
            yield from repeat(at, self.number)


def sliced(times: Iterable[float], index: int, workers: int) -> Iterator[tuple[int, float]]:
    """The share of worker `index` of `workers`: (sequence in the whole schedule, planned time).

    Raises:
        BadInput: when the index is not one of the workers.
    """
    if workers < 1 or not 0 <= index < workers:
        raise BadInput(f"worker {index} of {workers} does not exist", next_step="count workers from 0.")
    return islice(enumerate(times), index, None, workers)


def parse(text: str, *, seed: int = 0) -> Schedule:
    """A schedule in words, as a command line, a system file and a job have it: `ramp:10:200:60`.

    Raises:
        BadInput: naming the text and the forms that are understood.
    """
    kind, _, rest = text.strip().partition(":")
    try:
        match kind, rest.split(":"):
            case "constant", [rate, *seconds]:
                return Constant(float(rate), *map(float, seconds))
            case "poisson", [rate, *seconds]:
                return Poisson(float(rate), seed, *map(float, seconds))
            case "ramp", [begin, end, seconds]:
                return Ramp(float(begin), float(end), float(seconds))
            case "steps" | "spike", steps:
                return _parse_steps(kind, steps)
            case "bursts", [number, gaps]:
                return Bursts(int(number), tuple(float(gap) for gap in gaps.split(",")))
            case "replay", [times]:
                return Replay(tuple(float(at) for at in times.split(",")))
    except (ValueError, TypeError):
        pass
    raise BadInput(f"`{text}` is no schedule", next_step=_HELP)


def highest_rate(text: str) -> float | None:
    """The highest rate of a schedule in words, per second; None where it has none, such as a replay.

    Raises:
        BadInput: it is no schedule.
    """
    match parse(text):
        case Constant(per_second=rate) | Poisson(per_second=rate):
            return rate
        case Ramp(from_per_second=first, to_per_second=last):
            return max(first, last)
        case Steps(steps=steps):
            return max(step.per_second for step in steps)
        case _:
            return None


def _parse_steps(kind: str, parts: Sequence[str]) -> Steps:
    """Steps as they are listed; a spike is a calm third, a third at its peak, and a calm third again."""
    if kind == "spike":
        rate, peak, seconds = map(float, parts)
        return Steps(tuple(Step(each, seconds / 3) for each in (rate, peak, rate)))
    (steps,) = parts
    return Steps(tuple(_parse_step(step) for step in steps.split(",")))


def _parse_step(text: str) -> Step:
    rate, _, seconds = text.partition("x")
    return Step(float(rate), float(seconds))


def _until(times: Iterator[float], duration_seconds: float | None) -> Iterator[float]:
    for at in times:
        if at == math.inf or (duration_seconds is not None and at >= duration_seconds):
            return
        yield at


def _check_rate(rate: float, name: str, *, zero_allowed: bool = False) -> None:
    number = isinstance(rate, int | float) and math.isfinite(rate)
    if not number or rate < 0 or (rate == 0 and not zero_allowed):
        raise BadInput(f"{name} is {rate!r}: it must be a number above 0", next_step=_HELP)
    if rate > HIGHEST_RATE_PER_SECOND:
        raise BadInput(
            f"{name} is {rate:g}: more than one process can keep ({HIGHEST_RATE_PER_SECOND} per second)",
            next_step="share the schedule among workers (locust --processes).",
        )


def _check_duration(seconds: float | None, *, needed: bool = False) -> None:
    if seconds is None and not needed:
        return
    if not (isinstance(seconds, int | float) and math.isfinite(seconds) and seconds > 0):
        raise BadInput(
            f"a duration of {seconds!r} seconds plans nothing: it must be above 0", next_step=_HELP
        )
