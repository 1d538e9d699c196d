"""The Lease of a system as a session has it: its own, or that of the run which started this process."""

from __future__ import annotations

import os
from collections.abc import Sequence

from seatrial.errors import NotAllowed
from seatrial.faults.lease import Lease
from seatrial.faults.revert import Reverted
from seatrial.kube.client import Kube
from seatrial.record.writer import RunWriter

LEASE_VARIABLE = "SEATRIAL_LEASE"
"""Environment variable: the word by which a tool shares the Lease of the run that started it."""


class Holding:
    """Holds the Lease when it is first asked for.

    Args:
        run: where it is noted that an earlier holder was gone, and what was reverted.
    """

    def __init__(self, kube: Kube, run: RunWriter | None) -> None:
        self.lease = Lease(kube, shared=os.environ.get(LEASE_VARIABLE, ""))
        self._run = run

    def hold(self) -> None:
        """Hold it, or claim it from the run that started this process, to inject. May be repeated.

        Raises:
            LeaseHeld: somebody else may disturb the system just now; who, where and since when.
            NotAllowed: a right lacks; nothing was touched.
            SeatrialError: what an earlier holder left open cannot be reverted.
        """
        self._note(self.lease.hold())

    def lend(self) -> dict[str, str]:
        """Hold it for the tools that this process starts; what they need in their environment.

        Nothing where a right lacks: no tool can disturb anything then, and each of its checks says so.

        Raises:
            LeaseHeld, SeatrialError: as `hold`.
        """
        try:
            self._note(self.lease.hold(inject=False))
        except NotAllowed as error:
            if self._run is not None:
                self._run.note(f"the Lease cannot be held, so nothing can be disturbed: {error.what}")
            return {}
        return {LEASE_VARIABLE: self.lease.token}

    def _note(self, reverted: Sequence[Reverted]) -> None:
        if reverted and self._run is not None:
            self._run.note(f"an earlier holder of the Lease was gone; {'; '.join(map(str, reverted))}")
