"""Ways in that are wider, or narrower, than they look: load balancers, routes, snippets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.addresses import leave_nobody_out
from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Resource
from seatrial.declared.rule import Found, Level, Severity, rule
from seatrial.declared.values import Path, brief, dig, mapping, maps, sequence, text

_ROUTES = "HTTPRoute|GRPCRoute|TCPRoute|TLSRoute|UDPRoute"
_CLASS = "kubernetes.io/ingress.class"
_CANARY = "nginx.ingress.kubernetes.io/canary"
_SECTIONS = ("haproxy-ingress.github.io/config-", "ingress.kubernetes.io/config-")
"""Whole sections of HAProxy's file."""
_INTERNAL = ("internal", "private", "intranet")
_PRIVATE_CLASSES = (*_INTERNAL, "tailscale")


def is_load_balancer(service: Resource) -> bool:
    return service.spec.get("type") == "LoadBalancer"


@rule(
    "gateway.open-load-balancer",
    "Service",
    Level.EXTENDED,
    Severity.NOTE,
    must="A LoadBalancer SHOULD say from where it may be called.",
    why="Without source ranges most providers give it a public address that the whole internet may call, by "
    "whatever ports the Service has. For a public entrance that is right.",
    fix="Set loadBalancerSourceRanges, or the provider's annotation for an internal one.",
    source="concepts/services-networking/service/#loadbalancer",
    when=is_load_balancer,
)
def open_load_balancer(service: Resource) -> Iterator[Found]:
    internal = any(
        any(word in text(key).lower() or word in text(value).lower() for word in _INTERNAL)
        and text(value).lower() not in ("false", "internet-facing", "external")
        for key, value in service.annotations.items()
        if "balancer" in text(key).lower() or "lb" in text(key).lower()
    )
    kind = text(service.spec.get("loadBalancerClass"))
    internal = internal or any(word in kind for word in _PRIVATE_CLASSES)
    ranges = [text(each) for each in sequence(service.spec.get("loadBalancerSourceRanges"))]
    if leave_nobody_out(ranges):
        yield ("spec", "loadBalancerSourceRanges"), "its source ranges leave nobody out"
    elif not ranges and not internal and not _has_ranges(service):
        yield ("spec", "type"), "it has no loadBalancerSourceRanges, and no annotation makes it internal"


def _has_ranges(service: Resource) -> bool:
    """Whether an annotation of the provider holds source ranges that leave somebody out."""
    return any(
        text(key).endswith("load-balancer-source-ranges") and not leave_nobody_out(text(value).split(","))
        for key, value in service.annotations.items()
    )


def _paths(ingress: Resource) -> Iterator[tuple[tuple[str, str, str, str], Path]]:
    """Each route of an Ingress: class, host, path and kind of match, and where it stands."""
    given = text(ingress.spec.get("ingressClassName")) or text(ingress.annotations.get(_CLASS))
    for index, one in maps(ingress.spec.get("rules")):
        for number, path in maps(dig(one, "http", "paths")):
            kind, written = text(path.get("pathType")), text(path.get("path"))
            if kind == "Prefix":  # element by element: /api/ is /api
                written = written.rstrip("/")
            key = (given, text(one.get("host")), written or "/", kind)
            yield key, ("spec", "rules", index, "http", "paths", number)


def is_no_canary(ingress: Resource) -> bool:
    return ingress.annotations.get(_CANARY) != "true"


@rule(
    "gateway.duplicate-route",
    "Ingress",
    Level.CORE,
    Severity.ERROR,
    must="Host and path MUST lead to one backend.",
    why="Which of two equal routes wins depends on the controller and on which object is older: requests go "
    "to one backend today and may go to the other after a restore.",
    fix="Remove one, or give it a path of its own; a canary says so by its annotation.",
    source="concepts/services-networking/ingress/",
    when=is_no_canary,
)
def duplicate_route(ingress: Resource) -> Iterator[Found]:
    owners = _owners(ingress)
    for key, path in _paths(ingress):
        first, where = owners[key]
        if (first, where) != (ingress, path) and not _is_same(first, ingress, path, where):
            yield path, f"{brief(key[1] or '*')} {brief(key[2])} is a route of {first.title}, too"


def _owners(ingress: Resource) -> dict[tuple[str, str, str, str], tuple[Resource, Path]]:
    """The first Ingress by name that has each route, and where: every other one is told of."""
    memo = ingress.graph.memo
    if "routes" not in memo:
        found: dict[tuple[str, str, str, str], tuple[Resource, Path]] = {}
        for each in sorted(filter(is_no_canary, ingress.graph.of("Ingress")), key=lambda one: one.title):
            for key, path in _paths(each):
                found.setdefault(key, (each, path))
        memo["routes"] = found
    routes: dict[tuple[str, str, str, str], tuple[Resource, Path]] = memo["routes"]
    return routes


