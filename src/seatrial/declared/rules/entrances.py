"""Ways in that are wider, or narrower, than they look: load balancers, routes, snippets, the mesh's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Resource
from seatrial.declared.rule import Found, Level, Severity, rule
from seatrial.declared.values import Path, brief, dig, mapping, maps, sequence, text

_ROUTES = "HTTPRoute|GRPCRoute|TCPRoute|TLSRoute|UDPRoute"
_VIRTUAL = "VirtualService.networking.istio.io"
_ENTRY = "ServiceEntry.networking.istio.io"
_CLASS = "kubernetes.io/ingress.class"
_CANARY = "nginx.ingress.kubernetes.io/canary"
_INTERNAL = ("internal", "private", "intranet")


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
    ranges = [text(each) for each in sequence(service.spec.get("loadBalancerSourceRanges"))]
    if any(each.endswith("/0") for each in ranges):
        yield ("spec", "loadBalancerSourceRanges"), "its source ranges leave nobody out"
    elif not ranges and not internal:
        yield ("spec", "type"), "it has no loadBalancerSourceRanges, and no annotation makes it internal"


def _paths(ingress: Resource) -> Iterator[tuple[tuple[str, str, str, str], Path]]:
    """Each route of an Ingress: class, host, path and kind of match, and where it stands."""
    given = text(ingress.spec.get("ingressClassName")) or text(ingress.annotations.get(_CLASS))
    for index, one in maps(ingress.spec.get("rules")):
        for number, path in maps(dig(one, "http", "paths")):
            key = (given, text(one.get("host")), text(path.get("path")) or "/", text(path.get("pathType")))
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
        if text(key).endswith(("-snippet", "-snippets")) and text(value).strip():
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
        if (here != "Same" or may_be_one(gateway.namespace, route.namespace)) and (
            not kinds or route.kind in kinds
        ):
            return ""
    return f"no listener of {gateway.title} takes routes of its kind and namespace"


@rule(
    "gateway.mesh-destination",
    _VIRTUAL,
    Level.CORE,
    Severity.ERROR,
    must="A VirtualService MUST lead to a host that exists.",
    why="The mesh answers 503 to everything that it matches.",
    fix="Name a Service (short names are of the VirtualService's own namespace), or a ServiceEntry's host.",
    source="https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination",
)
def mesh_destination(virtual: Resource) -> Iterator[Found]:
    for host, path in _destinations(virtual):
        name, _, rest = host.partition(".")
        namespace = rest.partition(".")[0] or virtual.namespace
        inside = not rest or rest.endswith((".svc.cluster.local", ".svc")) or rest.count(".") == 0
        if not inside or _has_entry(virtual, host):
            continue
        known = virtual.graph.find("Service", namespace, name)
        if known is None and any(may_be_one(one.namespace, namespace) for one in virtual.graph.of("Service")):
            yield path, f"there is no Service {brief(host)} in the input"


def _destinations(virtual: Resource) -> Iterator[tuple[str, Path]]:
    for field in ("http", "tcp", "tls"):
        for index, one in maps(virtual.spec.get(field)):
            for number, route in maps(one.get("route")):
                path: Path = ("spec", field, index, "route", number, "destination", "host")
                yield text(dig(route, "destination", "host")), path
            if "mirror" in one:
                yield text(dig(one, "mirror", "host")), ("spec", field, index, "mirror", "host")


def _has_entry(virtual: Resource, host: str) -> bool:
    """Whether it is empty, or a host that a ServiceEntry declares."""
    return not host or any(host in sequence(entry.spec.get("hosts")) for entry in virtual.graph.of(_ENTRY))
