"""What a container takes of its node, by its own control group, as a measurement keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

RESOURCES = "resources"
"""Kind of the measurement."""


@dataclass(frozen=True)
class Taken:
    """One container over some seconds.

    Attributes:
        seconds: between the two readings.
        cpu_millicores: what it used of CPU between them, on average.
        periods, throttled: how often its CPU was portioned out between them while it wanted some, and in how
            many of these periods it had to wait because its limit was reached; 0 without a limit.
        anonymous_bytes: memory that cannot be dropped, such as its heap; caches of files are left out.
        killed: how many of its processes the kernel has killed for memory since it began.
        cpu_limit_millicores, memory_request_bytes, memory_limit_bytes: as the pod has them; None without.
    """

    seconds: float
    cpu_millicores: float
    periods: int
    throttled: int
    anonymous_bytes: int
    killed: int
    cpu_limit_millicores: int | None = None
    memory_request_bytes: int | None = None
    memory_limit_bytes: int | None = None

    def plain(self) -> dict[str, Any]:
        """It as the value of a measurement."""
        return asdict(self)

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Taken:
        """What the value of an answered measurement says."""
        return cls(**value)
