"""Requests of a load run that one objective is about: of one journey, or of all without their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.load.summary import LoadSummary, added_up, slower_than
from seatrial.model.objectives import JourneyObjectives, Objectives
from seatrial.model.system import System

MOST_NAMED = 3


@dataclass(frozen=True)
class Part:
    """Some of a run's requests, with what their objective says.

    Attributes:
        journeys: latency from the planned time by journey.
        name: the journey whose own objective it is; empty for the system's.
        limit: the objective.
        bad: requests that were not answered as expected.
        errors: of these, with their number.
        latencies: of all of them, from the planned time.
        from_sent: the same from the sending; None where it is not known for a part of a run.
    """

    name: str
    limit: float
    requests: int
    bad: int
    errors: Mapping[str, int]
    latencies: Any
    journeys: Mapping[str, Any]
    from_sent: Any = None

    @property
    def prefix(self) -> str:
        """What a sentence about it begins with."""
        return f"{self.name}: " if self.name else ""

    @property
    def suffix(self) -> str:
        """What its requests are called."""
        return f" of {self.name}" if self.name else ""

    @property
    def named_errors(self) -> str:
        """The most frequent errors in brackets, or nothing."""
        errors = sorted(self.errors.items(), key=lambda item: -item[1])
        kinds = ", ".join(f"{number} x {error}" for error, number in errors[:MOST_NAMED])
        return f" ({kinds})" if kinds else ""

    def slower_than(self, milliseconds: float) -> int:
        """Requests whose end came later than this after their planned time."""
        return slower_than(self.latencies, milliseconds)

    def percentile_ms(self, percent: float) -> float:
        """From the planned time."""
        return float(self.latencies.get_value_at_percentile(percent) / 1_000)

    def slowest(self, percent: float) -> tuple[str, float] | None:
        """The journey with the highest percentile, and that in milliseconds; None where none is recorded."""
        by_journey = {name: each.get_value_at_percentile(percent) for name, each in self.journeys.items()}
        name = max(by_journey, key=lambda journey: by_journey[journey], default=None)
        return None if name is None else (name, by_journey[name] / 1_000)


def own_objectives(system: System) -> dict[str, JourneyObjectives]:
    """What journeys of the system file want instead of its own objectives, by name."""
    wanted = {name: spec.objectives for name, spec in system.journeys.items()}
    return {name: each for name, each in wanted.items() if each.model_dump(exclude_none=True)}


def parts_of(
    summary: LoadSummary, objectives: Objectives, own: Mapping[str, JourneyObjectives], key: str
) -> Iterator[Part]:
    """The requests that the objective `key` is about: each journey that has one of its own, then all others.

    A journey of which nothing was sent has no part.

    Args:
        own: what journeys want instead of the system's, by name.
    """
    limits = {name: getattr(each, key) for name, each in own.items() if name in summary.journeys}
    named = {name: limit for name, limit in limits.items() if limit is not None}
    for name, limit in named.items():
        if summary.journeys[name].get_total_count():
            yield _part(summary, name, limit, (name,))
    limit = getattr(objectives, key)
    if not named:
        yield Part(
            "", limit, summary.requests, summary.requests - summary.ok, summary.errors, summary.from_planned,
            summary.journeys, summary.from_sent,
        )  # fmt: skip
    elif others := [name for name, each in summary.journeys.items() if name not in named and _sent(each)]:
        yield _part(summary, "", limit, others)


def _sent(recorded: Any) -> bool:
    return bool(recorded.get_total_count())


def _part(summary: LoadSummary, name: str, limit: float, journeys: Any) -> Part:
    errors = sum((Counter(summary.failures.get(each, {})) for each in journeys), Counter[str]())
    latencies = {each: summary.journeys[each] for each in journeys}
    whole = added_up(latencies.values())
    return Part(name, limit, whole.get_total_count(), errors.total(), errors, whole, latencies)
