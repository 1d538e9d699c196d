"""Carries out steps: traffic and watches around verified faults, kept on disk as they happen.

Suites and experiments use the same execution, so that an experiment's verdict means what a check's means.
"""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import replace
from functools import singledispatchmethod
from typing import Any

from seatrial.errors import SeatrialError, WaitExpired
from seatrial.faults.registry import make_fault
from seatrial.harness.beside import bystanders_of, wait_for_bystanders
from seatrial.harness.conditions import CONDITIONS
from seatrial.harness.context import Context
from seatrial.harness.measuring import MEASUREMENTS
from seatrial.harness.rest import rest, restore_spread
from seatrial.harness.session import Session
from seatrial.harness.traces import compared
from seatrial.harness.warmup import health_so_far, steady_since
from seatrial.kube.snapshot import Snapshot, take_snapshot
from seatrial.model.fault import ARGUMENTS, Disruption, FaultRecord
from seatrial.model.measurement import ENTRY_SERVICE
from seatrial.model.observation import AFTER, BEFORE, TIMELINE, TROUBLE, Observation, Record
from seatrial.model.step import Hold, Inject, Measure, Release, Step, StepRecord, Stop, Traffic, Wait
from seatrial.model.system import HELPER_IMAGE
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Verdict
from seatrial.record.observations import ObservationWriter, StreamRecord
from seatrial.traffic.generator import Generator, GeneratorDied
from seatrial.waiting import Ready, consistently

AFTERMATH_SECONDS = 2.0
"""Traffic after the last voluntary disruption: the other half of the control."""
REST_SECONDS = 120.0
"""How long the system may take to come to rest; what does not is noted, for traffic must be steady anyway."""
INVOLUNTARY_AFTERMATH_SECONDS = 15.0
"""The same after an involuntary one: clients reconnect, and latency comes back only some time later."""


