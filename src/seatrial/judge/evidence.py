"""What makes evidence unusable, in words: shared by the availability judges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from seatrial.judge.windows import Window
from seatrial.judge.wording import percent, plural
from seatrial.model.exchange import GeneratorHealth
from seatrial.model.fault import FaultRecord
from seatrial.model.timeline import Timeline
from seatrial.model.verdict import Outcome, Verdict

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
        return f"{len(unproven)} of {plural(len(faults), 'fault')} not verified: {names}"
    return ""


FAULT_HELP = (
    "Without a verified fault nothing was tested. See the fault's record for what was awaited and not seen."
)


def gaps_in(timeline: Timeline, spans: Sequence[Window]) -> list[tuple[float, float]]:
    """The spans in which a watch was broken, not begun or ended already while one of the windows was open."""
    unwatched_spans = (*timeline.gaps, (-math.inf, timeline.began_at), (timeline.ended_at, math.inf))
    return [
        (max(begin, span.begin), min(end, span.end))
        for begin, end in unwatched_spans
        for span in spans
        if begin < span.end and end > span.begin
    ]


def unwatched(verdict: Verdict, gaps: Sequence[tuple[float, float]]) -> Verdict:
    """`verdict`, or INCONCLUSIVE with the gaps named: what was not watched is no evidence."""
    if not gaps:
        return verdict
    first, last = min(begin for begin, _ in gaps), max(end for _, end in gaps)
    words = (
        f"a watch was broken {plural(len(gaps), 'time')} during it, between {first:.1f} s and {last:.1f} s"
    )
    return replace(
        verdict, outcome=Outcome.INCONCLUSIVE, observed=f"{verdict.observed}; {words}",
        next_step="Run it again; if watches break often, look at the API server's load and its audit log.",
    )  # fmt: skip
