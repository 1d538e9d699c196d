"""Claims of devices (resource.k8s.io)."""

from __future__ import annotations

from typing import Any

from seatrial.declared.server.formats import dns_label
from seatrial.declared.server.registry import Wrong, duplicates, exactly_one, on
from seatrial.declared.values import brief, maps, sequence, text

_VERSIONS = ("resource.v1", "resource.v1beta2")
"""Those with one shape of a request; older ones write it flat."""


def _of(*names: str) -> tuple[str, ...]:
    return tuple(f"{version}.{name}" for version in _VERSIONS for name in names)


@on(*_of("DeviceClaim"))
def requests(claim: dict[str, Any]) -> Wrong:
    """Requests are told apart by their names, and others refer to them by these."""
    for index, name in duplicates(claim.get("requests"), "name"):
        yield ("requests", index, "name"), f"{brief(name)} stands twice"
    known: set[str] = set()
    for _, request in maps(claim.get("requests")):
        name = text(request.get("name"))
        inner = maps(request.get("firstAvailable"))
        known |= {name, *(f"{name}/{text(each.get('name'))}" for _, each in inner)}
    for field in ("constraints", "config"):
        for index, value in maps(claim.get(field)):
            for number, name in enumerate(sequence(value.get("requests"))):
                if name not in known:
                    yield (field, index, "requests", number), f"{brief(name)} is no request of the claim"


@on(*_of("DeviceRequest"))
def request(value: dict[str, Any]) -> Wrong:
    """A request asks for exactly some devices, or for the first of several that there is."""
    listed = value.get("firstAvailable") or None
    yield from exactly_one({**value, "firstAvailable": listed}, ("exactly", "firstAvailable"), "devices")
    for index, name in duplicates(value.get("firstAvailable"), "name"):
        yield ("firstAvailable", index, "name"), f"{brief(name)} stands twice"


@on(*_of("DeviceRequest", "DeviceSubRequest"))
def named(value: dict[str, Any]) -> Wrong:
    """A request's name is a DNS label."""
    if value.get("name") and (wrong := dns_label(value["name"])):
        yield ("name",), wrong


@on(*_of("ExactDeviceRequest", "DeviceSubRequest"))
def counted(value: dict[str, Any]) -> Wrong:
    """A number of devices is above 0, and none is given where all are meant."""
    count = value.get("count") or 0  # 0 is as if it were not written
    if count < 0:
        yield ("count",), f"{count} is not above 0"
    elif count and value.get("allocationMode") == "All":
        yield ("count",), "may not be set where `allocationMode` is All"
    for index, each in maps(value.get("selectors")):
        if each.get("cel") is None:
            yield ("selectors", index, "cel"), "`cel` is required"


@on(*_of("DeviceConstraint"))
def constraint(value: dict[str, Any]) -> Wrong:
    """A constraint is about an attribute."""
    if value.get("matchAttribute") is None and value.get("distinctAttribute") is None:
        yield ("matchAttribute",), "`matchAttribute` is required"


@on(*_of("DeviceToleration"))
def toleration(value: dict[str, Any]) -> Wrong:
    """What tolerates any value names none."""
    if value.get("operator") == "Exists" and value.get("value"):
        yield ("value",), "may not be set where `operator` is Exists"
