"""What a scenario left behind: the objects and the controllers' pods after it, compared with before it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.harness.session import Session
from seatrial.kube.snapshot import Snapshot
from seatrial.model.fault import FaultRecord
from seatrial.model.measurement import AS_BEFORE, Measurement, MeasurementOutcome
from seatrial.model.observation import AFTER


def compared(session: Session, before: Snapshot, faults: Iterable[FaultRecord]) -> Measurement:
    """The comparison as a measurement; what the faults leave behind on purpose is no difference."""
    began_at = time.monotonic()
    outcome, reason, value = MeasurementOutcome.ANSWERED, "", dict[str, Any]()
    try:
        value = _value(before, session.differences(before, faults))
    except SeatrialError as error:
        outcome, reason = MeasurementOutcome.COULD_NOT_TRY, error.what
    return Measurement(
        AS_BEFORE, session.namespace, began_at, time.monotonic(), outcome, value, reason, step=AFTER
    )


def _value(before: Snapshot, changed: list[str]) -> dict[str, Any]:
    return {
        "changed": changed,
        "objects": len(before.objects),
        "controllers": len(before.pods),
        "unseen": list(before.unseen),
    }
