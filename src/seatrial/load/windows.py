"""Latency by parts of a run, for a soak."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from seatrial.model.exchange import Exchange
from seatrial.model.soak import LatencyWindow
from seatrial.traffic.tally import Tally

Row = tuple[float, int, float, float]
"""A `LatencyWindow` as plain data, so that it can be sent to the master."""


class Windows:
    """Counts what was answered as expected by the part of the run in which it was planned.

    Args:
        seconds: length of a part; 0 counts nothing.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._first: float | None = None
        self._tallies: dict[int, tuple[Tally, list[int]]] = {}

    def take(self, exchange: Exchange) -> None:
        """Take in what has ended; the first one begins the first part."""
        if not self._seconds:
            return
        if self._first is None:
            self._first = exchange.planned_at
        if exchange.ok and exchange.latency_seconds is not None:
            place = max(int((exchange.planned_at - self._first) / self._seconds), 0)
            tally, count = self._tallies.setdefault(place, (Tally(), [0]))
            tally.add(exchange.latency_seconds)
            count[0] += 1

    def rows(self) -> list[Row]:
        """Each part in which something was answered, by its time."""
        return list(self._rows())

    def _rows(self) -> Iterator[Row]:
        for place, (tally, (count,)) in sorted(self._tallies.items()):
            whole = tally.histogram()
            p50, p99 = (whole.get_value_at_percentile(percent) / 1_000 for percent in (50, 99))
            yield place * self._seconds, count, p50, p99


def windows_of(rows: Iterable[Sequence[float]]) -> tuple[LatencyWindow, ...]:
    """The parts of all workers, by their time: they began together."""
    found = [LatencyWindow(at, int(number), p50, p99) for at, number, p50, p99 in rows]
    return tuple(sorted(found, key=lambda window: window.at))
