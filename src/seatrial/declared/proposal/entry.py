"""Where clients reach a system, and which path leads to which Service, as its objects say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from seatrial.declared.graph import Graph
from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Resource, Workload
from seatrial.declared.values import mapping, maps, sequence, text, whole
from seatrial.model.entry import USUAL_PORTS

UNKNOWN_HOST = "fill-in.invalid"
"""Stands where the objects do not say how a host is called; no name below `.invalid` ever exists."""
_HOST = re.compile(r"[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")
"""A name or an address; what a template has in its place is neither."""
_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


@dataclass(frozen=True)
class Way:
    """A way into the system from outside.

    Attributes:
        url: base address; its host is `UNKNOWN_HOST` where the objects do not say it.
        why: the objects that say so.
        reaches: the workloads right behind it; empty where routes decide.
        ports: of their pods, where it ends: numbers or names.
        service: name of the Service that it leads to; empty where routes decide.
    """

    url: str
    why: str
    reaches: tuple[Workload, ...] = ()
    ports: tuple[Any, ...] = ()
    service: str = ""

    @property
    def known(self) -> bool:
        """Whether the host is known."""
        return UNKNOWN_HOST not in self.url


@dataclass(frozen=True)
class Route:
    """A path that leads to a Service."""

    path: str
    service: str
    why: str


def ways_in(graph: Graph, namespace: str) -> list[Way]:
    """Every way in: routes with a host first, then load balancers, then node ports; known hosts first."""
    found = [
        *(way for ingress in _of(graph, "Ingress", namespace) for way in _of_ingress(ingress)),
        *(way for route in _of(graph, "HTTPRoute", namespace) for way in _of_http_route(graph, route)),
        *(way for service in _of(graph, "Service", namespace) for way in _of_service(graph, service)),
    ]
    distinct: dict[str, Way] = {}
    for way in found:
        distinct.setdefault(way.url, way)
    return sorted(distinct.values(), key=lambda way: not way.known)


def doors_in(graph: Graph, namespace: str) -> list[tuple[str, int]]:
    """Name and port of every Service that could be asked by plain HTTP from inside the cluster."""
    return [
        (service.name, number)
        for service in _of(graph, "Service", namespace)
        if service.selected
        for _, port in maps(service.spec.get("ports"))
        if text(port.get("protocol")) in ("", "TCP") and (number := whole(port.get("port"))) is not None
        if not _is_secure(port, number)
    ]


def routes_in(graph: Graph, namespace: str) -> list[Route]:
    """Every path that an Ingress or an HTTPRoute leads to a Service; patterns are no paths and left out."""
    found = [route for ingress in _of(graph, "Ingress", namespace) for route in _ingress_routes(ingress)]
    return [*found, *(each for route in _of(graph, "HTTPRoute", namespace) for each in _http_routes(route))]


def _of(graph: Graph, kind: str, namespace: str) -> list[Resource]:
    return [resource for resource in graph.of(kind) if may_be_one(resource.namespace, namespace)]


def _of_ingress(ingress: Resource) -> Iterator[Way]:
    secure = {host for _, tls in maps(ingress.spec.get("tls")) for host in sequence(tls.get("hosts"))}
    addresses = _balancer_addresses(ingress)
    rules = [rule for _, rule in maps(ingress.spec.get("rules"))] or [{}]
    for rule in rules:
        host = text(rule.get("host"))
        scheme = "https" if host in secure else "http"
        for name in [host] if host and "*" not in host else addresses or [UNKNOWN_HOST]:
            yield Way(_address(name, {"protocol": scheme.upper()}), f"Ingress {ingress.name}")


def _ingress_routes(ingress: Resource) -> Iterator[Route]:
    for _, rule in maps(ingress.spec.get("rules")):
        for _, path in maps(mapping(rule.get("http")).get("paths")):
            service = mapping(mapping(path.get("backend")).get("service"))
            where = text(path.get("path")) or "/"
            if text(service.get("name")) and not is_pattern(where):
                yield Route(where, text(service.get("name")), f"Ingress {ingress.name}")
    default = mapping(mapping(ingress.spec.get("defaultBackend")).get("service"))
    if text(default.get("name")):
        yield Route("/", text(default.get("name")), f"default backend of Ingress {ingress.name}")


def _of_http_route(graph: Graph, route: Resource) -> Iterator[Way]:
    hosts = [name for name in map(text, sequence(route.spec.get("hostnames"))) if name and "*" not in name]
    for _, parent in maps(route.spec.get("parentRefs")):
        gateway = graph.find(
            "Gateway", text(parent.get("namespace")) or route.namespace, text(parent.get("name"))
        )
        listeners = [] if gateway is None else [each for _, each in maps(gateway.spec.get("listeners"))]
        wanted = text(parent.get("sectionName"))
        why = f"HTTPRoute {route.name} on Gateway {text(parent.get('name'))}"
        for listener in [each for each in listeners if wanted in ("", text(each.get("name")))] or [{}]:
            own = text(listener.get("hostname"))
            names = hosts or ([own] if own and "*" not in own else [UNKNOWN_HOST])
            for name in names:
                yield Way(_address(name, listener), why)


def _address(host: str, listener: dict[str, Any]) -> str:
    scheme = "https" if text(listener.get("protocol")) in ("HTTPS", "TLS") else "http"
    port = whole(listener.get("port"))
    usual = USUAL_PORTS[scheme]
    host = host if _HOST.fullmatch(host) else UNKNOWN_HOST
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def _http_routes(route: Resource) -> Iterator[Route]:
    for _, rule in maps(route.spec.get("rules")):
        matches = [mapping(match.get("path")) for _, match in maps(rule.get("matches"))] or [{}]
        for match in matches:
            where = text(match.get("value")) or "/"
            if text(match.get("type")) == "RegularExpression" or is_pattern(where):
                continue
            for _, backend in maps(rule.get("backendRefs")):
                if text(backend.get("name")) and text(backend.get("kind")) in ("", "Service"):
                    yield Route(where, text(backend.get("name")), f"HTTPRoute {route.name}")


def _of_service(graph: Graph, service: Resource) -> Iterator[Way]:
    kind = text(service.spec.get("type"))
    if kind not in ("LoadBalancer", "NodePort"):
        return
    balanced, behind = kind == "LoadBalancer", tuple(service.selected)
    why = f"Service {service.name} ({kind})"
    given = _balancer_addresses(service) + [text(ip) for ip in sequence(service.spec.get("externalIPs"))]
    nodes = () if balanced or given else _node_addresses(graph)
    addresses = [(address, why) for address in given] + [(each, f"{why} {at}") for each, at in nodes]
    for _, port in maps(service.spec.get("ports")):
        if text(port.get("protocol")) not in ("", "TCP"):
            continue
        number = whole(port.get("port" if balanced else "nodePort"))
        listener = {"protocol": "HTTPS" if _is_secure(port, number) else "HTTP", "port": number}
        target = (port.get("targetPort", port.get("port")),)
        for host, said in addresses or [(UNKNOWN_HOST, why)]:
            yield Way(_address(host, listener), said, behind, target, service.name)


def _is_secure(port: dict[str, Any], number: int | None) -> bool:
    return number == USUAL_PORTS["https"] or text(port.get("name")) == "https"


def _node_addresses(graph: Graph) -> Iterator[tuple[str, str]]:
    """One address of a node, where the objects have nodes, and whose it is: every node takes node ports.

    An external address comes first, then the control plane's: where it can be seen, it takes no pods.
    """
    nodes = sorted(graph.of("Node"), key=lambda node: _CONTROL_PLANE not in node.labels)
    for kind, reached in (("ExternalIP", "external"), ("InternalIP", "internal")):
        for node in nodes:
            for _, each in maps(mapping(node.data.get("status")).get("addresses")):
                if text(each.get("type")) == kind and text(each.get("address")):
                    yield text(each.get("address")), f"at the {reached} address of node {node.name}"
                    return


def _balancer_addresses(resource: Resource) -> list[str]:
    status = mapping(mapping(resource.data.get("status")).get("loadBalancer"))
    found = [text(each.get("hostname")) or text(each.get("ip")) for _, each in maps(status.get("ingress"))]
    return [address for address in found if address]


def is_pattern(path: str) -> bool:
    """Whether it is no path that could be asked for as it stands."""
    return not path.startswith("/") or any(letter in path for letter in "*()$[]\\{} ")
