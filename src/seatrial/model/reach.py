"""Connections that were tried from pods of our own, as the fault and the measurement keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from seatrial.model.fault import FaultRecord
from seatrial.model.measurement import Measurement, MeasurementOutcome

CONNECTION = "connection"
"""Kind of the measurement."""
CONNECTORS = "connectors"
"""The fault that puts the two pods there."""
ADMITTED, STRANGER = "admitted", "stranger"
"""The pod with the labels of one that policies let in, and the one without."""
CONNECTED, REFUSED, SILENT = "connected", "refused", "silent"
"""How a connection may answer."""


@dataclass(frozen=True)
class ClosedPort:
    """A port that policies open to named pods only.

    Attributes:
        named_by: policies that name who may connect.
        undone_by: policies that let everybody in at every port.
        declared: whether a container of the pod declares it; policies may open what nobody listens on.
    """

    port: int
    named_by: tuple[str, ...]
    undone_by: tuple[str, ...]
    declared: bool = True


@dataclass(frozen=True)
class Set:
    """What the fault has set up.

    Attributes:
        pods: names of the two pods, by `ADMITTED` and `STRANGER`.
        source: the pod whose labels the admitted one carries.
        host_network: whether the workload's pods are on their node's own network, where no policy reaches.
    """

    pods: Mapping[str, str]
    source: str
    host_network: bool
    closed: tuple[ClosedPort, ...]

    def details(self) -> dict[str, Any]:
        """It as the details of the fault."""
        return {"connectors": asdict(self)}

    @classmethod
    def of(cls, fault: FaultRecord) -> Set:
        """What the fault's details say."""
        value = fault.details["connectors"]
        closed = tuple(
            ClosedPort(
                one["port"], tuple(one["named_by"]), tuple(one["undone_by"]), one.get("declared", True)
            )
            for one in value["closed"]
        )
        return cls(value["pods"], value["source"], value["host_network"], closed)


@dataclass(frozen=True)
class Tried:
    """One connection that was tried.

    Attributes:
        who: `ADMITTED` or `STRANGER`.
        answer: one of `CONNECTED`, `REFUSED` with what was said, `SILENT`.
        round: counts from 1; the last one of a pod counts, for policies take a moment to know a new pod.
    """

    who: str
    pod: str
    port: int
    answer: str
    round: int

    def measurement(self, began_at: float, ended_at: float) -> Measurement:
        """It as a measurement, for the record."""
        name = f"{self.who} to {self.pod}:{self.port}"
        return Measurement(CONNECTION, name, began_at, ended_at, MeasurementOutcome.ANSWERED, asdict(self))

    @classmethod
    def of(cls, measurement: Measurement) -> Tried:
        """What an answered measurement of this kind recorded."""
        return cls(**measurement.value)
