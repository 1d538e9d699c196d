"""What the system's containers cost, as somebody pays for them."""

from __future__ import annotations

from pydantic import Field, model_validator

from seatrial.model.part import Part


class Prices(Part):
    """Prices of an hour; `loadtests/capacity.py` makes the cost of a million good requests of them."""

    currency: str = Field("USD", min_length=1, description="What the prices are in, e.g. EUR.")
    core_hour: float = Field(0.0, ge=0, description="One CPU core for an hour.")
    gib_hour: float = Field(0.0, ge=0, description="One GiB of memory for an hour.")
    replica_hour: float = Field(0.0, ge=0, description="One pod for an hour, whatever it requests.")

    @model_validator(mode="after")
    def _something_costs(self) -> Prices:
        if not (self.core_hour or self.gib_hour or self.replica_hour):
            raise ValueError("no price is above 0: name `core_hour`, `gib_hour` or `replica_hour`")
        return self
