"""A constant load for long: what was planned, and what was seen of latency and containers meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from seatrial.errors import BadInput


@dataclass(frozen=True)
class SoakPlan:
    """How a soak is looked at.

    Attributes:
        window_seconds: latency is told for each part of the run of this length.
        look_seconds: between two looks at the containers.
        horizon_hours: memory that will be used up within this time, at the slope that was seen, is a leak.

    Raises:
        BadInput: a value with which nothing could be found.
    """

    window_seconds: float = 10.0
    look_seconds: float = 15.0
    horizon_hours: float = 24.0

    def __post_init__(self) -> None:
        fine = {
            "window_seconds": 0.1 <= self.window_seconds <= 3_600,
            "look_seconds": 0.1 <= self.look_seconds <= 3_600,
            "horizon_hours": 0.1 <= self.horizon_hours <= 10_000,
        }
        for name, is_fine in fine.items():
            if not is_fine:
                raise BadInput(
                    f"a soak finds nothing with {name} = {getattr(self, name):g}",
                    next_step="see the help of the load test.",
                )


@dataclass(frozen=True)
class LatencyWindow:
    """Requests of one part of the run that were answered as expected.

    Attributes:
        at: seconds from the first arrival to the beginning of the window.
        requests: how many; latencies count from their planned times.
    """

    at: float
    requests: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class ContainerLook:
    """One container at one moment.

    Attributes:
        at: monotonic seconds.
        memory_bytes: that it holds; None where that could not be read.
        limit_bytes: of its spec; None where there is none.
        restarts: since its pod began.
        last_end: reason of its last end, e.g. OOMKilled; empty when it never ended.
        killed: processes in it that the kernel killed for its limit; None where that could not be read.
    """

    at: float
    role: str
    pod: str
    container: str
    memory_bytes: float | None = None
    limit_bytes: float | None = None
    restarts: int = 0
    last_end: str = ""
    killed: int | None = None


@dataclass(frozen=True)
class SoakRun:
    """A whole soak.

    Attributes:
        began_at, ended_at: of the load, monotonic seconds.
        windows: of all workers, by their time.
        looks: in their order.
        unseen: what could not be looked at, in words; empty when all was.
        autoscaled: roles whose pods come and go.
        machine: how busy this machine was up to a moment (monotonic seconds, fraction), where the system runs
            on it; empty elsewhere.
    """

    plan: SoakPlan
    began_at: float
    ended_at: float
    windows: tuple[LatencyWindow, ...] = ()
    looks: tuple[ContainerLook, ...] = ()
    unseen: str = ""
    autoscaled: tuple[str, ...] = ()
    machine: tuple[tuple[float, float], ...] = ()

    @property
    def seconds(self) -> float:
        return self.ended_at - self.began_at

    def to_data(self) -> dict[str, Any]:
        """For the run directory."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> SoakRun:
        """The inverse of `to_data`."""
        return cls(
            **{
                **data,
                "plan": SoakPlan(**data["plan"]),
                "windows": tuple(LatencyWindow(**each) for each in data["windows"]),
                "looks": tuple(ContainerLook(**each) for each in data["looks"]),
                "autoscaled": tuple(data["autoscaled"]),
                "machine": tuple((float(at), float(busy)) for at, busy in data["machine"]),
            }
        )
