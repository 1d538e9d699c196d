"""A search for a system's capacity: what it was told, and what each of its trials saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from seatrial.errors import BadInput

MOST_SEARCHED_PER_SECOND = 20_000.0
"""No generator of one process keeps more."""


@dataclass(frozen=True)
class SearchPlan:
    """How a capacity is searched for.

    Attributes:
        first: rate of the first trial, per second.
        highest: no trial has a higher rate.
        factor: between the rates of the ramp.
        seconds: planned length of one trial; the first fifth of it warms up and is not counted.
        width: the search ends when the interval is no wider than this part of its lower end.
        confidence: of the interval.
        fewest, most: trials that must, and may, be made after the ramp.
        errors_bound: a trial in which this fraction of the requests fails ends itself.

    Raises:
        BadInput: a value with which nothing could be found.
    """

    first: float = 10.0
    highest: float = 2_000.0
    factor: float = 1.5
    seconds: float = 15.0
    width: float = 0.12
    confidence: float = 0.95
    fewest: int = 12
    most: int = 40
    errors_bound: float = 0.2

    def __post_init__(self) -> None:
        fine = {
            "first": 0 < self.first <= self.highest,
            "highest": self.highest <= MOST_SEARCHED_PER_SECOND,
            "factor": 1.05 <= self.factor <= 4,
            "seconds": 1 <= self.seconds <= 3_600,
            "width": 0.02 <= self.width <= 1,
            "confidence": 0.5 <= self.confidence < 1,
            "fewest": 1 <= self.fewest <= self.most <= 1_000,
            "errors_bound": 0 < self.errors_bound <= 1,
        }
        for name, is_fine in fine.items():
            if not is_fine:
                raise BadInput(
                    f"no capacity can be searched for with {name} = {getattr(self, name):g}",
                    next_step="rates are above 0 per second and `first` is no higher than `highest` "
                    f"(at most {MOST_SEARCHED_PER_SECOND:g}); see the help of the load test.",
                )


@dataclass(frozen=True)
class ContainerUse:
    """What one container used while a trial ran.

    Attributes:
        cores: mean CPU.
        limit_cores, request_cores: of its spec; None where there is none.
        throttled: fraction of its scheduling periods in which its limit held it back; None without a limit.
        memory_bytes: that it held at the end and the kernel cannot drop; None where it was not looked at.
        memory_request_bytes: of its spec; None where there is none.
    """

    role: str
    pod: str
    container: str
    cores: float
    limit_cores: float | None = None
    request_cores: float | None = None
    throttled: float | None = None
    memory_bytes: float | None = None
    memory_request_bytes: float | None = None


@dataclass(frozen=True)
class Trial:
    """One rate, offered from rest. Requests of the time in which it warmed up are not counted.

    Attributes:
        per_second: planned rate.
        seconds: how long requests were counted.
        requests: that were sent; `failed` of them not answered as expected, `slow` later than the objective.
        p99_ms: from planned times; None without a request.
        void: why it says nothing of the system; empty when it does.
        stopped: why it was ended early; empty when it was not.
        uses: by container, where that could be looked at.
        machine_busy: fraction of this machine's CPU that was busy, where the system runs on it; else None.
        replicas: ready pods by role, where they could be looked at.
        errors: the most frequent errors of those that failed, with their number.
        worst: the journey that is furthest from objectives of its own; empty where none has them.
        worst_badness: its bad requests in multiples of what these allow.
    """

    per_second: float
    seconds: float
    requests: int
    failed: int
    slow: int
    p99_ms: float | None = None
    void: str = ""
    stopped: str = ""
    uses: tuple[ContainerUse, ...] = ()
    machine_busy: float | None = None
    replicas: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    worst: str = ""
    worst_badness: float = 0.0


@dataclass(frozen=True)
class CapacityRun:
    """A whole search.

    Attributes:
        trials: in their order.
        broken: why it ended before its end; empty when it did not.
        held: what kept the number of replicas as it was, in words, one for each autoscaler.
        unseen: what of the cluster could not be looked at, in words; empty when all was.
        role: the workload whose replicas the answer is about; empty where none was looked at.
        never_sent: journeys of which no trial sent a request.
        absent: workers in the cluster that never came, so that nothing was sent, in words.
    """

    plan: SearchPlan
    trials: tuple[Trial, ...]
    broken: str = ""
    held: tuple[str, ...] = ()
    unseen: str = ""
    role: str = ""
    never_sent: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """For the run directory."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> CapacityRun:
        """The inverse of `to_data`."""
        trials = tuple(
            Trial(**{**each, "uses": tuple(ContainerUse(**use) for use in each["uses"])})
            for each in data["trials"]
        )
        lists = {name: tuple(data.get(name, ())) for name in ("held", "never_sent", "absent")}
        return cls(**{**data, **lists, "plan": SearchPlan(**data["plan"]), "trials": trials})
