"""Whether a container's memory grows without end in a soak. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatrial.judge.soak.batches import Estimate, batches, slope
from seatrial.judge.wording import duration, plural
from seatrial.model.soak import ContainerLook, SoakRun
from seatrial.model.verdict import Outcome, Verdict, merge

MIB = 1024.0**2
HOUR_SECONDS = 3_600
BATCHES = 12
LEAST_BATCHES = 6
MOST_AHEAD = 20
"""So many times the length of a run a slope is believed: PostgreSQL fills its buffers for an hour."""
NOT_SEEN = "See which right or which tool lacks; `seatrial rights --disruptive` prints the Roles."


@dataclass(frozen=True)
class Series:
    """What was seen of one container.

    Attributes:
        looks: in their order, since its last restart.
    """

    looks: tuple[ContainerLook, ...]

    @property
    def last(self) -> ContainerLook:
        return self.looks[-1]

    @property
    def name(self) -> str:
        return f"{self.last.container} of {self.last.pod}"

    @property
    def room(self) -> float:
        """Bytes until its limit; without one, until it holds twice as much."""
        held = self.last.memory_bytes or 0.0
        return held if self.last.limit_bytes is None else self.last.limit_bytes - held

    @property
    def goal(self) -> str:
        limit = self.last.limit_bytes
        return "twice its memory" if limit is None else f"its limit {limit / MIB:.4g} MiB"


def memory_expected(run: SoakRun) -> str:
    """What is asked of memory, in words."""
    return f"memory that is not used up within {run.plan.horizon_hours:g} h at the slope that is seen"


def memory(run: SoakRun) -> Verdict:
    """The slope of each container's memory in the second half of the run, in which what fills up is full.

    Surely used up within the horizon at that slope, and soon enough to be believed: FAILED, with when. Surely
    not: PASSED. A slope whose interval cannot tell, or too few looks: INCONCLUSIVE, with how long would do.
    """
    expected = memory_expected(run)
    found = series_of(run)
    if not found:
        why = run.unseen or "no container was looked at"
        return Verdict(Outcome.INCONCLUSIVE, f"memory: {why}", expected, NOT_SEEN)
    verdicts = list(_judged(found, run, expected))
    if dark := sorted({each.name for each in found if each.last.memory_bytes is None}):
        text = f"memory of {', '.join(dark)} was not seen{f': {run.unseen}' if run.unseen else ''}"
        verdicts.append(Verdict(Outcome.INCONCLUSIVE, text, expected, NOT_SEEN))
    return merge(verdicts)


def series_of(run: SoakRun) -> list[Series]:
    """The containers that were there at the last look, each with its looks since its last restart."""
    if not run.looks:
        return []
    end = run.looks[-1].at
    by_name: dict[tuple[str, str], list[ContainerLook]] = {}
    for look in run.looks:
        by_name.setdefault((look.pod, look.container), []).append(look)
    return [
        Series(tuple(look for look in looks if look.restarts == looks[-1].restarts))
        for looks in by_name.values()
        if looks[-1].at == end
    ]


def _judged(found: Sequence[Series], run: SoakRun, expected: str) -> Iterator[Verdict]:
    seen = [each for each in found if each.last.memory_bytes is not None]
    fine = []
    for each in seen:
        verdict = _one(each, run, expected)
        if verdict.passed:
            fine.append(verdict.numbers["high"])
        else:
            yield verdict
    if fine:
        text = f"memory of {plural(len(fine), 'container')} grows by {max(fine):.3g} MiB/h at the most"
        yield Verdict(Outcome.PASSED, text, expected, numbers={"memory_mib_per_hour_most": max(fine)})


def _one(each: Series, run: SoakRun, expected: str) -> Verdict:
    middle = run.began_at + run.seconds / 2
    points = [(look.at, look.memory_bytes) for look in each.looks if look.memory_bytes is not None]
    means = batches(points, middle, run.ended_at, BATCHES)
    found = slope(means) if len(means) >= LEAST_BATCHES else None
    if found is None:
        least = duration(2 * LEAST_BATCHES * run.plan.look_seconds)
        text = f"memory of {each.name}: {len(means)} of {BATCHES} parts of the second half were looked at"
        return Verdict(
            Outcome.INCONCLUSIVE,
            f"{text}: too short to tell a slope",
            expected,
            f"Run for {least} or longer.",
        )
    hourly = _hourly(found)
    seen = f"{each.name} grows by {hourly.value:.3g} MiB/h (95 %: {hourly.low:.3g} to {hourly.high:.3g})"
    allowed = each.room / MIB / run.plan.horizon_hours
    if hourly.low >= allowed and hourly.low > 0:
        return _leak(each, hourly, seen, run, expected)
    if hourly.high < allowed:
        return Verdict(Outcome.PASSED, seen, expected, numbers={"high": round(hourly.high, 3)})
    hint = f"Run for {_needed(hourly, allowed, run)} or longer: {allowed:.3g} MiB/h would use it up."
    return Verdict(Outcome.INCONCLUSIVE, f"{seen}: too wide to tell", expected, hint)


def _leak(each: Series, hourly: Estimate, seen: str, run: SoakRun, expected: str) -> Verdict:
    """A leak, with the time of its limit; one that lies too far ahead may be a cache that fills."""
    when = each.room / MIB / hourly.value * HOUR_SECONDS
    if when > MOST_AHEAD * run.seconds:
        text = f"{seen}: {each.goal} would be met in {duration(when)}, more than {MOST_AHEAD} times this run"
        hint = f"Run for {duration(when / MOST_AHEAD)} or longer: memory may only be filling up."
        return Verdict(Outcome.INCONCLUSIVE, text, expected, hint)
    hint = f"A leak: look for what {each.last.container} keeps for each request."
    text = f"{seen}: {each.goal} is met in {duration(when)}"
    return Verdict(Outcome.FAILED, text, expected, hint, {"leak_mib_per_hour": round(hourly.value, 3)})


def _hourly(found: Estimate) -> Estimate:
    return Estimate(*(each * HOUR_SECONDS / MIB for each in (found.value, found.low, found.high)))


def _needed(hourly: Estimate, allowed: float, run: SoakRun) -> str:
    """A slope's interval becomes narrower with the time to the power of three halves."""
    room = abs(allowed - hourly.value)
    factor = (hourly.half_width / room) ** (2 / 3) if room > 0 else 4.0
    return duration(run.seconds * min(max(factor, 1.1), 100.0))
