"""The disruption windows of an observation, and which exchanges lie in them."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation


@dataclass(frozen=True)
class Window:
    """A span of monotonic seconds in which at least one fault was at work.

    Attributes:
        end: infinite when a fault in it never settled.
        faults: those that make the window, by their acceptance.
    """

    begin: float
    end: float
    faults: tuple[FaultRecord, ...]

    def holds(self, moment: float) -> bool:
        return self.begin <= moment <= self.end


def fault_end(fault: FaultRecord) -> float:
    """When `fault` stopped disturbing: settled and its effect seen, whichever is later; infinite if never.

    The replacement is often ready before the old pod has gone. Until the old pod is gone (the proof) its
    connections can still break, so the window stays open.
    """
    if fault.available_at is None:
        return math.inf
    return max(fault.available_at, fault.verified_at or fault.available_at, fault.injected_at)


def windows(source: Observation | Iterable[FaultRecord]) -> tuple[Window, ...]:
    """One window a fault, from `injected_at` to `fault_end`, merged where they touch; in order of time."""
    faults = source.faults if isinstance(source, Observation) else tuple(source)
    merged: list[Window] = []
    for fault in sorted(faults, key=lambda fault: (fault.injected_at, fault.id)):
        if merged and fault.injected_at <= merged[-1].end:
            last = merged[-1]
            merged[-1] = Window(last.begin, max(last.end, fault_end(fault)), (*last.faults, fault))
        else:
            merged.append(Window(fault.injected_at, fault_end(fault), (fault,)))
    return tuple(merged)


@dataclass(frozen=True)
class Split:
    """The exchanges of an observation, sorted by their relation to the windows.

    Attributes:
        begun: planned inside a window; the sample that a verdict rests on.
        in_flight: planned before a window and not answered when it began; its end is the fault's doing too.
        control: all others; must be clean, and never count as evidence.
    """

    begun: tuple[Exchange, ...]
    in_flight: tuple[Exchange, ...]
    control: tuple[Exchange, ...]

    @property
    def disturbed(self) -> tuple[Exchange, ...]:
        return self.begun + self.in_flight


def split(exchanges: Iterable[Exchange], spans: Sequence[Window]) -> Split:
    """Sort exchanges by `spans` (disjoint and in order, as `windows` gives them).

    Dropped arrivals are left out: they never reached the system, and are counted by the generator's health.
    """
    begins = [window.begin for window in spans]
    begun: list[Exchange] = []
    in_flight: list[Exchange] = []
    control: list[Exchange] = []
    for exchange in exchanges:
        if exchange.error == DROPPED:
            continue
        index = bisect.bisect_right(begins, exchange.planned_at)
        completed = math.inf if exchange.completed_at is None else exchange.completed_at
        if index and spans[index - 1].holds(exchange.planned_at):
            begun.append(exchange)
        elif index < len(spans) and completed > begins[index]:
            in_flight.append(exchange)
        else:
            control.append(exchange)
    return Split(tuple(begun), tuple(in_flight), tuple(control))


def failures(exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """Exchanges that a client saw fail: failed or unknown, but not dropped by the generator itself."""
    return tuple(e for e in exchanges if not e.ok and e.error != DROPPED)
