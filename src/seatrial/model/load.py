"""What the system file says of load: that of a load test, and the step that makes a workload grow."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seatrial.model.part import Part


class LoadStep(Part):
    """The load that makes an autoscaled workload grow."""

    journey: str = Field(description="The journey that costs CPU, or whatever the autoscaler measures.")
    per_second: float = Field(gt=0, le=2000, description="Arrivals per second of the step.")
    replicas: int = Field(ge=2, description="Replicas that this load needs; ready ones must reach it.")


class Load(Part):
    """What a load test sends (`loadtests/journeys.py`)."""

    arrivals: str = Field("constant:60", description="Schedule: constant:60, ramp:10:200:120, steps:50x30.")
    journeys: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="Journeys by name with their share; all alike when left out."
    )
    capacity_per_second: float | None = Field(
        None, gt=0, description="Requests per second that the system must sustain (loadtests/capacity.py)."
    )
