"""Draws what a realistic run consists of: exchanges, pods, watch records; all from one seed."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from seatrial.model.exchange import DROPPED, Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.step import Bound, StepRecord
from seatrial.model.timeline import (
    Change,
    Clock,
    Endpoint,
    EndpointsSeen,
    PodSeen,
    Seen,
    Timeline,
    WorkloadSeen,
)
from seatrial.model.verdict import CheckResult, Verdict
from seatrial.record import codec
from seatrial.record.observations import StreamRecord
from seatrial.record.writer import RunWriter


class Then:
    """Stands for the module `time` while a run of another day is written."""

    def __init__(self, monotonic: float, epoch_offset_seconds: float) -> None:
        self.now, self.offset = monotonic, epoch_offset_seconds

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now + self.offset


class Sample:
    """Draws the parts of a run; `zero` is the monotonic time at which it began."""

    def __init__(self, writer: RunWriter, seed: int = 7, zero: float = 50_000.0) -> None:
        self.writer = writer
        self.random = random.Random(seed)
        self.zero = zero
        self.epoch_offset_seconds = 1_795_500_000.0 - zero
        self.clock = Then(zero, self.epoch_offset_seconds)
        self.names = iter(lambda: "".join(self.random.choices("bcdfghjklmnpqrstvwxz2456789", k=5)), "")

    def exchanges(
        self,
        begin: float,
        rate: Callable[[float], float],
        length: float,
        journey: str,
        slow: Callable[[float], float],
    ) -> list[Exchange]:
        """Poisson arrivals at `rate(offset)`; `slow(at)` is a delay in seconds, infinite for no answer."""
        found: list[Exchange] = []
        at = begin
        while (at := at + self.random.expovariate(rate(at - begin))) < begin + length:
            sent = at + self.random.expovariate(4000)
            latency = self.random.lognormvariate(-5.1, 0.35) + slow(at)
            found.append(
                Exchange(
                    len(found),
                    journey,
                    round(at, 6),
                    round(sent, 6),
                    round(sent + min(latency, 5.0), 6),
                    ExchangeOutcome.OK if latency < 5 else ExchangeOutcome.UNKNOWN,
                    200 if latency < 5 else None,
                    "" if latency < 5 else "timeout 5 s",
                )
            )
        return found

    def health(self, exchanges: list[Exchange]) -> GeneratorHealth:
        dropped = sum(exchange.error == DROPPED for exchange in exchanges)
        return GeneratorHealth(len(exchanges), len(exchanges) - dropped, dropped, 3, 0.01, 0.0014, 0.031)

    def pod(
        self, name: str, workload: str, at: float, change: Change, ready: bool, **more: object
    ) -> PodSeen:
        state = PodSeen(
            at,
            change,
            name,
            f"uid-{name}",
            workload,
            "seatrial-worker",
            "10.244.1.7",
            "Running",
            ready,
            0,
            (f"containerd://{name}",),
            f"ReplicaSet/{workload}",
            at - 3600,
            at - 3600,
            at - 3600,
            at - 3590,
            False,
        )
        return replace(state, **more)  # type: ignore[arg-type]

    def born(self, name: str, workload: str, at: float, ready_after: float) -> Iterator[PodSeen]:
        start = self.pod(name, workload, at, Change.ADDED, False, node="", phase="Pending", created_at=at,
                         scheduled_at=None, started_at=None, ready_at=None)  # fmt: skip
        yield start
        placed = replace(
            start, at=at + 0.06, change=Change.MODIFIED, node="seatrial-worker2", scheduled_at=at
        )
        yield placed
        running = replace(
            placed, at=at + ready_after * 0.55, phase="Running", started_at=at + ready_after * 0.55
        )
        yield running
        yield replace(running, at=at + ready_after, ready=True, ready_at=at + ready_after)

    def ended(self, state: PodSeen, at: float, grace: float) -> Iterator[PodSeen]:
        dying = replace(state, at=at, change=Change.MODIFIED, deleting=True, ready=state.ready)
        yield dying
        yield replace(dying, at=at + grace * 0.8, ready=False)
        yield replace(dying, at=at + grace, change=Change.DELETED, ready=False)

    def endpoints(self, service: str, at: float, *pods: tuple[PodSeen, bool]) -> EndpointsSeen:
        """The slice of a Service; each pod with whether it is terminating."""
        listed = (Endpoint("10.244.1.7", pod.name, not ending, True, ending) for pod, ending in pods)
        return EndpointsSeen(at, Change.MODIFIED, f"{service}-x7k2p", service, tuple(listed))

    def workload(self, role: str, at: float, wanted: int, ready: int) -> WorkloadSeen:
        return WorkloadSeen(at, Change.MODIFIED, "Deployment", role, role, wanted, ready, ready, ready, "4")

    def timeline(self, begin: float, end: float, seen: list[Seen]) -> Timeline:
        clock = Clock(-self.epoch_offset_seconds, 0.021, self.epoch_offset_seconds)
        return Timeline(begin, end, clock, tuple(sorted(seen, key=lambda item: item.at)))

    def observed(
        self, scenario: str, target: str, observation: Observation, *, bound: Bound, steps: list[StepRecord]
    ) -> str:
        """Everything that was seen of one scenario, as the harness keeps it; the observation's id."""
        self.clock.now = min([exchange.planned_at for exchange in observation.exchanges] or [self.zero]) - 3
        head = replace(observation, id=f"{scenario}.{target}", scenario=scenario, target=target)
        kept = self.writer.observation(head, bound=bound)
        for step in steps:
            kept.step(step)
        for fault in observation.faults:
            kept.fault(fault)
        for measurement in observation.trouble.measurements:
            kept.measurement(measurement)
        for name, journey in (("subject", 0), ("bystanders", 1)):
            journeys = list(dict.fromkeys(exchange.journey for exchange in observation.exchanges))
            mine = [e for e in observation.exchanges if e.journey in journeys[journey : journey + 1]]
            if mine:
                file = f"{name}.ndjson.gz"
                with gzip.open(kept.directory / file, "wt", compresslevel=3) as packed:
                    packed.writelines(codec.dumps(exchange) + "\n" for exchange in mine)
                steady = mine[0].planned_at + 2
                kept.stream(StreamRecord(TROUBLE, name, file, (mine[0].journey,), self.health(mine), steady))
        kept.close(observation.timeline, missing={}, failure=None)
        return kept.directory.name

    def judged(
        self,
        check: tuple[str, str],
        subject: str,
        judged: list[str],
        verdict: Verdict,
        tool: str,
        took: float,
    ) -> None:
        """The verdict of one check, `took` seconds after it began."""
        name, requirement = check
        self.writer.check_started(name, subject, requirement)
        begin = self.clock.now
        self.clock.now += took
        self.writer.check_finished(
            CheckResult(
                name, subject, requirement, verdict, tool, begin, self.clock.now, observations=tuple(judged)
            )
        )
