"""What the system file says of load: that of a load test, and the step that makes a workload grow."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seatrial.model.part import Part

REST_SECONDS = 180.0
"""How long the workload may take to be at its minimum before the step; more where scale-in takes longer."""
HELD_SECONDS = 8.0
"""How long the load goes on after enough replicas are ready: proxies find them, each takes its share."""
SLACK_SECONDS = 10.0
"""Waited beyond an objective, so that the judge sees that it was missed and not merely that nobody looked."""
OWN_PER_SECOND = 20
"""Of the workload's own journey beside the load, so that scale-in has requests to lose."""
BESIDE_PER_SECOND = 5
"""Of each other journey: whether neighbours suffer."""


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
