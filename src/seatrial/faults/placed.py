"""A fault that is in place: its effect seen, its workload waited for, and the record of it."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from seatrial.errors import FaultNotVerified, WaitExpired
from seatrial.faults.available import lagging
from seatrial.faults.base import Fault, Impossible, Plan, Verified
from seatrial.faults.journal import JournalEntry
from seatrial.kube.timeline import Recorder
from seatrial.model.fault import FaultRecord
from seatrial.waiting import NotYet, Ready, eventually

log = logging.getLogger("seatrial.faults")

HOLD_MARGIN_SECONDS = 5.0


@dataclass
class Placed:
    """A fault that is in place, as far as is known; `record` comes with the verified effect."""

    fault: Fault
    plan: Plan
    recorder: Recorder
    entry: JournalEntry
    record: FaultRecord | None = None

    @property
    def touches(self) -> set[str]:
        """What its effects change."""
        return touches_of(self.plan)

    def verify(self, injected_at: float, deadline: float) -> Verified:
        """Wait until the effect is seen. Raises FaultNotVerified."""
        fault, plan = self.fault, self.plan
        try:
            return eventually(
                lambda: fault.verify(plan, self.recorder, injected_at),
                within_seconds=min(plan.verify_seconds, max(deadline - time.monotonic(), 0.0)),
                every_seconds=0.05,
                what=f"effect of {fault.name} on {plan.target}",
            )
        except WaitExpired as error:
            raise FaultNotVerified(
                f"{fault.name} on {plan.target} was requested, but its effect was not seen",
                where=f"{error.what}; {error.where}",
                next_step="the fault must not be judged; look at the pod's events",
            ) from error

    def available(self, since: float, deadline: float) -> float | None:
        """When the workloads that were hit were available from `since` on; None when not in time."""
        fault, plan, recorder = self.fault, self.plan, self.recorder

        def probe() -> Ready[float] | NotYet:
            reason = lagging(recorder.kube, recorder.system.workloads[plan.workload]) if plan.effects else ""
            return NotYet(reason) if reason else fault.available(plan, recorder, since)

        try:
            return eventually(
                probe,
                within_seconds=max(deadline - time.monotonic(), 0.0),
                every_seconds=0.1,
                what="workload available",
            )
        except WaitExpired as error:
            log.warning("%s was not available again: %s", plan.workload, error.where)
            return None

    def hold(self) -> None:
        """Wait until it has been in place as long as it has to be."""
        assert self.record is not None
        verified_at = self.record.verified_at
        assert verified_at is not None
        eventually(
            lambda: self.fault.held_enough(self.plan, self.recorder, verified_at),
            within_seconds=self.plan.hold_seconds + HOLD_MARGIN_SECONDS,
            what=f"{self.entry.fault} held",
        )


def touches_of(plan: Plan) -> set[str]:
    """What the effects of a plan change."""
    return {touch for effect in plan.effects for touch in effect.touches}


def impossible_record(fault_id: str, fault: Fault, found: Impossible) -> FaultRecord:
    """The record of a fault that cannot be done here."""
    now = time.monotonic()
    return FaultRecord(
        id=fault_id,
        fault=fault.name,
        disruption=fault.disruption,
        target=found.target,
        workload=found.workload,
        injected_at=now,
        verified_at=None,
        effect="",
        available_at=None,
        reverted_at=now,
        seed=found.seed,
        impossible=found.reason,
        details=found.details,
    )


def verified_record(
    fault_id: str, fault: Fault, plan: Plan, injected_at: float, verified: Verified, held: bool
) -> FaultRecord:
    """The record of a fault whose effect was seen."""
    return FaultRecord(
        id=fault_id,
        fault=fault.name,
        disruption=fault.disruption,
        target=plan.target,
        workload=plan.workload,
        injected_at=injected_at,
        verified_at=verified.at,
        effect=verified.words,
        available_at=None,
        reverted_at=None,
        seed=plan.seed,
        replacement=verified.replacement,
        details={**plan.details, **verified.details},
        held=held,
    )
