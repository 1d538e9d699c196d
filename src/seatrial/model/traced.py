"""Requests that were sent with a trace context, and who named it in its log, as measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.system import System

TRACES = "trace-context"
ANSWERS, TAKES = "answers it", "takes its messages"


@dataclass(frozen=True)
class HopSeen:
    """What the pods of one workload wrote since the requests were sent.

    Attributes:
        lines: how many lines.
        traced: how many of them name a trace that was not sent.
        found: how many of the traces that were sent they name.
    """

    lines: int
    traced: int
    found: int


@dataclass(frozen=True)
class Traced:
    """Traced requests of one journey.

    Attributes:
        sent: how many were sent.
        answered: how many of them were answered as expected; those are looked for.
        hops: by the role of the workload.
        notes: logs that could not be followed, and why.
    """

    sent: int
    answered: int
    hops: Mapping[str, HopSeen]
    notes: tuple[str, ...] = ()

    def measurement(self, journey: str, began_at: float, ended_at: float) -> Measurement:
        """It as a measurement, for the record."""
        return Measurement(TRACES, journey, began_at, ended_at, MeasurementOutcome.ANSWERED, asdict(self))

    @classmethod
    def of(cls, measurement: Measurement) -> Traced:
        """What an answered measurement of this kind recorded."""
        value = measurement.value
        hops = {role: HopSeen(**seen) for role, seen in value["hops"].items()}
        return cls(int(value["sent"]), int(value["answered"]), hops, tuple(value["notes"]))


def hops_of(system: System, journey: str) -> dict[str, str]:
    """The workloads that a journey's requests and their messages pass, but for stores, and what each does."""
    passed = dict.fromkeys(system.journeys[journey].through, ANSWERS)
    for role in system.lookup.takers.get(journey, ()):
        passed.setdefault(role, TAKES)
    return {role: how for role, how in passed.items() if not system.workloads[role].stateful}


def traced_journeys(system: System) -> list[str]:
    """The journeys whose way is known and that carry a header in each request."""
    return [
        name
        for name, spec in system.journeys.items()
        if spec.protocol == "http1" and not spec.long and hops_of(system, name)
    ]
