"""The Lease of a system: one run at a time injects, and what is open can be reverted from another machine.

A `coordination.k8s.io/v1` Lease in the system's namespace. It is written with conditions only: a fault is put
into it before it is injected, which fails when somebody else has taken the Lease meanwhile.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

from seatrial.errors import ClusterUnreachable, FaultRefused, SeatrialError
from seatrial.faults import journal, lease_record
from seatrial.faults import revert as reverting
from seatrial.faults.holder import Holder, this_process
from seatrial.faults.journal import JournalEntry
from seatrial.faults.lease_record import CLAIM, EFFECTS, NAME, RENEW_SECONDS, LeaseRecord, Renewals, State
from seatrial.faults.revert import Reverted
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import ApiRefused, Conflict, NotFound
from seatrial.kube.rights import require_rights
from seatrial.model.right import Right, uses
from seatrial.waiting import NotYet, Ready, eventually

log = logging.getLogger("seatrial.faults")

RIGHTS = (Right(("create",), "Lease"), Right(("get", "patch", "delete"), "Lease", name=NAME))
LOOK_SECONDS = 3 * lease_record.STALE_SECONDS
_NOTES = "/metadata/annotations/"


class LeaseHeld(FaultRefused):
    """Somebody else may inject just now."""


class Lease:
    """Holding the Lease from `hold` to `release`.

    Args:
        kube: the namespace of the system.
        shared: the holder's word, for a tool that a holder has started; empty to hold it oneself.
    """

    def __init__(self, kube: Kube, *, shared: str = "") -> None:
        self.kube = kube
        self.token = shared or uuid.uuid4().hex
        self._shared = bool(shared)
        self._me = this_process()
        self._claimed = False
        self._held = False
        self._open: dict[str, Mapping[str, Any]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def held(self) -> bool:
        """Whether it was taken and not yet released; somebody may have taken it away meanwhile."""
        return self._held

    def hold(self, *, inject: bool = True) -> list[Reverted]:
        """Take the Lease, and revert first what a holder that is gone has left open. May be repeated.

        Args:
            inject: whether this process itself will inject, or only tools that it starts.

        Returns:
            What was reverted.

        Raises:
            LeaseHeld: somebody else holds it, with who, where and since when.
            NotAllowed: a right lacks; nothing was touched.
            SeatrialError: what was left open cannot be reverted.
        """
        if self._held:
            return []
        require_rights(self.kube, uses(RIGHTS, "the Lease"))  # half of them would leave a Lease behind
        left = self._join() if self._shared else self._take(inject)
        self._held, self._claimed = True, inject
        if not self._shared:
            self._stop = threading.Event()
            self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
            self._thread.start()
        try:
            return self._revert(left)
        except BaseException:
            self.release()
            raise

    def clear(self) -> list[Reverted]:
        """Revert what a holder that is gone has left open, and take its Lease away, if there is one.

        Raises:
            LeaseHeld: its holder is there, and will revert it.
            SeatrialError: it cannot be reverted, and stays in the Lease.
        """
        if self.kube.find("Lease", NAME) is None:
            return []
        reverted = self.hold(inject=False)
        self.release()
        return reverted

    def require_free(self) -> None:
        """Refuse when somebody else holds the Lease; takes nothing.

        Raises:
            LeaseHeld: with who, where and since when.
        """
        renewals = Renewals()
        eventually(
            lambda: self._look(renewals), within_seconds=LOOK_SECONDS, what="the Lease", every_seconds=1
        )

    def release(self) -> None:
        """Give the Lease back; it stays, held by nobody, only where faults are still open. Never raises."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(self.kube.timeout_seconds)
        if not self._held:
            return
        self._held = False
        try:
            self._give_back()
        except SeatrialError as error:
            log.warning("the Lease of namespace %s was not given back: %s", self.kube.namespace, error)

    def put(self, entry: JournalEntry) -> None:
        """Write a fault into the Lease, before it is injected.

        Raises:
            FaultRefused: this process may not inject, or not any more; nothing may be injected.
            SeatrialError: the cluster did not take it.
        """
        if not self._held or not self._claimed:
            raise FaultRefused(
                "no Lease is held by this process, so nothing may be injected",
                where=f"namespace {self.kube.namespace}",
            )
        opened = {**self._open, entry.id: journal.for_others(entry)} if entry.effects else self._open
        try:
            self._write(_note(EFFECTS, lease_record.written(list(opened.values()))))
        except (NotFound, ApiRefused) as error:
            raise self._lost(error) from error
        self._open = opened

    def drop(self, entry: JournalEntry) -> None:
        """Take a fault that was reverted out of the Lease. Never raises: a second revert does no harm."""
        if self._open.pop(entry.id, None) is None or not self._held:
            return
        try:
            self._write(_note(EFFECTS, lease_record.written(list(self._open.values()))))
        except SeatrialError as error:
            log.warning("%s is reverted, but stays in the Lease: %s", entry, error)

    # Taking

    def _take(self, inject: bool) -> LeaseRecord | None:
        renewals = Renewals()

        def attempt() -> Ready[LeaseRecord | None] | NotYet:
            looked = self._look(renewals)
            if isinstance(looked, NotYet):
                return looked
            found = looked.value
            try:
                self._write_whole(found, inject)
            except Conflict:
                return NotYet("somebody else was quicker")  # and is looked at next
            return Ready(found)

        return eventually(attempt, within_seconds=LOOK_SECONDS, what="the Lease is ours", every_seconds=1.0)

    def _look(self, renewals: Renewals) -> Ready[LeaseRecord | None] | NotYet:
        """The Lease as it may be taken; None where there is none yet."""
        obj = self.kube.find("Lease", NAME)
        if obj is None:
            return Ready(None)
        record = lease_record.read(obj)
        state = record.state()
        if state is State.UNKNOWN:
            state = renewals.state(record, time.monotonic())
        if state is State.HELD:
            raise self._refusal(record)
        if state is State.UNKNOWN:
            return NotYet(f"whether it is renewed by {record.who}")
        return Ready(record)

    def _write_whole(self, found: LeaseRecord | None, inject: bool) -> None:
        effects = lease_record.written(list(found.effects) if found else [])
        body = lease_record.taken(self.token, self._me, claim=inject, effects=effects)
        if found is None:
            self.kube.create(body)
            return
        body["metadata"]["resourceVersion"] = found.version  # exactly what was looked at
        self.kube.patch("Lease", NAME, body)

    def _join(self) -> LeaseRecord:
        """Claim the right to inject from the run that started this process."""
        return eventually(self._claim, within_seconds=LOOK_SECONDS, what="the claim of the Lease")

    def _claim(self) -> Ready[LeaseRecord] | NotYet:
        obj = self.kube.find("Lease", NAME)
        record = None if obj is None else lease_record.read(obj)
        if record is None or record.token != self.token:
            raise FaultRefused(
                "the run that started this tool does not hold the Lease any more, so nothing may be injected",
                where=f"namespace {self.kube.namespace}" + (f", held by {record.who}" if record else ""),
                next_step="start the run again",
            )
        if record.claim is not None and (record.claim.runs or not record.claim.near):
            raise self._refusal(record, record.claim)
        body = {
            "metadata": {
                "resourceVersion": record.version,
                "annotations": {CLAIM: lease_record.written(self._me.plain())},
            }
        }
        try:
            self.kube.patch("Lease", NAME, body)
        except Conflict:
            return NotYet("it was renewed meanwhile")
        return Ready(record)

    def _refusal(self, record: LeaseRecord, who: Holder | None = None) -> LeaseHeld:
        return LeaseHeld(
            f"another run may disturb this system just now: {who or record.who}",
            where=f"Lease {NAME} in namespace {self.kube.namespace} (context {self.kube.context})",
            next_step="wait until it has ended; one that was killed is noticed "
            f"{lease_record.STALE_SECONDS:g} s later, and what it left is reverted first",
        )

    def _revert(self, left: LeaseRecord | None) -> list[Reverted]:
        """Revert what the Lease says is open, newest first.

        Raises:
            SeatrialError: that is not possible; it stays in the Lease.
        """
        reverted = []
        entries = [self._entry(content) for content in (left.effects if left else ())]
        self._open = {entry.id: journal.for_others(entry) for entry in entries}
        for entry in reversed(entries):
            reverted.append(reverting.revert(self.kube, entry))
            self.drop(entry)
        return reverted

    def _entry(self, content: Mapping[str, Any]) -> JournalEntry:
        return journal.from_others(content, kubeconfig=self.kube.kubeconfig, context=self.kube.context)

    # Writing

    def _write(self, *operations: Mapping[str, Any]) -> Object:
        """Change the Lease if it is still ours; ApiRefused or NotFound when it is not."""
        test = {"op": "test", "path": "/spec/holderIdentity", "value": self.token}
        return self.kube.patch("Lease", NAME, [test, *operations], how="json")

    def _give_back(self) -> None:
        record = lease_record.read(self.kube.get("Lease", NAME))
        if record.token != self.token:
            return
        if self._shared:
            self._write(_note(CLAIM, ""))
        elif record.effects:
            self._write({"op": "add", "path": "/spec/holderIdentity", "value": ""}, _note(CLAIM, ""))
        else:
            self.kube.delete("Lease", NAME, uid=record.uid, version=record.version)

    def _lost(self, error: SeatrialError) -> FaultRefused:
        obj = self.kube.find("Lease", NAME)
        record = lease_record.read(obj) if obj else None
        if record is not None and record.token == self.token:
            return FaultRefused(f"the Lease does not take the fault: {error.what}", where=error.where)
        now = f"held by {record.who}" if record else "gone"
        return FaultRefused(
            f"the Lease was taken away from this run, so nothing may be injected: it is {now}",
            where=error.what,
            next_step="this process stood still for too long, or somebody deleted the Lease; start it again",
        )

    def _renew(self) -> None:
        while not self._stop.wait(RENEW_SECONDS):
            try:
                self._write({"op": "add", "path": "/spec/renewTime", "value": lease_record.micro_time()})
            except ClusterUnreachable as error:
                log.warning("the Lease was not renewed: %s", error.what)
            except SeatrialError as error:
                log.error("the Lease is not ours any more: %s", error.what)
                return


def _note(name: str, value: str) -> Mapping[str, Any]:
    return {"op": "add", "path": f"{_NOTES}{name.replace('/', '~1')}", "value": value}
