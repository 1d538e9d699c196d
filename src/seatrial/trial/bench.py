"""A check's workbench: traffic and watches around proven faults, gathered into one observation.

Suites and drills use the same bench, so that a drill's verdict means what a check's verdict means.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType

from seatrial.errors import WaitExpired
from seatrial.faults.base import Fault
from seatrial.faults.guard import Guard
from seatrial.faults.heal import Healed
from seatrial.judge.statistics import percentile
from seatrial.judge.steady import MINIMUM_REQUESTS, steady
from seatrial.kube.evidence import collect_evidence
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.exchange import DROPPED, Exchange, GeneratorHealth
from seatrial.model.fault import Disturbance, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import PodSeen
from seatrial.model.verdict import Verdict
from seatrial.outcomes import require
from seatrial.traffic.generator import Generator, GeneratorDied
from seatrial.traffic.record import merged_health
from seatrial.traffic.stream import TrafficStream
from seatrial.trial.session import Session
from seatrial.waiting import NotYet, Ready, eventually

STEADY_SECONDS = 3.0
"""Traffic before the first fault: the control. It must be clean, else nothing is injected."""
WARM_UP_SECONDS = 45.0
"""How long traffic may take to become steady."""
RESTART_MEMORY_SECONDS = 660.0
"""kubelet forgets a container's restarts after ten minutes without one; a little more for its clock."""
LATE_AFTER_SECONDS = 0.010
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
        self._guard = Guard(session.settings.state_directory)
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
        try:
            with stream:
                self._wait_until_steady(stream, per_second)
                yield stream
                crashed = any(fault.disturbance is Disturbance.CRASH for fault in self.faults)
                seconds = CRASH_AFTERMATH_SECONDS if crashed else AFTERMATH_SECONDS
                aftermath = len(stream.exchanges()) + int(per_second * seconds)
                stream.wait_for_requests(aftermath, within_seconds=seconds * 10)
                stream.stop()
        finally:
            self.keep(journey, stream)

    def _wait_until_steady(self, stream: TrafficStream, per_second: float) -> None:
        """Return when the last `STEADY_SECONDS` of traffic are judged steady.

        A system that was just deployed answers its first requests slowly; that is no reason to give up at
        once, but a fault is only injected into a system that has been steady right before.
        """
        enough = max(int(per_second * STEADY_SECONDS), MINIMUM_REQUESTS)
        objectives = self.session.system.objectives
        verdicts: list[Verdict] = []

        def judged() -> Ready[None] | NotYet:
            window = stream.exchanges()[-enough:]
            if len(window) < enough:
                return NotYet(f"{len(window)} of {enough} requests ended")
            verdicts[:] = [steady(window, _health(window), objectives)]
            return Ready(None) if verdicts[0].passed else NotYet(verdicts[0].seen)

        try:
            eventually(judged, within_seconds=WARM_UP_SECONDS, what="traffic is steady", every_seconds=0.5)
        except WaitExpired:
            if not verdicts:
                raise
            require(verdicts[0])

    def keep(self, journey: str, stream: Generator) -> None:
        """Stop a stream and add what it sent to the observation and to the run."""
        try:
            exchanges, health = stream.stop()
            self._healths.append(health)
        except GeneratorDied:
            exchanges = stream.exchanges()
            health = _health(exchanges)
        self._exchanges += exchanges
        if self.session.run is not None:
            self.session.run.traffic(self.check, self.subject, stream.path, journey, health)

    def inject(self, fault: Fault, *, keep: bool = False) -> FaultRecord:
        """Plan, journal, inject, prove and settle one fault, and keep its record.

        Args:
            keep: leave its undo to `undo_all`.

        Raises:
            FaultRefused: nothing matched, it would be unsafe, or nobody consented.
            FaultNotProven: its effect was not seen.
        """
        record = self._guard.carry_out(fault, self.recorder, keep=keep)
        self.faults.append(record)
        if self.session.run is not None:
            self.session.run.fault(self.check, self.subject, record)
        return record

    def prepare(self, fault: Fault) -> None:
        """Carry out a fault that is no part of what is judged, before any traffic."""
        self._guard.carry_out(fault, self.recorder)

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

    def undo_all(self) -> list[Healed]:
        """Undo what was injected with `keep`, and say what became of each."""
        return self._guard.undo_all()

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
        return Observation(exchanges, health, tuple(self.faults), self.recorder.snapshot())


def _health(exchanges: Sequence[Exchange]) -> GeneratorHealth:
    """How the generator did so far, from what it sent; the process itself reports only at its end."""
    lateness = [e.sent_at - e.planned_at for e in exchanges if e.sent_at is not None]
    dropped = sum(exchange.error == DROPPED for exchange in exchanges)
    return GeneratorHealth(
        planned=len(exchanges),
        sent=len(exchanges) - dropped,
        dropped=dropped,
        late=sum(late > LATE_AFTER_SECONDS for late in lateness),
        late_after_seconds=LATE_AFTER_SECONDS,
        lateness_p99_seconds=percentile(lateness, 99) or 0.0,
        cpu_fraction=math.nan,
    )
