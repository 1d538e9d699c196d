"""What the system file says of a workload that takes messages from a broker or a queue."""

from __future__ import annotations

from pydantic import Field

from seatrial.model.part import Name, Part


class Consumes(Part):
    """What a workload consumes, and how it is seen that each message had its effect once."""

    journey: str = Field(description="The journey whose requests lead to messages for it.")
    redelivered: str = Field(
        pattern=r"^[a-zA-Z_:{][^\[\]]*$",
        description="PromQL selector of the counter of messages that were delivered to it once more.",
    )
    invariants: tuple[Name, ...] = Field(
        (), description="Invariants that hold when each message had its effect once (default: all)."
    )
