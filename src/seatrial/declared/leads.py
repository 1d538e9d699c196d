"""To which Service an address leads: only what the objects show, nothing that they make likely."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from seatrial.declared.routes import Routing, backends
from seatrial.declared.values import dig, mapping, maps, sequence, text, whole
from seatrial.model.entry import USUAL_PORTS


@dataclass(frozen=True)
class Door:
    """An address as clients ask it.

    Attributes:
        host: as it is written.
        names: the host, and every address that it resolves to.
        port: of the address; the usual one of its scheme where none is written.
        path: of the request, without its query.
        scheme: http or https.
        published: port of a kind node that this port of this machine leads to; None where none does.
    """

    host: str
    names: frozenset[str]
    port: int
    path: str = "/"
    scheme: str = "http"
    published: int | None = None


@dataclass(frozen=True)
class Lead:
    """A Service that an address leads to, and what shows it.

    Attributes:
        one_node: the node's address by which alone it is reached, where only that node's own pods answer
            there (`externalTrafficPolicy: Local`); empty where any node leads to all of them.
    """

    service: str
    shown_by: str
    one_node: str = ""

    def __str__(self) -> str:
        return f"Service {self.service} ({self.shown_by})"


def leads(door: Door, objects: Iterable[dict[str, Any]]) -> list[Lead]:
    """Every Service of one namespace that the address surely leads to.

    Args:
        objects: Services, Ingresses, HTTPRoutes and their Gateways, Nodes and Pods, as the server has them.
    """
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for each in objects:
        by_kind.setdefault(text(each.get("kind")), []).append(each)
    nodes = _node_addresses(by_kind)
    found = [lead for service in by_kind.get("Service", ()) for lead in _of_service(door, service, nodes)]
    if _is_web_port(door):
        ingresses = [each for each in by_kind.get("Ingress", ()) if _is_at(door, _balanced(each))]
        routed = backends([Routing.of_ingress(each) for each in ingresses], door.host, door.path)
        found += [Lead(name, f"{why} at {door.host}") for name, why in routed]
    routes = [
        Routing.of_http_route(route)
        for route in by_kind.get("HTTPRoute", ())
        if any(_listens(door, gateway, route) for gateway in by_kind.get("Gateway", ()))
    ]
    found += [Lead(name, f"{why} at {door.host}") for name, why in backends(routes, door.host, door.path)]
    return list({lead.service: lead for lead in reversed(found)}.values())[::-1]


def _of_service(door: Door, service: dict[str, Any], nodes: Collection[str]) -> Iterator[Lead]:
    name, spec = text(dig(service, "metadata", "name")), mapping(service.get("spec"))
    own = {*_balanced(service), *map(text, sequence(spec.get("externalIPs"))), text(spec.get("clusterIP"))}
    at_node = door.names & {*nodes}
    for _, port in maps(spec.get("ports")):
        if text(port.get("protocol")) not in ("", "TCP"):
            continue
        node_port = whole(port.get("nodePort"))
        local = spec.get("externalTrafficPolicy") == "Local"
        if node_port is not None and door.published == node_port:
            shown = f"its node port {node_port}, to which {door.host}:{door.port} is published"
            yield Lead(name, shown, f"{door.host}:{door.port}" if local else "")
        if node_port is not None and door.port == node_port and at_node:
            yield Lead(name, f"its node port {node_port} at {min(at_node)}", min(at_node) if local else "")
        if door.port == whole(port.get("port")) and (mine := door.names & (own - {"", "None"})):
            yield Lead(name, f"its address {min(mine)} and port {door.port}")


def _node_addresses(by_kind: dict[str, list[dict[str, Any]]]) -> set[str]:
    """Of the nodes, and of those that pods say they run on, where nodes may not be read."""
    nodes = (a for node in by_kind.get("Node", ()) for _, a in maps(dig(node, "status", "addresses")))
    pods = [mapping(pod.get("status")) for pod in by_kind.get("Pod", ())]
    more = (text(a.get("ip")) for status in pods for _, a in maps(status.get("hostIPs")))
    return {*(text(a.get("address")) for a in nodes), *(text(p.get("hostIP")) for p in pods), *more} - {""}


def _balanced(resource: dict[str, Any]) -> set[str]:
    given = [each for _, each in maps(dig(resource, "status", "loadBalancer", "ingress"))]
    return {text(each.get(key)) for each in given for key in ("ip", "hostname")} - {""}


def _is_web_port(door: Door) -> bool:
    usual = USUAL_PORTS.get(door.scheme)
    return usual in (door.port, door.published)


def _is_at(door: Door, addresses: set[str]) -> bool:
    """Whether one of these is where the door is; a kind node's Ingress says `localhost` of itself."""
    return bool(door.names & addresses) or (door.published is not None and "localhost" in addresses)


def _listens(door: Door, gateway: dict[str, Any], route: dict[str, Any]) -> bool:
    """Whether the door is at an address and a listener of this Gateway, and it has accepted the route."""
    metadata = mapping(gateway.get("metadata"))
    accepting = [
        mapping(parent.get("parentRef"))
        for _, parent in maps(dig(route, "status", "parents"))
        if any(
            (text(c.get("type")), text(c.get("status"))) == ("Accepted", "True")
            for _, c in maps(parent.get("conditions"))
        )
    ]
    own = text(dig(route, "metadata", "namespace"))
    mine = [
        ref for ref in accepting
        if text(ref.get("name")) == metadata.get("name")
        and (text(ref.get("namespace")) or own) == text(metadata.get("namespace"))
    ]  # fmt: skip
    addresses = {text(each.get("value")) for _, each in maps(dig(gateway, "status", "addresses"))}
    sections = {text(ref.get("sectionName")) for ref in mine}
    return bool(door.names & (addresses - {""})) and any(
        whole(each.get("port")) == door.port and sections & {"", text(each.get("name"))}
        for _, each in maps(dig(gateway, "spec", "listeners"))
    )