class Execution:
    """One scenario, or experiment, on one target. Use as a context manager; what it started, it stops.

    Args:
        session: the system under test.
        head: what is observed: its scenario, target, disruption and journey.
        writer: keeps what is seen.
    """

    def __init__(self, session: Session, head: Observation, writer: ObservationWriter) -> None:
        self.session = session
        self.head = head
        self.writer = writer
        self.context = Context(session, head.target, session.recorder(), session.injector())
        self.missing: dict[Record, str] = {}
        self._streams: dict[str, tuple[Traffic, Generator]] = {}
        self._steady_from: dict[str, float] = {}
        self._held: dict[str, FaultRecord] = {}
        self._before: Snapshot | None = None
        self._resources = contextlib.ExitStack()

    def __enter__(self) -> Execution:
        self._resources.enter_context(self.context.injector)
        self._resources.enter_context(self.context.recorder)
        self._resources.callback(self._stop_streams)
        return self

    def __exit__(self, *error: Any) -> None:
        self._resources.__exit__(*error)

    @property
    def faults(self) -> list[FaultRecord]:
        """What was injected so far, in order."""
        return self.context.faults

    def begin(self) -> None:
        """Look where the entry leads, let the system rest, and measure the invariants, all undisturbed."""
        if self.head.disruption is not Disruption.NONE:
            if self.session.system.entry.claims_service:
                self.do(Measure(ENTRY_SERVICE, {"journey": self.head.journey}), BEFORE)
            self.do(Wait("at-rest", REST_SECONDS, required=False), BEFORE)
            self._restore_spread()
        if self.head.disruption is Disruption.INVOLUNTARY:
            rest(self.context)
        if self._has_invariants:
            self.do(Measure("invariants"), BEFORE)
        if self.head.disruption is not Disruption.NONE:
            self._before = take_snapshot(self.session.kube)

    def _restore_spread(self) -> None:
        began_at = time.monotonic()
        if note := restore_spread(self.context):
            self.writer.step(StepRecord(BEFORE, "rest", "spread", began_at, time.monotonic(), note))
            self.do(Wait("at-rest", REST_SECONDS, required=False), BEFORE)

    def do(self, step: Step, path: str = "") -> StepRecord:
        """Carry out one step and keep its record; whatever it raises ends the scenario.

        Raises:
            SeatrialError, NotPassed: it could not be carried out, and why.
        """
        began_at = time.monotonic()
        note, ended_at = "", None
        try:
            note = self._do(step, path)
            ended_at = time.monotonic()
        finally:
            record = StepRecord(path, type(step).__name__.lower(), step.label, began_at, ended_at, note)
            self.writer.step(record)
        return record

    def conclude(self) -> None:
        """Release what is held, let traffic go on for the control afterwards, and measure the invariants."""
        for name in list(self._held):
            self.do(Release(name), AFTER)
        crashed = any(fault.disruption is Disruption.INVOLUNTARY for fault in self.faults)
        seconds = INVOLUNTARY_AFTERMATH_SECONDS if crashed else AFTERMATH_SECONDS
        for name, (step, stream) in list(self._streams.items()):
            if step.steady:
                more = len(stream.exchanges(step.journey)) + int(step.per_second * seconds)
                stream.wait_for_requests(more, within_seconds=seconds * 10, journey=step.journey)
                since = min((fault.injected_at for fault in self.faults), default=-math.inf)
                wait_for_bystanders(self.session.system, step, stream, since)
            self.do(Stop(name), AFTER)
        if self._has_invariants:
            self.do(Measure("invariants"), AFTER)

    def close(self, failure: Verdict | None) -> None:
        """Keep traces, timeline, logs and the closing line. Call it after the context was left."""
        self._keep_reverts()
        if self._before is not None:
            self.writer.measurement(compared(self.session, self._before, self.faults))
        timeline: Timeline | None = None
        try:
            timeline = self.context.recorder.snapshot()
        except SeatrialError as error:
            self.missing[TIMELINE] = error.what
        else:
            if not timeline.seen:
                self.missing[TIMELINE] = "no watch delivered anything"
        self.writer.close(timeline, missing=self.missing, failure=failure, logs=self.context.recorder.logs())

    def holds(self, fault: str) -> bool:
        """Whether a fault of that name is held."""
        return fault in self._held

    @property
    def is_steady(self) -> bool:
        """Whether traffic flows that was judged steady, so that each of its requests counts."""
        return any(
            step.steady and self._steady_from[name] < math.inf
            for name, (step, _) in list(self._streams.items())
        )

    def recent(self, window_seconds: float) -> list[bool]:
        """For each request of the steady traffic that ended in the last seconds: was it answered well?"""
        since = time.monotonic() - window_seconds
        steady = [
            (self._steady_from[name], stream)
            for name, (step, stream) in list(self._streams.items())
            if step.steady and self._steady_from[name] < math.inf
        ]
        ended = [
            each for begin, stream in steady for each in stream.exchanges()
            if (each.completed_at or 0.0) >= since and each.planned_at >= begin
        ]  # fmt: skip
        return [exchange.ok for exchange in ended]

    @property
    def _has_invariants(self) -> bool:
        return bool(self.session.system.invariants) and self.head.disruption is not Disruption.NONE

    @singledispatchmethod
    def _do(self, step: Step, path: str) -> str:
        raise SeatrialError(f"there is no such step: {step!r}", where=f"step {path}")

    @_do.register
    def _(self, step: Traffic, path: str) -> str:
        if step.name in self._streams:
            raise SeatrialError(f"traffic called {step.name!r} flows already", where=f"step {path}")
        stream = self.session.stream(step, self.writer.directory)
        # Until it was judged steady, all of it is warm-up; traffic that need not be steady has none.
        self._streams[step.name] = (step, stream)
        self._steady_from[step.name] = math.inf if step.steady else -math.inf
        stream.start()
        if step.steady:
            objectives = self.session.system.objectives_of(step.journey)
            since = steady_since(stream, step.per_second, objectives, journey=step.journey)
            self._steady_from[step.name] = since
        return ""

    @_do.register
    def _(self, step: Stop, path: str) -> str:
        if step.traffic not in self._streams:
            raise SeatrialError(f"no traffic is called {step.traffic!r}", where=f"step {path}")
        death = self._stop_stream(step.traffic)
        if death is not None:
            raise death
        return ""

    @_do.register
    def _(self, step: Inject, path: str) -> str:
        if step.held and step.label in self._held:
            raise SeatrialError(
                f"a fault called {step.label!r} is held already", where=f"step {path}",
                next_step="Give the second one a name of its own.",
            )  # fmt: skip
        fault = make_fault(step.fault, step.role, step.arguments, seed=self.session.seed_of(path))
        if fault.image == HELPER_IMAGE:
            fault.image = self.session.helper_image()
        made = self.context.injector.inject(fault, self.context.recorder, held=step.held)
        record = replace(made, details={**made.details, ARGUMENTS: dict(step.arguments)})
        self._keep_fault(record)
        if step.held:
            self._held[step.label] = record
        return record.effect or record.impossible

    @_do.register
    def _(self, step: Release, path: str) -> str:
        if step.fault not in self._held:
            raise SeatrialError(f"no fault called {step.fault!r} is held", where=f"step {path}")
        record = self._held.pop(step.fault)
        if not record.impossible:
            self.context.injector.hold(record)
        self._keep_fault(self.context.injector.release(record))
        return ""

    @_do.register
    def _(self, step: Hold, path: str) -> str:  # noqa: ARG002 - every step has its path
        consistently(lambda: Ready(None), for_seconds=step.seconds, what=step.reason)
        return ""

    @_do.register
    def _(self, step: Wait, path: str) -> str:  # noqa: ARG002
        condition = CONDITIONS.get(step.condition)
        try:
            self.context.recorder.wait(
                lambda timeline: condition(self.context, timeline, **step.arguments),
                within_seconds=step.within_seconds, what=f"{step.condition} of {self.context.role}",
            )  # fmt: skip
        except WaitExpired as error:
            if step.required:
                raise
            return f"not within {step.within_seconds:g} s: {error.where}"
        return ""

    @_do.register
    def _(self, step: Measure, path: str) -> str:
        number = 0
        measuring = MEASUREMENTS.get(step.measurement)
        for each in measuring.make(self.context, step.within_seconds, **step.arguments):
            self.writer.measurement(replace(each, step=path))
            number += 1
        return f"{number} measured"

    def _keep_fault(self, record: FaultRecord) -> None:
        """Keep a record on disk at once; the one of a released fault takes the place of its earlier one."""
        known = [fault.id for fault in self.faults]
        if record.id in known:
            self.faults[known.index(record.id)] = record
        else:
            self.faults.append(record)
        self.writer.fault(record)

    def _keep_reverts(self) -> None:
        """Say of faults that were still held when the context was left that they were reverted then."""
        left = set(self.context.injector.open)
        for record in self._held.values():
            if record.reverted_at is None and not record.impossible and record.id not in left:
                self._keep_fault(replace(record, reverted_at=time.monotonic()))

    def _stop_streams(self) -> None:
        for name in list(self._streams):
            self._stop_stream(name)

    def _stop_stream(self, name: str) -> GeneratorDied | None:
        """End a stream and keep its record, whatever state it is in; returns why its record is not whole."""
        step, stream = self._streams.pop(name)
        death: GeneratorDied | None = None
        try:
            exchanges, health = stream.stop()
        except GeneratorDied as error:
            death = error
            exchanges = stream.exchanges()
            health = health_so_far(exchanges)
        self.context.exchanges += exchanges
        sent = (step.journey, *bystanders_of(self.session.system, step))
        self.writer.stream(
            StreamRecord(TROUBLE, name, stream.path.name, sent, health, self._steady_from[name])
        )
        return death
