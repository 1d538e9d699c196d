"""What one load run saw, added up over its workers without loss."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.judge.little import little_breach
from seatrial.load.figures import WorkerFigures
from seatrial.model.exchange import NEVER_CONNECTED, GeneratorHealth, merged_health
from seatrial.traffic.crew import FAILURE
from seatrial.traffic.tally import histogram

PERCENTILES = (50.0, 90.0, 99.0, 99.9, 100.0)


@dataclass(frozen=True)
class WorkerResult:
    """What one process reports when it has ended. Plain data, so that it can be sent to the master.

    Attributes:
        health: how well it kept its share of the schedule.
        outcomes: number of sent requests by outcome.
        histograms: latency in microseconds as encoded HdrHistograms, `from_planned` and `from_sent`.
        exchanges: its file of exchanges, or empty.
        errors: the most frequent errors with their number.
        journeys: for each journey of its share, latency from the planned time of what it sent; encoded, too.
        stopped: why it ended its share early; empty when it did not.
        failures: for each journey of its share, the errors of its requests with their number.
        windows: latency by parts of the run, where it was asked for; see `load.windows`.
        place: which part of the plan was its.
        where: pod and node; empty for a process of this machine.
        ahead_seconds: how far its clock is ahead of the master's; None on the same machine.
        clock_error_seconds: how well that is known.
    """

    health: GeneratorHealth
    outcomes: Mapping[str, int]
    histograms: Mapping[str, str]
    exchanges: str = ""
    errors: Mapping[str, int] = field(default_factory=dict)
    journeys: Mapping[str, str] = field(default_factory=dict)
    stopped: str = ""
    failures: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    windows: Sequence[Any] = ()
    place: int = 0
    where: str = ""
    ahead_seconds: float | None = None
    clock_error_seconds: float | None = None

    def to_data(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> WorkerResult:
        return cls(**{**data, "health": GeneratorHealth(**data["health"])})


def result_message(result: WorkerResult | SeatrialError) -> dict[str, Any]:
    """What a worker tells its master when its share has ended, or why nobody knows what became of it."""
    return {FAILURE: str(result)} if isinstance(result, SeatrialError) else result.to_data()


@dataclass(frozen=True)
class LoadSummary:
    """One load run as a whole.

    Attributes:
        began_at, ended_at: monotonic seconds of this machine.
        missing_workers: workers that were given a share and never reported.
        journeys: latency from the planned time by journey; empty in runs that did not record it.
        failures: errors with their number by journey; empty in runs that did not record them.
        lost: the missing workers that were lost, in words.
        in_cluster: whether the workers ran in the cluster, where a pod may be lost with what it sent.
        workers: each of those that reported; empty for processes of this machine.
        replayed: whether its times came from a trace, so that it cannot last longer than that.
    """

    health: GeneratorHealth
    outcomes: Mapping[str, int]
    errors: Mapping[str, int]
    began_at: float
    ended_at: float
    missing_workers: int
    from_planned: Any
    from_sent: Any
    journeys: Mapping[str, Any] = field(default_factory=dict)
    failures: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    in_cluster: bool = False
    workers: tuple[WorkerFigures, ...] = ()
    replayed: bool = False

    @property
    def sent(self) -> int:
        return self.health.sent

    @property
    def requests(self) -> int:
        """Requests that were sent and reported; some protocols have several for each arrival."""
        return max(self.sent, sum(self.outcomes.values()))

    @property
    def ok(self) -> int:
        return self.outcomes.get("ok", 0)

    @property
    def reached(self) -> bool:
        """Whether anybody there may have seen a request: not where no connection was ever made."""
        unmade = sum(n for error, n in self.errors.items() if error.startswith(NEVER_CONNECTED))
        return self.sent > 0 and unmade < sum(self.outcomes.values())

    @property
    def unlikely(self) -> str:
        """Why the figures cannot all be true, by Little's law; empty when they can be."""
        return little_breach(
            self.health, recorded=self.from_sent.get_total_count(),
            mean_seconds=self.from_sent.get_mean_value() / 1e6, seconds=self.seconds,
        )  # fmt: skip

    @property
    def seconds(self) -> float:
        """How long the run was."""
        return self.ended_at - self.began_at

    @property
    def never_sent(self) -> list[str]:
        """Journeys that were planned and of which no request was sent."""
        return [name for name, latencies in self.journeys.items() if not latencies.get_total_count()]

    def slower_than(self, milliseconds: float) -> int:
        """Requests whose end came later than this after their planned time."""
        return slower_than(self.from_planned, milliseconds)

    def percentile_ms(self, percent: float, *, from_sent: bool = False) -> float:
        histogram = self.from_sent if from_sent else self.from_planned
        return float(histogram.get_value_at_percentile(percent) / 1_000)

    def to_data(self) -> dict[str, Any]:
        """For `load/<scenario>.json`."""
        return {
            "began_at": self.began_at,
            "ended_at": self.ended_at,
            "health": asdict(self.health),
            "outcomes": dict(self.outcomes),
            "errors": dict(self.errors),
            "missing_workers": self.missing_workers,
            "lost_workers": list(self.lost),
            "in_cluster": self.in_cluster,
            "workers": [each.to_data() for each in self.workers],
            "replayed": self.replayed,
            "failures": {name: dict(each) for name, each in self.failures.items()},
            "latency_from_planned_ms": {str(p): self.percentile_ms(p) for p in PERCENTILES},
            "latency_from_sent_ms": {str(p): self.percentile_ms(p, from_sent=True) for p in PERCENTILES},
            "histograms": {
                "from_planned": self.from_planned.encode().decode(),
                "from_sent": self.from_sent.encode().decode(),
                "journeys": {name: each.encode().decode() for name, each in self.journeys.items()},
            },
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> LoadSummary:
        """The inverse of `to_data`."""
        encoded = data["histograms"]
        return cls(
            GeneratorHealth(**data["health"]), data["outcomes"], data["errors"], data["began_at"],
            data["ended_at"], data["missing_workers"], merged([encoded["from_planned"]]),
            merged([encoded["from_sent"]]),
            {name: merged([text]) for name, text in encoded.get("journeys", {}).items()},
            data.get("failures", {}), tuple(data.get("lost_workers", ())), data.get("in_cluster", False),
            tuple(WorkerFigures.from_data(each) for each in data.get("workers", ())),
            data.get("replayed", False),
        )  # fmt: skip


def summarize(
    results: Iterable[WorkerResult],
    *,
    began_at: float,
    ended_at: float,
    workers: int,
    lost: tuple[str, ...] = (),
    in_cluster: bool = False,
    replayed: bool = False,
) -> LoadSummary:
    """Add up what `workers` processes reported, of which some were `lost`."""
    parts = list(results)
    return LoadSummary(
        health=merged_health(part.health for part in parts),
        outcomes=sum((Counter(part.outcomes) for part in parts), Counter[str]()),
        errors=sum((Counter(part.errors) for part in parts), Counter[str]()),
        began_at=began_at,
        ended_at=ended_at,
        missing_workers=workers - len(parts),
        from_planned=merged(part.histograms["from_planned"] for part in parts),
        from_sent=merged(part.histograms["from_sent"] for part in parts),
        journeys={
            name: merged(part.journeys[name] for part in parts if name in part.journeys)
            for name in dict.fromkeys(name for part in parts for name in part.journeys)
        },
        failures={
            name: sum((Counter(part.failures.get(name, {})) for part in parts), Counter[str]())
            for name in dict.fromkeys(name for part in parts for name in part.failures)
        },
        lost=lost,
        in_cluster=in_cluster,
        workers=tuple(
            WorkerFigures(part.place, part.where, part.health, part.ahead_seconds, part.clock_error_seconds)
            for part in sorted(parts, key=lambda part: part.place)
            if part.where
        ),
        replayed=replayed,
    )


def slower_than(recorded: Any, milliseconds: float) -> int:
    """The number of times in a histogram of microseconds that are longer than this."""
    # The value of a bucket is its upper end, 0.1 % above what may have been recorded.
    limit = recorded.get_highest_equivalent_value(int(milliseconds * 1_000))
    if recorded.get_max_value() <= limit:
        return 0
    steps = recorded.get_recorded_iterator()
    return sum(step.count_added_in_this_iter_step for step in steps if step.value_iterated_to > limit)


def added_up(recorded: Iterable[Any]) -> Any:
    """One histogram of several, without loss."""
    total = histogram()
    for each in recorded:
        total.add(each)
    return total


def merged(encoded: Iterable[str]) -> Any:
    """One histogram of several that are encoded, without loss."""
    total = histogram()
    for text in encoded:
        total.decode_and_add(text.encode())
    return total
