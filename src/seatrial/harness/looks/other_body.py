"""Keys that were used, sent with another body: a system must refuse that, not guess which one was meant."""

from __future__ import annotations

import time
from collections.abc import Iterator

from seatrial.errors import BadInput
from seatrial.harness.context import Context
from seatrial.harness.measuring import measurement
from seatrial.model.measurement import OTHER_BODY, Measurement, MeasurementOutcome, again_measurement
from seatrial.traffic.again import send_other_body, writes_to_contradict


@measurement(OTHER_BODY, sends_load=True)
def other_body(
    context: Context, within_seconds: float, *, journey: str, at_most: int = 12
) -> Iterator[Measurement]:
    """Sends another body with keys that were used, each after the same body with a key of its own."""
    began_at = time.monotonic()
    writes = writes_to_contradict(context.exchanges, journey, at_most)
    try:
        with context.session.http() as http:
            for own, other in send_other_body(http, writes, journey, context.session.journey(journey)):
                context.exchanges += [own, other]
                yield again_measurement(other, OTHER_BODY, fair=own.ok)
                if time.monotonic() > began_at + within_seconds:
                    return
    except BadInput as error:
        outcome = MeasurementOutcome.COULD_NOT_TRY
        yield Measurement(OTHER_BODY, "", began_at, time.monotonic(), outcome, reason=error.what)
