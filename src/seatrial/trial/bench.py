"""A check's workbench: traffic and watches around proven faults, gathered into one observation.

Suites and drills use the same bench, so that a drill's verdict means what a check's verdict means.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType

from seatrial.faults.base import Fault
from seatrial.faults.injector import Injector
from seatrial.faults.revert import Reverted
from seatrial.kube.evidence import collect_evidence
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.exchange import Exchange, GeneratorHealth, merged_health
from seatrial.model.fault import Disruption, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import PodSeen
from seatrial.traffic.generator import Generator, GeneratorDied
from seatrial.traffic.stream import TrafficStream
from seatrial.trial.session import Session
from seatrial.trial.warmup import health_so_far, steady_since

RESTART_MEMORY_SECONDS = 660.0
"""kubelet forgets a container's restarts after ten minutes without one; a little more for its clock."""
AFTERMATH_SECONDS = 2.0
"""Traffic after the last planned disruption settled: the other half of the control."""
CRASH_AFTERMATH_SECONDS = 15.0
"""The same after a crash: clients reconnect and latency comes back only some time after the pod is whole."""


class Bench:
    """One check on one subject. Use as a context manager; what it started, it stops.

    Attributes:
        session: the system under test.
        faults: what was injected so far, in order.
        recorder: watches the system from entering to leaving.
    """

    def __init__(self, session: Session, check: str, subject: str) -> None:
        self.session = session
        self.check = check
        self.subject = subject
        self.faults: list[FaultRecord] = []
        self.recorder = Recorder(session.kube, session.system)
        self._guard = Injector(session.settings.state_directory)
        self._warm_up: list[Exchange] = []
        self._exchanges: list[Exchange] = []
        self._healths: list[GeneratorHealth] = []
        self._resources = contextlib.ExitStack()

    def __enter__(self) -> Bench:
        self._resources.enter_context(self._guard)
        self._resources.enter_context(self.recorder)
        self._resources.callback(self._store_timeline)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._resources.__exit__(kind, error, trace)

    def _store_timeline(self) -> None:
        if self.session.run is not None:
            self.session.run.timeline(self.check, self.subject, self.recorder.snapshot())

    @property
    def exchanges_directory(self) -> Path:
        """Where the traffic of this run is kept."""
        run = self.session.run
        return (run.directory if run is not None else self.session.settings.state_directory) / "exchanges"

    @contextlib.contextmanager
    def traffic(self, journey: str, *, per_second: float = 100.0) -> Iterator[TrafficStream]:
        """Send `journey` at a constant rate around the block; judge it steady before the block begins.

        Raises:
            CheckError: the traffic was not clean before any fault (then the block is not entered).
            CheckInconclusive: the generator could not keep its schedule before any fault.
        """
        system = self.session.system
        stream = TrafficStream(
            self.session.base_url, journey, system.journeys[journey], per_second=per_second,
            directory=self.exchanges_directory, name=f"{self.check}-{self.subject}-{journey}",
            seed=self.session.settings.seed,
            allow_remote=True,  # the owner of the system file named the address and consented
        )  # fmt: skip
        steady_from = math.inf
        try:
            with stream:
                steady_from = steady_since(stream, per_second, system.objectives)
                yield stream
                crashed = any(fault.disruption is Disruption.INVOLUNTARY for fault in self.faults)
                seconds = CRASH_AFTERMATH_SECONDS if crashed else AFTERMATH_SECONDS
                aftermath = len(stream.exchanges()) + int(per_second * seconds)
                stream.wait_for_requests(aftermath, within_seconds=seconds * 10)
                stream.stop()
        finally:
            self.keep(journey, stream, steady_from=steady_from)

    def keep(self, journey: str, stream: Generator, *, steady_from: float = -math.inf) -> None:
        """Stop a stream and add what it sent to the observation and to the run.

        Args:
            steady_from: what was planned before is warm-up.
        """
        try:
            exchanges, health = stream.stop()
            self._healths.append(health)
        except GeneratorDied:
            exchanges = stream.exchanges()
            health = health_so_far(exchanges)
        self._warm_up += (e for e in exchanges if e.planned_at < steady_from)
        self._exchanges += (e for e in exchanges if e.planned_at >= steady_from)
        if self.session.run is not None:
            self.session.run.traffic(self.check, self.subject, stream.path, journey, health)

    def inject(self, fault: Fault, *, keep: bool = False) -> FaultRecord:
        """Plan, journal, inject, prove and settle one fault, and keep its record.

        Args:
            keep: leave its undo to `revert_all`.

        Raises:
            FaultRefused: nothing matched, it would be unsafe, or nobody consented.
            FaultNotVerified: its effect was not seen.
        """
        record = self._guard.inject(fault, self.recorder, keep=keep)
        self.faults.append(record)
        if self.session.run is not None:
            self.session.run.fault(self.check, self.subject, record)
        return record

    def prepare(self, fault: Fault) -> None:
        """Carry out a fault that is no part of what is judged, before any traffic."""
        self._guard.inject(fault, self.recorder)

    def pods(self, role: str) -> list[PodSeen]:
        """The pods of a workload as they are now."""
        return pods_now(self.recorder.snapshot(), role)

    def ended_lately(self, pod: str) -> bool:
        """Whether a container of the pod ended within kubelet's memory for its restart delay."""
        status = self.session.kube.get("Pod", pod).get("status") or {}
        ends = [
            (container.get("lastState") or {}).get("terminated", {}).get("finishedAt")
            for container in status.get("containerStatuses") or ()
        ]
        since = time.time() - RESTART_MEMORY_SECONDS
        return any(end is not None and datetime.fromisoformat(end).timestamp() > since for end in ends)

    def revert_all(self) -> list[Reverted]:
        """Undo what was injected with `keep`, and say what became of each."""
        return self._guard.revert_all()

    def collect_evidence(self) -> None:
        """Keep what explains a failure: events, pods, logs, endpoints, autoscalers. Never raises."""
        run = self.session.run
        if run is not None:
            with contextlib.suppress(Exception):
                collect_evidence(self.session.kube, run.evidence_directory(self.check, self.subject))

    def observation(self) -> Observation:
        """All that was seen so far, frozen. Call it after the traffic block has ended."""
        assert self._healths, "no traffic was sent"
        exchanges = tuple(sorted(self._exchanges, key=lambda exchange: exchange.planned_at))
        health = merged_health(self._healths)
        timeline = self.recorder.snapshot()
        return Observation(exchanges, health, tuple(self.faults), timeline, tuple(self._warm_up))
