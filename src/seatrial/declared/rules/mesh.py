"""Where a service mesh sends requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Resource
from seatrial.declared.rule import Found, Level, Severity, rule
from seatrial.declared.values import Path, brief, dig, mapping, maps, sequence, text

_VIRTUAL = "VirtualService.networking.istio.io"
_ENTRY = "ServiceEntry.networking.istio.io"
_SUBSETS = "DestinationRule.networking.istio.io"


@rule(
    "gateway.mesh-destination",
    _VIRTUAL,
    Level.CORE,
    Severity.ERROR,
    must="A VirtualService MUST lead to a host, a port and a subset that exist.",
    why="The mesh answers 503 to everything that it matches.",
    fix="Name a Service (short names are of the VirtualService's own namespace), or a ServiceEntry's host; "
    "a port of it, and a subset of its DestinationRule.",
    source="https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination",
)
def mesh_destination(virtual: Resource) -> Iterator[Found]:
    for destination, path in _destinations(virtual):
        host = text(destination.get("host"))
        name, _, rest = host.partition(".")
        namespace = rest.partition(".")[0] or virtual.namespace
        inside = not rest or rest.endswith((".svc.cluster.local", ".svc")) or rest.count(".") == 0
        if not inside or _has_entry(virtual, host):
            continue
        known = virtual.graph.find("Service", namespace, name)
        if known is not None:
            yield from _within(virtual, known, destination, path)
        elif any(may_be_one(one.namespace, namespace) for one in virtual.graph.of("Service")):
            yield (*path, "host"), f"there is no Service {brief(host)} in the input"


def _within(virtual: Resource, service: Resource, destination: dict[str, Any], path: Path) -> Iterator[Found]:
    """The port and the subset of a Service that there is."""
    number = dig(destination, "port", "number")
    if number is not None and number not in [port.get("port") for _, port in maps(service.spec.get("ports"))]:
        yield (*path, "port"), f"Service {brief(service.name)} has no port {brief(number)}"
    subset = destination.get("subset")
    rules = [each for each in virtual.graph.of(_SUBSETS) if _is_about(each, service)]
    names = [one.get("name") for each in rules for _, one in maps(each.spec.get("subsets"))]
    if subset and subset not in names:
        yield (*path, "subset"), f"no DestinationRule of {brief(service.name)} has a subset {brief(subset)}"


def _is_about(rules: Resource, service: Resource) -> bool:
    name, _, rest = text(rules.spec.get("host")).partition(".")
    return name == service.name and may_be_one(rest.partition(".")[0] or rules.namespace, service.namespace)


def _destinations(virtual: Resource) -> Iterator[tuple[dict[str, Any], Path]]:
    for field in ("http", "tcp", "tls"):
        for index, one in maps(virtual.spec.get(field)):
            for part in ("route", "mirrors"):
                for number, route in maps(one.get(part)):
                    path: Path = ("spec", field, index, part, number, "destination")
                    yield mapping(route.get("destination")), path
            if "mirror" in one:
                yield mapping(one.get("mirror")), ("spec", field, index, "mirror")


def _has_entry(virtual: Resource, host: str) -> bool:
    """Whether it is empty, or a host that a ServiceEntry declares."""
    return not host or any(host in sequence(entry.spec.get("hosts")) for entry in virtual.graph.of(_ENTRY))
