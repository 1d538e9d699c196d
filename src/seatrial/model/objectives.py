"""Numbers that must hold, of the system and of one journey."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seatrial.model.part import Name, Part


class Objectives(Part):
    """Numbers that must hold."""

    availability: float = Field(0.999, gt=0, lt=1, description="Fraction of time the system answers.")
    budget_window_hours: float = Field(24.0, gt=0, description="Window of the error budget, hours.")
    latency_p99_ms: float = Field(300.0, gt=0, description="99th percentile from planned time, ms.")
    disruption_latency_p99_ms: dict[Name, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="The same in a fault or scenario of that name, ms."
    )
    recovery_seconds: float = Field(30.0, gt=0, description="Longest outage after a crash, seconds.")
    scale_up_seconds: float | None = Field(
        None, gt=0, description="From load step to enough replicas, seconds (default: from the autoscaler)."
    )
    scale_down_seconds: float | None = Field(
        None, gt=0, description="From end of load to minReplicas, seconds (default: from the autoscaler)."
    )
    certificate_days: float | None = Field(
        None, gt=0, description="Least days that certificates are valid (default: 14, or a fifth of theirs)."
    )
    retry_amplification: float = Field(
        4.0, ge=1, description="Most attempts at a dependency in trouble, as a multiple of those without."
    )

    def latency_p99_ms_during(self, *names: str) -> float:
        """The limit of the 99th percentile in these faults and this scenario, ms: the widest named."""
        given = self.disruption_latency_p99_ms
        return max((given[name] for name in names if name in given), default=self.latency_p99_ms)


class JourneyObjectives(Part):
    """Numbers that must hold for one journey instead of the system's."""

    availability: float | None = Field(None, gt=0, lt=1, description="As `objectives.availability`.")
    latency_p99_ms: float | None = Field(None, gt=0, description="As `objectives.latency_p99_ms`, ms.")
    disruption_latency_p99_ms: dict[Name, Annotated[float, Field(gt=0)]] | None = Field(
        None, description="As `objectives.disruption_latency_p99_ms`, ms."
    )
