"""Requests below and above a rate limit, as a measurement keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from seatrial.model.measurement import Measurement, MeasurementOutcome

BURST, BELOW, ABOVE = "rate-limit-burst", "below", "above"
"""Kind of the measurement, and what its requests are to the limit."""


@dataclass(frozen=True)
class Burst:
    """Requests of one route at an even rate.

    Attributes:
        limit: number of the limit in the system file, from 0.
        route: method and path, as the system file writes them.
        rate: `BELOW` or `ABOVE` the limit.
        statuses: of the answers in the order in which the requests were sent; 0 for none.
        lasted_seconds: from the first request to the last answer.
        expected: status codes of an answer that is none of a limit.
        replicas: pods of the workload that counts; 0 where it is not known.
        told: headers of the first refusal that say when to come again.
        reason: why one got no answer, or none was sent; else empty.
    """

    limit: int
    route: str
    rate: str
    statuses: tuple[int, ...]
    lasted_seconds: float
    expected: tuple[int, ...]
    replicas: int
    told: Mapping[str, str]
    reason: str = ""

    def measurement(self, began_at: float, ended_at: float) -> Measurement:
        """It as a measurement, for the record; without any answer it could not be tried."""
        outcome = MeasurementOutcome.ANSWERED if any(self.statuses) else MeasurementOutcome.COULD_NOT_TRY
        name = f"{self.rate} the limit of {self.route}"
        return Measurement(BURST, name, began_at, ended_at, outcome, asdict(self), self.reason)

    @classmethod
    def of(cls, measurement: Measurement) -> Burst:
        """What a measurement of this kind recorded."""
        lists = {name: tuple(measurement.value[name]) for name in ("statuses", "expected")}
        return cls(**{**measurement.value, **lists})
