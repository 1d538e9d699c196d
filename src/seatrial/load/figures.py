"""What each worker in the cluster did of its share, and why its part of a load cannot be believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from seatrial.judge.wording import percent, plural
from seatrial.model.exchange import GeneratorHealth, merged_health

if TYPE_CHECKING:  # a worker in the cluster judges nothing
    from seatrial.model.verdict import Verdict

MOST_NAMED = 8
"""More workers are summed up; `load/*.json` of the run has them all."""
APART_SECONDS = 0.5
"""Clocks that are further from each other are of machines that keep no common time."""
ERROR_SECONDS = 0.1
"""A clock that is known no better may have begun its share so much sooner or later than planned."""


@dataclass(frozen=True)
class WorkerFigures:
    """One worker.

    Attributes:
        place: which part of the plan is its, from 0.
        where: its pod and node.
        health: how it kept its share.
        ahead_seconds: how far its clock is ahead of the master's; None when that is not known.
        clock_error_seconds: how well that is known.
    """

    place: int
    where: str
    health: GeneratorHealth
    ahead_seconds: float | None
    clock_error_seconds: float | None

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> WorkerFigures:
        """The inverse of `to_data`."""
        return cls(**{**data, "health": GeneratorHealth(**data["health"])})

    @property
    def name(self) -> str:
        """In words."""
        return f"worker {self.place}, {self.where}"

    @property
    def clock(self) -> str:
        """Its clock in words."""
        if self.ahead_seconds is None or self.clock_error_seconds is None:
            return "its clock is not known"
        word = "ahead" if self.ahead_seconds >= 0 else "behind"
        return f"clock {abs(self.ahead_seconds):.3f} s {word} (known to {self.clock_error_seconds:.3f} s)"

    @property
    def told(self) -> str:
        """All of it in one line."""
        health = self.health
        return (
            f"{self.name}: {health.planned} planned, {health.sent} sent, {health.late} late "
            f"({percent(health.late_fraction)}), {health.dropped} dropped, {self.clock}"
        )


def added(one: Iterable[WorkerFigures], other: Iterable[WorkerFigures]) -> tuple[WorkerFigures, ...]:
    """Workers after two loads, by their places, each with its clock of the later one."""
    found = {each.place: each for each in one}
    for each in other:
        before = found.get(each.place)
        health = each.health if before is None else merged_health([before.health, each.health])
        found[each.place] = replace(each, health=health)
    return tuple(found[place] for place in sorted(found))


def with_workers(verdict: Verdict, workers: Sequence[WorkerFigures]) -> Verdict:
    """A verdict with what each worker did."""
    return replace(verdict, reasons=(*verdict.reasons, *told(workers)))


def told(workers: Sequence[WorkerFigures]) -> Iterator[str]:
    """A line for each worker; of many for those that kept their share worst, and one for the rest."""
    shown, rest = workers, workers[:0]
    if len(workers) > MOST_NAMED:
        worst = sorted(workers, key=lambda each: (-each.health.dropped, -each.health.late_fraction))
        shown, rest = worst[:MOST_NAMED], worst[MOST_NAMED:]
    yield from (each.told for each in shown)
    if rest:
        late = max(each.health.late_fraction for each in rest)
        yield f"{plural(len(rest), 'more worker')}, each at most {percent(late)} late"


def clock_doubt(workers: Sequence[WorkerFigures]) -> str:
    """Why the workers' clocks are no common one; empty when they are."""
    for each in workers:
        if each.clock_error_seconds is None or each.clock_error_seconds > ERROR_SECONDS:
            return f"{each.name}: {each.clock}"
    by_clock = sorted(workers, key=lambda each: each.ahead_seconds or 0.0)
    if not by_clock:
        return ""
    first, last = by_clock[0], by_clock[-1]
    apart = (last.ahead_seconds or 0.0) - (first.ahead_seconds or 0.0)
    if apart <= APART_SECONDS:
        return ""
    both = " and ".join(f"{each.name} ({each.clock})" for each in (first, last))
    return f"the workers' clocks are {apart:.3f} s apart: {both}"
