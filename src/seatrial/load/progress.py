"""What became of a share so far, for the page of Locust: its own tables know nothing of plans."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seatrial.load.summary import merged
from seatrial.model.exchange import DROPPED, LATE_AFTER_SECONDS, Exchange, GeneratorHealth
from seatrial.traffic.tally import Tally

ALL = "all journeys"
PERCENTS = {"p50_ms": 50.0, "p90_ms": 90.0, "p99_ms": 99.0, "p999_ms": 99.9}
REPORT = "seatrial-progress"
MOST_BEYOND_STOP = 100_000
"""Arrivals whose time comes between a stop and the next look at the page."""
COUNTS = ("planned", "sent", "ended", "failed", "late", "dropped")


@dataclass
class Counts:
    """Of one journey: requests that ended, how, and after how long.

    Attributes:
        planned: arrivals whose time has come.
    """

    planned: int = 0
    ended: int = 0
    failed: int = 0
    late: int = 0
    dropped: int = 0
    from_planned: Tally = field(default_factory=Tally)
    from_sent: Tally = field(default_factory=Tally)

    def take(self, exchange: Exchange) -> None:
        if exchange.error == DROPPED:
            self.dropped += 1
            return
        self.ended += 1
        self.failed += not exchange.ok
        self.late += exchange.begun_at - exchange.planned_at > LATE_AFTER_SECONDS
        if exchange.completed_at is not None:
            self.from_planned.add(exchange.completed_at - exchange.planned_at)
            self.from_sent.add(exchange.completed_at - exchange.begun_at)

    def to_data(self) -> dict[str, Any]:
        recorded = {"from_planned": self.from_planned, "from_sent": self.from_sent}
        counts: dict[str, Any] = {name: getattr(self, name) for name in ("planned", *COUNTS[2:])}
        counts["sent"] = self.planned - self.dropped
        return counts | {name: tally.histogram().encode().decode() for name, tally in recorded.items()}


class Progress:
    """What one process knows of its share.

    Args:
        arrivals: the share's arrivals, each with its number and its seconds from the schedule's zero.
        of: the journey of the arrival of a number.
        beside: journeys that are sent beside the schedule; how many of them are planned is not told.
    """

    def __init__(
        self,
        journeys: Iterable[str],
        arrivals: Iterable[tuple[int, float]],
        of: Callable[[int], str],
        beside: Iterable[str] = (),
    ) -> None:
        self._beside = frozenset(beside)
        self._journeys = {name: Counts() for name in (*journeys, *self._beside)}
        self._of = of
        self._last: deque[str] = deque(maxlen=MOST_BEYOND_STOP)
        self._arrivals: Iterator[tuple[int, float]] = iter(arrivals)
        self._zero: float | None = None
        self._ahead: list[tuple[int, float]] = []
        self._planned = 0
        self.health: GeneratorHealth | None = None

    def take(self, exchange: Exchange) -> None:
        """Take in what has ended; the first one shows when the schedule began."""
        self._journeys[exchange.journey].take(exchange)
        if self._zero is None and not exchange.operation and exchange.journey not in self._beside:
            for number, at in self._arrivals:
                self._ahead.append((number, at))
                if number >= exchange.sequence:
                    self._zero = exchange.planned_at - at
                    break

    def planned(self, now: float) -> int | None:
        """Arrivals whose time has come; None before anything shows when the schedule began.

        Args:
            now: monotonic seconds.
        """
        if self._zero is None:
            return None
        most = math.inf  # while it goes on; the generator knows how many there were in the end
        if self.health is not None and not self._beside:
            most, now = self.health.planned, math.inf
        while self._planned > most and self._last:
            self._planned -= 1  # their time had come, but it was stopped before
            self._journeys[self._last.pop()].planned -= 1
        while True:
            if not self._ahead:
                self._ahead.extend(item for item in [next(self._arrivals, None)] if item is not None)
            if not self._ahead or self._zero + self._ahead[0][1] > now or self._planned >= most:
                return self._planned
            number, _ = self._ahead.pop(0)
            self._planned += 1
            self._last.append(self._of(number))
            self._journeys[self._last[-1]].planned += 1

    def to_data(self, now: float) -> dict[str, Any]:
        """As plain data, so that it can be sent to the master."""
        planned = self.planned(now)
        journeys = {name: counts.to_data() for name, counts in self._journeys.items()}
        for name in journeys if planned is None else self._beside:
            del journeys[name]["planned"], journeys[name]["sent"]
        dropped = sum(counts.dropped for counts in self._journeys.values())
        whole = {} if planned is None else {"planned": planned, "sent": planned - dropped}
        if self.health is not None:
            whole = {name: getattr(self.health, name) for name in ("planned", "sent", "late", "dropped")}
        return {"whole": whole, "journeys": journeys}


class Shown:
    """The progress that a page shows: of this process, or in a master of its workers.

    Attributes:
        own: of this process's share; None where nobody looks at it.
    """

    def __init__(self) -> None:
        self.own: Progress | None = None
        self._workers: dict[str, Mapping[str, Any]] = {}

    def clear(self) -> None:
        """A new test begins."""
        self.own = None
        self._workers.clear()

    def report(self, data: dict[str, Any], **_: Any) -> None:
        """Locust's event of a worker that reports to the master, every three seconds."""
        if self.own is not None:
            data[REPORT] = self.own.to_data(time.monotonic())

    def take_report(self, client_id: str, data: Mapping[str, Any], **_: Any) -> None:
        """Locust's event of a master to which a worker has reported."""
        if REPORT in data:
            self._workers[client_id] = data[REPORT]

    def rows(self) -> list[dict[str, Any]]:
        """The rows of the table as of now."""
        own = [] if self.own is None else [self.own.to_data(time.monotonic())]
        return rows([*own, *self._workers.values()])


def rows(shares: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a table: all journeys together, then each."""
    some = list(shares)
    names = dict.fromkeys(name for each in some for name in each["journeys"])
    by_name = {name: [each["journeys"][name] for each in some if name in each["journeys"]] for name in names}
    everything = _row(ALL, [data for parts in by_name.values() for data in parts])
    whole = [each["whole"] for each in some]
    everything |= {key: _sum(whole, key) for key in ("planned", "sent")}
    if some and all(each.keys() >= {"late", "dropped"} for each in whole):
        everything |= {key: _sum(whole, key) for key in ("late", "dropped")}
    return [everything, *(_row(name, parts) for name, parts in by_name.items())]


def _row(name: str, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One row. Some protocols make several requests of an arrival: more are completed than were planned."""
    counts: dict[str, Any] = {key: sum(part[key] for part in parts) for key in COUNTS[2:]}
    counts |= {key: _sum(parts, key) for key in ("planned", "sent")}
    planned, sent = (merged(part[key] for part in parts) for key in ("from_planned", "from_sent"))
    times = {key: planned.get_value_at_percentile(percent) / 1_000 for key, percent in PERCENTS.items()}
    times["sent_p99_ms"] = sent.get_value_at_percentile(99) / 1_000
    return {"name": name, **counts, **times}


def _sum(parts: Sequence[Mapping[str, Any]], key: str) -> int | str:
    """Over all shares; empty where one of them does not know."""
    return sum(part[key] for part in parts) if parts and all(key in part for part in parts) else ""
