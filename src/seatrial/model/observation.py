"""Everything a judge may look at."""

from __future__ import annotations

from dataclasses import dataclass

from seatrial.model.exchange import Exchange, GeneratorHealth
from seatrial.model.fault import FaultRecord
from seatrial.model.timeline import Timeline


@dataclass(frozen=True)
class Observation:
    """Exchanges, timeline and faults of one check, frozen.

    Attributes:
        exchanges: in the order of their planned times, including dropped ones.
        generator: how well the schedule was kept.
        faults: in the order of injection.
        timeline: what the cluster did; None when only traffic was observed.
    """

    exchanges: tuple[Exchange, ...]
    generator: GeneratorHealth
    faults: tuple[FaultRecord, ...] = ()
    timeline: Timeline | None = None
