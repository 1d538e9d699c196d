"""A check's workbench: traffic and watches around proven faults, gathered into one observation.

Suites and drills use the same bench, so that a drill's verdict means what a check's verdict means.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import TracebackType

from seatrial.faults.base import Fault
from seatrial.faults.guard import Guard
from seatrial.faults.heal import Healed
from seatrial.judge.steady import steady
from seatrial.kube.evidence import collect_evidence
from seatrial.kube.timeline import Recorder
from seatrial.model.exchange import Exchange, GeneratorHealth
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.outcomes import require
from seatrial.traffic.stream import Stream
from seatrial.trial.session import Session

STEADY_SECONDS = 3.0
"""Traffic before the first fault: the control. Must be clean, else nothing is injected."""
STEADY_REQUESTS = 100
AFTERMATH_SECONDS = 2.0
"""Traffic after the last fault settled: the other half of the control."""


class Bench:
    """One check on one subject. Use as a context manager; what it started, it stops.

    Attributes:
        session: the system under test.
        faults: what was injected so far, in order.
    """

    def __init__(self, session: Session, check: str, subject: str) -> None:
        self.session = session
        self.check = check
        self.subject = subject
        self.faults: list[FaultRecord] = []
        self.recorder = Recorder(session.kube, session.system)
        self._guard = Guard(session.settings.state_directory)
        self._exchanges: tuple[Exchange, ...] = ()
        self._health: GeneratorHealth | None = None

    def __enter__(self) -> Bench:
        self._guard.__enter__()
        self.recorder.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        run = self.session.run
        try:
            if run is not None:
                run.timeline(self.check, self.subject, self.recorder.snapshot())
        finally:
            self.recorder.__exit__(kind, error, trace)
            self._guard.__exit__(kind, error, trace)

    @contextlib.contextmanager
    def traffic(self, journey: str, *, per_second: float = 100.0) -> Iterator[Stream]:
        """Send `journey` at a constant rate around the block; judge it steady before the block begins.

        Raises:
            CheckError: the traffic was not clean before any fault (then the block is not entered).
            CheckInconclusive: the generator could not keep its schedule before any fault.
        """
        system = self.session.system
        stream = Stream(self.session.base_url, journey, system.journeys[journey], per_second=per_second,
                        path=self._exchanges_path(journey), seed=self.session.settings.seed)  # fmt: skip
        with stream:
            try:
                stream.wait_for_requests(int(per_second * STEADY_SECONDS), within_seconds=STEADY_SECONDS * 4)
                require(steady(stream.exchanges(), stream.health(), system.objectives))
                yield stream
                stream.wait_for_seconds(AFTERMATH_SECONDS)
            finally:
                self._exchanges, self._health = stream.stop()
                self._store(journey, stream)

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
        assert self._health is not None, "no traffic was sent"
        return Observation(self._exchanges, self._health, tuple(self.faults), self.recorder.snapshot())
