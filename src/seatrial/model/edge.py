"""Load at the edge of a system's capacity: the same steps, with the journeys of its load at 90 % of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seatrial.model.step import Inject, Step, Traffic, unrolled

FRACTION = 0.9
SUBJECT = "subject"
"""Name of the traffic whose rate is the scenario's own choice, and not what it is about."""


@dataclass(frozen=True)
class Measured:
    """A capacity that a run has measured.

    Attributes:
        per_second: the lower end of its interval, requests per second of all journeys.
        run: where it was measured.
        role, replicas: of the workload that was held, and how many it had; None where nobody looked.
    """

    per_second: float
    run: str
    role: str = ""
    replicas: int | None = None


@dataclass(frozen=True)
class Edge:
    """What a system was measured to serve, and what is sent of it.

    Attributes:
        capacity_per_second: the lower end of the measured interval, requests per second of all journeys.
        shares: of the journeys of the load; positive.
        run: where it was measured.
        measured_with: how many replicas it was measured with, and whether it has so many at rest, in words.
    """

    capacity_per_second: float
    shares: Mapping[str, float]
    run: str
    measured_with: str = ""

    @property
    def per_second(self) -> dict[str, float]:
        """Arrivals per second of each journey of the load."""
        whole = sum(self.shares.values())
        return {
            name: FRACTION * self.capacity_per_second * part / whole for name, part in self.shares.items()
        }

    def __str__(self) -> str:
        words = f"{FRACTION:.0%} of {self.capacity_per_second:.3g} requests/s"
        return f"{words}, {self.measured_with}" if self.measured_with else words


def edge_at_rest(measured: Sequence[Measured], shares: Mapping[str, float], rest: Mapping[str, int]) -> Edge:
    """The edge by the newest capacity that was measured with as many replicas as there are at rest.

    Where none was, the newest measurement counts, with the most replicas that are not more than these: a
    smaller load than the edge shows less, a larger one would break what is sound. The edge says so.

    Args:
        measured: at least one, the newest first.
        shares: of the journeys of the load.
        rest: replicas by role; without one of which nobody knows it.
    """
    alike = [each for each in measured if each.replicas is not None and each.replicas == rest.get(each.role)]
    newest = [each for each in measured if each.run == measured[0].run]
    chosen = alike[0] if alike else min(newest, key=lambda each: _strangeness(each, rest.get(each.role)))
    return Edge(chosen.per_second, shares, chosen.run, _measured_with(chosen, rest.get(chosen.role)))


def _strangeness(each: Measured, rest: int | None) -> tuple[bool, int]:
    """More replicas than there are is worse than fewer, and far from these worse than near."""
    replicas = each.replicas or 0
    return (False, replicas) if rest is None else (replicas > rest, abs(replicas - rest))


def _measured_with(each: Measured, rest: int | None) -> str:
    if each.replicas is None:
        return "measured with an unknown number of replicas"
    words = f"measured with {each.replicas} {'replica' if each.replicas == 1 else 'replicas'} of {each.role}"
    if rest is None:
        return f"{words}; how many it has at rest is not known"
    return f"{words}, as it has at rest" if rest == each.replicas else f"{words}, but it has {rest} at rest"


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