def _is_same(first: Resource, ingress: Resource, path: Path, where: Path) -> bool:
    """Whether it is the same route of one object that stands in the input twice: another rule says so."""
    return (first.namespace, first.name) == (ingress.namespace, ingress.name) and path == where


@rule(
    "gateway.snippets",
    "Ingress|ConfigMap",
    Level.CORE,
    Severity.WARNING,
    must="An Ingress SHOULD NOT carry configuration of the proxy itself.",
    why="A snippet runs with the controller's rights: whoever may write an Ingress can read every Secret "
    "that the controller may, the certificates of all namespaces included (CVE-2021-25742).",
    fix="Use the annotation made for the purpose; leave allow-snippet-annotations false.",
    source="https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations-risk/",
)
def snippets(resource: Resource) -> Iterator[Found]:
    if resource.kind == "ConfigMap":
        if text(mapping(resource.data.get("data")).get("allow-snippet-annotations")) == "true":
            yield ("data", "allow-snippet-annotations"), "it lets every Ingress carry snippets"
        return
    for key, value in resource.annotations.items():
        written = text(key).endswith(("-snippet", "-snippets")) or text(key).startswith(_SECTIONS)
        if written and text(value).strip():
            yield ("metadata", "annotations", key), f"{brief(key)} is configuration of the proxy"


@rule(
    "gateway.route-parent",
    _ROUTES,
    Level.CORE,
    Severity.ERROR,
    must="A route MUST be attached to a listener that takes it.",
    why="A route without parent, or whose Gateway takes no routes of its namespace (the default is its own "
    "only), is accepted by the API server and serves nobody.",
    fix="Name the Gateway in parentRefs, with a listener that it has, and let allowedRoutes take the "
    "route's namespace.",
    source="https://gateway-api.sigs.k8s.io/api-types/httproute/#attaching-to-gateways",
)
def route_parent(route: Resource) -> Iterator[Found]:
    parents = maps(route.spec.get("parentRefs"))
    if not parents:
        yield ("spec", "parentRefs"), "it has no parent"
    for index, parent in parents:
        if text(parent.get("kind")) not in ("", "Gateway"):
            continue
        namespace = text(parent.get("namespace")) or route.namespace
        gateway = route.graph.find("Gateway", namespace, text(parent.get("name")))
        reason = _refusal(route, parent, gateway) if gateway is not None else ""
        if gateway is None and any(may_be_one(one.namespace, namespace) for one in route.graph.of("Gateway")):
            reason = f"there is no Gateway {brief(text(parent.get('name')))} in the input"
        if reason:
            yield ("spec", "parentRefs", index), reason


def _refusal(route: Resource, parent: dict[str, Any], gateway: Resource) -> str:
    """Why no listener of a Gateway takes a route, or the empty string."""
    listeners = [
        one
        for _, one in maps(gateway.spec.get("listeners"))
        if parent.get("sectionName") in (None, one.get("name"))
        and parent.get("port") in (None, one.get("port"))
    ]
    if not listeners:
        return f"{gateway.title} has no such listener"
    for listener in listeners:
        allowed = mapping(mapping(listener.get("allowedRoutes")).get("namespaces"))
        here = text(allowed.get("from")) or "Same"
        kinds = [text(kind.get("kind")) for _, kind in maps(dig(listener, "allowedRoutes", "kinds"))]
        kinds = kinds or _KINDS.get(text(listener.get("protocol")), [route.kind])
        near = here != "Same" or may_be_one(gateway.namespace, route.namespace)
        if near and route.kind in kinds and _share_a_host(listener, route):
            return ""
    return f"no listener of {gateway.title} takes routes of its kind, namespace and hosts"


_KINDS = {
    **{protocol: ["HTTPRoute", "GRPCRoute"] for protocol in ("HTTP", "HTTPS")},
    "TLS": ["TLSRoute", "TCPRoute"],
    "TCP": ["TCPRoute"],
    "UDP": ["UDPRoute"],
}
"""What a listener takes that does not say it."""


def _share_a_host(listener: dict[str, Any], route: Resource) -> bool:
    """Whether a listener's host and one of a route's meet; one that is not written is any."""
    host, hosts = text(listener.get("hostname")), sequence(route.spec.get("hostnames"))
    return not host or not hosts or any(_meet(host, text(each)) for each in hosts)


def _meet(one: str, other: str) -> bool:
    """Whether two names are the same, or one is a `*.` above the other."""
    pairs = ((one, other), (other, one))
    return one == other or any(above[:2] == "*." and name.endswith(above[1:]) for above, name in pairs)
