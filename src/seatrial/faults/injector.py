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

from seatrial.errors import FaultNotVerified, SeatrialError, WaitExpired
from seatrial.faults import journal
from seatrial.faults import revert as heal
from seatrial.faults.base import Fault, Plan, Proof, require_consent
from seatrial.faults.journal import JournalEntry
from seatrial.faults.revert import Reverted
from seatrial.faults.settled import available_since
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import FaultRecord
from seatrial.waiting import NotYet, Ready, eventually

log = logging.getLogger("seatrial.faults")

REVERT_SECONDS = 30.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM, treated as Ctrl-C: tools that end cleanly on the one then do so on the other."""


class RevertFailed(SeatrialError):
    """A fault is still in place. Its entry stays in the journal."""


class Injector:
    """A context in which faults may be carried out; on leaving it none is in place.

    Args:
        state_directory: `.seatrial`; the journal is its folder `undo`.
    """

    def __init__(self, state_directory: Path) -> None:
        self.state_directory = state_directory
        self._open: list[tuple[Kube, JournalEntry]] = []
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
            RevertFailed: a fault is still in place; not raised over another exception, then it is logged.
        """
        try:
            with _uninterrupted():
                failures = [str(result) for result in self.revert_all() if not result.done]
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)
        if failures:
            problem = RevertFailed(
                "a fault could not be undone",
                where="; ".join(failures),
                next_step="run `seatrial heal` when the cluster answers again",
            )
            if error is None:
                raise problem
            log.error("%s", problem)

    def inject(self, fault: Fault, recorder: Recorder, *, held: bool = False) -> FaultRecord:
        """Plan, journal, inject, prove, wait until the workload is whole, undo.

        Args:
            fault: what to do.
            recorder: watches the system; gives the proof.
            held: leave the fault in place (`reverted_at` is None then) until `revert_all` or the guard's end.

        Raises:
            FaultRefused: nothing was injected, and why.
            FaultNotVerified: its effect was not seen in time; it was undone.
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
            injected_at = fault.inject(plan, recorder)
            proof = self._prove(fault, plan, recorder, injected_at)
            available_at = self._settle(plan, recorder, proof)
        except BaseException:
            with _uninterrupted():
                result = self._undo(kube, entry)
            if not result.done:
                log.error("%s", result)
            raise
        record = FaultRecord(
            id=fault_id,
            fault=fault.name,
            disruption=fault.disruption,
            target=plan.target,
            workload=plan.workload,
            injected_at=injected_at,
            verified_at=proof.at,
            effect=proof.words,
            available_at=available_at,
            reverted_at=None,
            seed=plan.seed,
            replacement=proof.replacement,
            details={**plan.details, **proof.details},
        )
        return record if held else self._finish(record, kube, entry)

    def revert_all(self) -> list[Reverted]:
        """Undo the faults that are still open, newest first."""
        return [self._undo(kube, entry) for kube, entry in reversed(self._open)]

    def _finish(self, record: FaultRecord, kube: Kube, entry: JournalEntry) -> FaultRecord:
        with _uninterrupted():
            result = self._undo(kube, entry)
        if not result.done:
            raise RevertFailed(
                f"{record.fault} on {record.target} could not be undone",
                where=result.sentence,
                next_step="run `seatrial heal` when the cluster answers again",
            )
        return replace(
            record, reverted_at=time.monotonic(), details={**record.details, "undo": result.sentence}
        )

    def _journal(self, fault_id: str, fault: Fault, plan: Plan, kube: Kube) -> JournalEntry:
        entry = JournalEntry(
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

    def _undo(self, kube: Kube, entry: JournalEntry) -> Reverted:
        last: list[Reverted] = []

        def attempt() -> Ready[Reverted] | NotYet:
            try:
                return Ready(heal.undo(kube, entry))
            except SeatrialError as error:
                last[:] = [Reverted(entry, False, str(error))]
                return NotYet(error.what)

        try:
            result = eventually(
                attempt, within_seconds=REVERT_SECONDS, every_seconds=1.0, what=f"undo of {entry}"
            )
        except WaitExpired:
            return last[0]
        self._open = [(owner, other) for owner, other in self._open if other.id != entry.id]
        return result

    def _prove(self, fault: Fault, plan: Plan, recorder: Recorder, injected_at: float) -> Proof:
        try:
            return eventually(
                lambda: fault.proof(plan, recorder, injected_at),
                within_seconds=plan.verify_seconds,
                every_seconds=0.05,
                what=f"effect of {fault.name} on {plan.target}",
            )
        except WaitExpired as error:
            raise FaultNotVerified(
                f"{fault.name} on {plan.target} was requested, but its effect was not seen",
                where=f"{error.what}; {error.where}",
                next_step="the fault must not be judged; look at the pod's events",
            ) from error

    def _settle(self, plan: Plan, recorder: Recorder, proof: Proof) -> float | None:
        roles = {pod.workload for pod in plan.victims if pod.workload} | {plan.workload}

        def whole() -> Ready[float] | NotYet:
            timeline = recorder.snapshot()
            answers = [available_since(timeline, role, verified_at=proof.at) for role in sorted(roles)]
            lacking = [answer.reason for answer in answers if isinstance(answer, NotYet)]
            if lacking:
                return NotYet("; ".join(lacking))
            return Ready(max(answer.value for answer in answers if isinstance(answer, Ready)))

        try:
            return eventually(
                whole, within_seconds=plan.available_seconds, every_seconds=0.1, what="workload whole"
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
