"""Carrying out faults so that their undo happens whatever happens.

Undo on disk, inject, prove, settle, undo: in this order. SIGINT and SIGTERM inside a guard become exceptions,
so that the undo runs on the way out; after SIGKILL the journal is left for `seatrial heal`.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self

from seatrial.errors import FaultNotProven, SeatrialError, WaitExpired
from seatrial.faults import heal, journal
from seatrial.faults.base import Fault, Plan, Proof, require_consent
from seatrial.faults.heal import Healed
from seatrial.faults.journal import UndoEntry
from seatrial.faults.settled import whole_since
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import FaultRecord
from seatrial.waiting import NotYet, Ready, eventually

log = logging.getLogger("seatrial.faults")

UNDO_SECONDS = 30.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM, treated as Ctrl-C: tools that end cleanly on the one then do so on the other."""


class UndoFailed(SeatrialError):
    """A fault is still in place. Its entry stays in the journal."""


class Guard:
    """A context in which faults may be carried out; on leaving it none is in place.

    Args:
        state_directory: `.seatrial`; the journal is its folder `undo`.
    """

    def __init__(self, state_directory: Path) -> None:
        self.state_directory = state_directory
        self._open: list[tuple[Kube, UndoEntry]] = []
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, _interrupt) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Undo what is open, then put the signal handlers back.

        Raises:
            UndoFailed: a fault is still in place; not raised over another exception, then it is logged.
        """
        try:
            with _uninterrupted():
                failures = [str(result) for result in self.undo_all() if not result.done]
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)
        if failures:
            problem = UndoFailed(
                "a fault could not be undone",
                where="; ".join(failures),
                next_step="run `seatrial heal` when the cluster answers again",
            )
            if error is None:
                raise problem
            log.error("%s", problem)

    def carry_out(self, fault: Fault, recorder: Recorder, *, keep: bool = False) -> FaultRecord:
        """Plan, journal, inject, prove, wait until the workload is whole, undo.

        Args:
            fault: what to do.
            recorder: watches the system; gives the proof.
            keep: leave the fault in place (`undone_at` is None then) until `undo_all` or the guard's end.

        Raises:
            FaultRefused: nothing was injected, and why.
            FaultNotProven: its effect was not seen in time; it was undone.
            SeatrialError: the cluster refused the request; what had been done was undone.
        """
        kube = recorder.kube
        require_consent(recorder.system, kube)
        fault_id = journal.new_id(fault.name)
        plan = fault.plan(recorder)
        log.info("%s hits %s (role %s, seed %d)", fault.name, plan.target, plan.workload, plan.seed)
        with _uninterrupted():
            entry = self._journal(fault_id, fault, plan, kube)
        try:
            accepted_at = fault.inject(plan, recorder)
            proof = self._prove(fault, plan, recorder, accepted_at)
            settled_at = self._settle(plan, recorder, proof)
        except BaseException:
            with _uninterrupted():
                result = self._undo(kube, entry)
            if not result.done:
                log.error("%s", result)
            raise
        record = FaultRecord(
            id=fault_id,
            fault=fault.name,
            disturbance=fault.disturbance,
            target=plan.target,
            workload=plan.workload,
            accepted_at=accepted_at,
            proven_at=proof.at,
            proof=proof.words,
            settled_at=settled_at,
            undone_at=None,
            seed=plan.seed,
            replacement=proof.replacement,
            details={**plan.details, **proof.details},
        )
        return record if keep else self._finish(record, kube, entry)

    def undo_all(self) -> list[Healed]:
        """Undo the faults that are still open, newest first."""
        return [self._undo(kube, entry) for kube, entry in reversed(self._open)]

    def _finish(self, record: FaultRecord, kube: Kube, entry: UndoEntry) -> FaultRecord:
        with _uninterrupted():
            result = self._undo(kube, entry)
        if not result.done:
            raise UndoFailed(
                f"{record.fault} on {record.target} could not be undone",
                where=result.sentence,
                next_step="run `seatrial heal` when the cluster answers again",
            )
        return replace(
            record, undone_at=time.monotonic(), details={**record.details, "undo": result.sentence}
        )

    def _journal(self, fault_id: str, fault: Fault, plan: Plan, kube: Kube) -> UndoEntry:
        entry = UndoEntry(
            id=fault_id,
            fault=fault.name,
            target=str(plan.target),
            workload=plan.workload,
            begun_wall=time.time(),
            kubeconfig=str(kube.kubeconfig.absolute()),
            context=kube.context,
            namespace=kube.namespace,
            changes=plan.changes,
            **journal.own_process(),
        )
        entry = replace(entry, path=journal.write(self.state_directory, entry))
        self._open.append((kube, entry))
        return entry

    def _undo(self, kube: Kube, entry: UndoEntry) -> Healed:
        last: list[Healed] = []

        def attempt() -> Ready[Healed] | NotYet:
            try:
                return Ready(heal.undo(kube, entry))
            except SeatrialError as error:
                last[:] = [Healed(entry, False, str(error))]
                return NotYet(error.what)

        try:
            result = eventually(
                attempt, within_seconds=UNDO_SECONDS, every_seconds=1.0, what=f"undo of {entry}"
            )
        except WaitExpired:
            return last[0]
        self._open = [(owner, other) for owner, other in self._open if other.id != entry.id]
        return result

    def _prove(self, fault: Fault, plan: Plan, recorder: Recorder, accepted_at: float) -> Proof:
        try:
            return eventually(
                lambda: fault.proof(plan, recorder, accepted_at),
                within_seconds=plan.prove_seconds,
                every_seconds=0.05,
                what=f"effect of {fault.name} on {plan.target}",
            )
        except WaitExpired as error:
            raise FaultNotProven(
                f"{fault.name} on {plan.target} was requested, but its effect was not seen",
                where=f"{error.what}; {error.where}",
                next_step="the fault must not be judged; look at the pod's events",
            ) from error

    def _settle(self, plan: Plan, recorder: Recorder, proof: Proof) -> float | None:
        roles = {pod.workload for pod in plan.victims if pod.workload} | {plan.workload}

        def whole() -> Ready[float] | NotYet:
            timeline = recorder.snapshot()
            answers = [whole_since(timeline, role, proven_at=proof.at) for role in sorted(roles)]
            lacking = [answer.reason for answer in answers if isinstance(answer, NotYet)]
            if lacking:
                return NotYet("; ".join(lacking))
            return Ready(max(answer.value for answer in answers if isinstance(answer, Ready)))

        try:
            return eventually(
                whole, within_seconds=plan.settle_seconds, every_seconds=0.1, what="workload whole"
            )
        except WaitExpired as error:
            log.warning("%s was not whole again: %s", plan.workload, error.where)
            return None


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    if number == signal.SIGTERM:
        raise Terminated
    raise KeyboardInterrupt


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back while an undo runs; it is bounded. They are delivered afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
