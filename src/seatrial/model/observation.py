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
        exchanges: from the moment on when the traffic was steady, in the order of their planned times,
            including dropped ones.
        generator: how well the schedule was kept.
        faults: in the order of injection.
        timeline: what the cluster did; None when only traffic was observed.
        warm_up: what was sent before. A system may warm up, so its failures charge no fault and spoil no
            control; they are counted and told, and a write acknowledged then must survive like any other.
    """

    exchanges: tuple[Exchange, ...]
    generator: GeneratorHealth
    faults: tuple[FaultRecord, ...] = ()
    timeline: Timeline | None = None
    warm_up: tuple[Exchange, ...] = ()
