"""A request that the gateway treats in its own way, in the system file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from seatrial.model.part import Name
from seatrial.model.part import Part as _Part
from seatrial.model.request import Expect, Request


class Route(_Part):
    """A request of its own, or a journey's; the right token is added where one is known."""

    journey: str | None = Field(None, description="Name of a journey.")
    request: Request | None = Field(None, description="Or a request; the right token is added.")
    expect: Expect = Field(Expect(), description="How it is answered (not for a journey).")

    @model_validator(mode="after")
    def _one_of(self) -> Route:
        if (self.journey is None) == (self.request is None):
            raise ValueError("exactly one of `journey` and `request` is needed")
        return self


class RateLimit(Route):
    """How many requests of a kind are answered in a time; those above are refused."""

    requests: int = Field(ge=2, le=10000, description="Requests that are answered.")
    per_seconds: float = Field(gt=0, le=60, description="In this time, seconds.")
    scope: Literal["global", "replica"] = Field(
        "global", description="Whether all replicas of `by` count together, or each for itself."
    )
    by: Name | None = Field(None, description="Role of the workload that counts.")
    status: int = Field(429, ge=400, le=599, description="Status code of a refusal.")

    @model_validator(mode="after")
    def _whose_replicas(self) -> RateLimit:
        if self.scope == "replica" and self.by is None:
            raise ValueError("`scope: replica` needs `by`, the role of the workload that counts")
        return self
