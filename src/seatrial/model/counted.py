"""A counter of requests as it was read, and wrong requests that were sent on purpose, as measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.model.measurement import Measurement, MeasurementOutcome

COUNTER = "request-counter"
REDELIVERED = "redelivered"
"""The counter of messages that a workload was given once more."""
WRONG_REQUESTS = "wrong-requests"
"""`value` holds how many were answered by each status, as text, in `statuses`."""


@dataclass(frozen=True)
class CounterSeries:
    """One series of a counter: its labels, and pairs of the collector's epoch seconds and value."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class CounterRead:
    """All series of a counter over the last minutes.

    Attributes:
        series: those that a selector selects.
        asked_at: when the reading began, by the collector's clock.
        interval_seconds: how often it collects.
        still: whether each series had stood still, twice in a row, when the reading ended.
    """

    series: tuple[CounterSeries, ...]
    asked_at: float
    interval_seconds: float
    still: bool

    def measurement(
        self, selector: str, began_at: float, ended_at: float, *, kind: str = COUNTER
    ) -> Measurement:
        """It as a measurement, for the record."""
        value: dict[str, Any] = {
            "series": [{"labels": dict(one.labels), "points": list(one.points)} for one in self.series],
            "asked_at": self.asked_at, "interval_seconds": self.interval_seconds, "still": self.still,
        }  # fmt: skip
        return Measurement(kind, selector, began_at, ended_at, MeasurementOutcome.ANSWERED, value)

    @classmethod
    def of(cls, measurement: Measurement) -> CounterRead:
        """What an answered measurement of this kind recorded."""
        value = measurement.value
        series = tuple(
            CounterSeries(one["labels"], tuple((float(at), float(count)) for at, count in one["points"]))
            for one in value["series"]
        )
        return cls(series, float(value["asked_at"]), float(value["interval_seconds"]), bool(value["still"]))
