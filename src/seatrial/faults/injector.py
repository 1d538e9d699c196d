"""Carrying out faults so that they are reverted whatever happens.

In the journal and the Lease, injected, verified, available, reverted: in this order; a held fault is reverted
when it is released, and is available after that. SIGINT and SIGTERM become exceptions inside an injector's
context, so that what is open is reverted on the way out; after SIGKILL both are left for `seatrial revert`.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from seatrial.errors import BadInput, FaultRefused, NotAllowed, SeatrialError, WaitExpired
from seatrial.faults import journal
from seatrial.faults import revert as reverting
from seatrial.faults.base import RELEASED_SECONDS, Fault, FaultBlocked, Impossible, Plan
from seatrial.faults.journal import JournalEntry
from seatrial.faults.lease import Lease
from seatrial.faults.placed import Placed, impossible_record, touches_of, verified_record
from seatrial.faults.registry import uses_of
from seatrial.faults.revert import Reverted
from seatrial.faults.signals import SIGNALS, Interrupts, uninterrupted
from seatrial.faults.victims import require_consent
from seatrial.kube.rights import require_rights
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import FaultRecord
from seatrial.waiting import NotYet, Ready, eventually

log = logging.getLogger("seatrial.faults")

RETRY_SECONDS = 30.0
NEXT_STEP = "run `seatrial revert` when the cluster answers again"


class RevertFailed(SeatrialError):
    """A fault is still in place. Its entry stays in the journal."""


class Injector:
    """A context in which faults may be carried out, also several at once; on leaving it none is in place.

    Args:
        state_directory: `.seatrial`; the journal is its folder `journal`.
        lease: says whether this process may inject, and is told what is open; None to inject all the same.
    """

    def __init__(self, state_directory: Path, lease: Lease | None = None) -> None:
        self.state_directory = state_directory
        self._lease = lease
        self._open: dict[str, Placed] = {}
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            interrupts = Interrupts()
            self._before = {number: signal.signal(number, interrupts) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Revert what is open, then put the signal handlers back.

        Raises:
            RevertFailed: a fault is still in place; not raised over another exception, then it is logged.
        """
        try:
            failures = [str(result) for result in self.revert_all() if not result.done]
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)
        if failures:
            problem = RevertFailed(
                "a fault could not be reverted", where="; ".join(failures), next_step=NEXT_STEP
            )
            if error is None:
                raise problem
            log.error("%s", problem)

    def inject(self, fault: Fault, recorder: Recorder, *, held: bool = False) -> FaultRecord:
        """Plan, journal, inject and verify a fault; then, unless it is held, wait until available and revert.

        Args:
            fault: what to do.
            recorder: watches the system; shows the effect.
            held: return when the effect was verified; it stays in place until it is released, or until the
                context ends.

        Returns:
            What is known of the fault. One that is impossible here has `impossible` set; it touched nothing,
            or, when that showed only in the trying, was reverted.

        Raises:
            FaultRefused: nothing was injected, and why.
            NotAllowed: nor was it here, for a right lacks.
            FaultNotVerified: its effect was not seen in time; it was reverted.
            SeatrialError: the cluster refused the request; what had been done was reverted.
        """
        require_consent(recorder.system, recorder.kube)
        require_rights(recorder.kube, uses_of(type(fault), recorder.system, fault.role))
        fault_id = journal.new_id(fault.name)
        plan = fault.plan(recorder)
        if isinstance(plan, Impossible):
            log.info("%s on %s is impossible: %s", fault.name, plan.target, plan.reason)
            return impossible_record(fault_id, fault, plan)
        self._require_apart(fault, plan)
        log.info("%s hits %s (role %s, seed %d)", fault.name, plan.target, plan.workload, plan.seed)
        deadline = time.monotonic() + fault.at_most_seconds
        with uninterrupted():
            placed = self._journal(fault_id, fault, plan, recorder)
        try:
            injected_at = fault.inject(plan, recorder)
            verified = placed.verify(injected_at, deadline)
            record = verified_record(fault_id, fault, plan, injected_at, verified, held)
            placed.record = record
            if held:
                return record
            if fault.becomes_available:
                available_at = placed.available(verified.at, deadline)
                placed.record = replace(record, available_at=available_at)
            else:
                placed.hold()
        except BaseException as error:
            with uninterrupted():
                result = self._revert(placed)
            if not result.done:
                log.error("%s", result)
            elif isinstance(error, FaultBlocked):
                log.info("%s on %s was reverted: %s", fault.name, plan.target, error.what)
                return impossible_record(fault_id, fault, error.found)
            if isinstance(error, NotAllowed):
                raise _too_late(fault, plan, error) from error
            raise
        return self._finish(placed, wait=not fault.becomes_available)

    def hold(self, record: FaultRecord | str) -> None:
        """Wait until a held fault has been in place as long as it has to be; at once for most faults.

        Raises:
            BadInput: no such fault is open.
        """
        self._placed(record).hold()

    def release(self, record: FaultRecord | str) -> FaultRecord:
        """Revert a held fault and wait until its workload is available again.

        Args:
            record: what `inject` returned, or its id; one that is impossible is given back as it is.

        Returns:
            The final record; `available_at` is None when the workload was not available in time.

        Raises:
            BadInput: no such fault is open.
            RevertFailed: it could not be reverted; its entry stays in the journal.
        """
        if isinstance(record, FaultRecord) and record.impossible:
            return record
        return self._finish(self._placed(record), wait=True)

    def revert_all(self) -> list[Reverted]:
        """Revert the faults that are still open, newest first, without waiting for their workloads."""
        with uninterrupted():
            return [self._revert(placed) for placed in reversed(list(self._open.values()))]

    @property
    def open(self) -> list[str]:
        """Ids of the faults that are in place, oldest first."""
        return list(self._open)

    def _placed(self, record: FaultRecord | str) -> Placed:
        fault_id = record if isinstance(record, str) else record.id
        if fault_id not in self._open:
            there = f"open: {', '.join(self._open)}" if self._open else "no fault is open"
            raise BadInput(f"fault {fault_id} is not open", next_step=there)
        return self._open[fault_id]

    def _require_apart(self, fault: Fault, plan: Plan) -> None:
        """Refuse a fault that writes what an open one has written: neither could be reverted rightly."""
        touched = touches_of(plan)
        for placed in self._open.values():
            both = sorted(touched & placed.touches)
            if both:
                raise FaultRefused(
                    f"{fault.name} would change {both[0]}, which {placed.entry.fault} has changed already",
                    where=str(placed.entry),
                    next_step="release that fault first",
                )

    def _finish(self, placed: Placed, *, wait: bool) -> FaultRecord:
        record = placed.record
        assert record is not None
        with uninterrupted():
            result = self._revert(placed)
        if not result.done:
            raise RevertFailed(
                f"{record.fault} on {record.target} could not be reverted",
                where=result.sentence,
                next_step=NEXT_STEP,
            )
        reverted_at = time.monotonic()
        available_at = record.available_at
        if wait:
            available_at = placed.available(reverted_at, reverted_at + RELEASED_SECONDS)
        details = {**record.details, "revert": result.sentence}
        return replace(record, reverted_at=reverted_at, available_at=available_at, details=details)

    def _journal(self, fault_id: str, fault: Fault, plan: Plan, recorder: Recorder) -> Placed:
        kube = recorder.kube
        entry = JournalEntry(
            id=fault_id,
            fault=fault.name,
            target=str(plan.target),
            workload=plan.workload,
            begun_wall=time.time(),
            kubeconfig=str(kube.kubeconfig.absolute()),
            context=kube.context,
            namespace=kube.namespace,
            effects=plan.effects,
            **journal.own_process(),
        )
        entry = replace(entry, path=journal.write(self.state_directory, entry))
        if self._lease is not None:
            try:
                self._lease.put(entry)
            except BaseException:
                journal.remove(entry.path)
                raise
        self._open[fault_id] = Placed(fault, plan, recorder, entry)
        return self._open[fault_id]

    def _revert(self, placed: Placed) -> Reverted:
        """Revert, tried again for a while; a result that is not done when it cannot be."""
        entry = placed.entry
        last: list[Reverted] = []

        def attempt() -> Ready[Reverted] | NotYet:
            try:
                return Ready(reverting.revert(placed.recorder.kube, entry))
            except SeatrialError as error:
                last[:] = [Reverted(entry, False, str(error))]
                return NotYet(error.what)

        try:
            result = eventually(
                attempt, within_seconds=RETRY_SECONDS, every_seconds=1.0, what=f"revert of {entry}"
            )
        except WaitExpired:
            return last[0]
        self._open.pop(entry.id, None)
        if self._lease is not None:
            self._lease.drop(entry)
        return result


def _too_late(fault: Fault, plan: Plan, error: NotAllowed) -> SeatrialError:
    """That a right lacks when a fault is under way is no refusal: part of it was in place."""
    return SeatrialError(
        f"{fault.name} on {plan.target} could not be carried out: {error.what}",
        where=error.where, next_step=error.next_step,
    )  # fmt: skip
