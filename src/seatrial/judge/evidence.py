"""What makes evidence unusable, in words: shared by the availability judges."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.judge.wording import percent, plural
from seatrial.model.exchange import GeneratorHealth
from seatrial.model.fault import FaultRecord

LATE_FRACTION_ALLOWED = 0.01
"""A generator with this fraction of late arrivals, or more, did not keep its rate (DESIGN section 8)."""


def generator_weakness(generator: GeneratorHealth) -> str:
    """Why the generator cannot be trusted, or empty when it kept its rate."""
    if generator.dropped > 0:
        return f"the generator dropped {generator.dropped} of {plural(generator.planned, 'arrival')}"
    if generator.late_fraction >= LATE_FRACTION_ALLOWED:
        limit_ms = generator.late_after_seconds * 1000
        return (
            f"the generator sent {percent(generator.late_fraction)} of its arrivals more than "
            f"{limit_ms:g} ms late (99th percentile {generator.lateness_p99_seconds * 1000:.0f} ms)"
        )
    return ""


GENERATOR_HELP = "Lower the rate, or give the generator more CPU: it must keep its schedule to be believed."


def fault_weakness(faults: Sequence[FaultRecord]) -> str:
    """Why the faults cannot be judged, or empty when each was proven."""
    if not faults:
        return "no fault was injected"
    unproven = [fault for fault in faults if not fault.verified]
    if unproven:
        names = ", ".join(f"{fault.fault} on {fault.target}" for fault in unproven)
        return f"{len(unproven)} of {plural(len(faults), 'fault')} not proven: {names}"
    return ""


FAULT_HELP = (
    "Without a proven fault nothing was tested. See the fault's record for what was awaited and not seen."
)
