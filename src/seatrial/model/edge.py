"""Load at the edge of a system's capacity: the same steps, with the journeys of its load at 90 % of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seatrial.model.step import Inject, Step, Traffic, unrolled

FRACTION = 0.9
SUBJECT = "subject"
"""Name of the traffic whose rate is the scenario's own choice, and not what it is about."""


@dataclass(frozen=True)
class Edge:
    """What a system was measured to serve, and what is sent of it.

    Attributes:
        capacity_per_second: the lower end of the measured interval, requests per second of all journeys.
        shares: of the journeys of the load; positive.
        run: where it was measured.
    """

    capacity_per_second: float
    shares: Mapping[str, float]
    run: str

    @property
    def per_second(self) -> dict[str, float]:
        """Arrivals per second of each journey of the load."""
        whole = sum(self.shares.values())
        return {
            name: FRACTION * self.capacity_per_second * part / whole for name, part in self.shares.items()
        }

    def __str__(self) -> str:
        return f"{FRACTION:.0%} of {self.capacity_per_second:.3g} requests/s"


def takes_edge(plan: Sequence[Step]) -> bool:
    """Whether a plan can be carried out at the edge: it injects, and sends all at one constant rate."""
    steps = [step for _, step in unrolled(plan)]
    sent = [step for step in steps if isinstance(step, Traffic)]
    plain = all(
        step.name == SUBJECT and not (step.schedule or step.behaviour or step.lasting or step.only_reading)
        for step in sent
    )
    return len(sent) == 1 and plain and any(isinstance(step, Inject) for step in steps)


def at_edge(plan: Sequence[Step], edge: Edge) -> tuple[Step, ...]:
    """The same steps with the rates of the edge; a subject's journey that is no load keeps its own."""
    return tuple(_at_edge(step, edge.per_second) for step in plan)


def _at_edge(step: Step, per_second: Mapping[str, float]) -> Step:
    if not isinstance(step, Traffic):
        return step
    others = {name: rate for name, rate in per_second.items() if name != step.journey}
    return replace(step, per_second=per_second.get(step.journey, step.per_second), beside=others)
