"""A certificate that was looked at, as a measurement keeps it; of a Secret nothing else is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from seatrial.model.measurement import Measurement, MeasurementOutcome

CERTIFICATE = "certificate"
"""Kind of the measurement."""


@dataclass(frozen=True)
class CertificateSeen:
    """Times are epoch seconds.

    Attributes:
        where: the address that shows it, or the Secret that holds it.
        used_by: objects that name the Secret, e.g. Ingress/shop; empty where none does.
        at: when it was looked at, by this machine's clock.
    """

    where: str
    not_before: float
    not_after: float
    at: float
    used_by: tuple[str, ...] = ()

    def measurement(self, began_at: float, ended_at: float) -> Measurement:
        """It as a measurement, for the record."""
        value = asdict(self)
        where = str(value.pop("where"))
        return Measurement(CERTIFICATE, where, began_at, ended_at, MeasurementOutcome.ANSWERED, value)

    @classmethod
    def of(cls, measurement: Measurement) -> CertificateSeen:
        """What an answered measurement of this kind recorded."""
        value: dict[str, Any] = {**measurement.value}
        return cls(measurement.name, **{**value, "used_by": tuple(value["used_by"])})
