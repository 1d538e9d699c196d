"""What the proxy before a dependency has carried."""

from __future__ import annotations

import time
from collections.abc import Iterator

from seatrial.errors import SeatrialError
from seatrial.faults.proxied import tell
from seatrial.harness.context import Context
from seatrial.harness.measuring import measurement
from seatrial.kube.exec import EXEC
from seatrial.model.dependency import INTERPOSE, PHASES, PROXIED, Carried
from seatrial.model.measurement import Measurement, MeasurementOutcome


@measurement(PROXIED, rights=[EXEC])
def proxied(context: Context, within_seconds: float) -> Iterator[Measurement]:  # noqa: ARG001 - it bounds itself
    """The counts of the proxy that is in place; none where none is."""
    fault = next((each for each in context.faults if each.fault == INTERPOSE and not each.impossible), None)
    if fault is None:
        return
    pod, began_at = str(fault.details["proxy"]), time.monotonic()
    try:
        told = tell(context.session.kube, pod, {})
    except SeatrialError as error:
        outcome = MeasurementOutcome.COULD_NOT_TRY
        yield Measurement(PROXIED, pod, began_at, time.monotonic(), outcome, reason=error.what)
        return
    value = {**Carried.of(told).plain(), PHASES: told.get(PHASES, [])}
    yield Measurement(PROXIED, pod, began_at, time.monotonic(), MeasurementOutcome.ANSWERED, value)
