"""Ways in from outside: Ingress, Gateway API routes, Istio routes, Envoy configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from seatrial.declared.makers import is_made
from seatrial.declared.namespaces import may_be_one
from seatrial.declared.objects import Resource
from seatrial.declared.rule import Found, Level, Severity, rule
from seatrial.declared.values import Path, brief, dig, mapping, maps, sequence, text, whole

ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")
_ROUTES = "|".join(ROUTES)
_VIRTUAL = "VirtualService.networking.istio.io"
_MOST_RETRIES = 3
"""Each tier multiplies: three tiers of three retries turn one request into 64."""


class Backend(NamedTuple):
    """A Service that a route sends requests to. `port` is a name, a number or None."""

    namespace: str
    name: str
    port: Any
    path: Path


def backends(route: Resource) -> list[Backend]:
    """Every Service that an Ingress or a route of the Gateway API names."""
    return list(_ingress_backends(route) if route.kind == "Ingress" else _route_backends(route))


def _ingress_backends(ingress: Resource) -> Iterator[Backend]:
    given: list[tuple[dict[str, Any], Path]] = [
        (mapping(ingress.spec.get("defaultBackend")), ("spec", "defaultBackend"))
    ]
    for index, one in maps(ingress.spec.get("rules")):
        for number, path in maps(dig(one, "http", "paths")):
            given.append(
                (mapping(path.get("backend")), ("spec", "rules", index, "http", "paths", number, "backend"))
            )
    for backend, where in given:
        service = mapping(backend.get("service"))
        port = mapping(service.get("port"))
        if text(service.get("name")):
            yield Backend(ingress.namespace, service["name"], port.get("name", port.get("number")), where)
        elif text(backend.get("serviceName")):  # as the API had it before v1
            yield Backend(ingress.namespace, backend["serviceName"], backend.get("servicePort"), where)


def _route_backends(route: Resource) -> Iterator[Backend]:
    for index, one in maps(route.spec.get("rules")):
        for number, reference in maps(one.get("backendRefs")):
            if text(reference.get("kind")) in ("", "Service") and text(reference.get("name")):
                namespace = text(reference.get("namespace")) or route.namespace
                path = ("spec", "rules", index, "backendRefs", number)
                yield Backend(namespace, reference["name"], reference.get("port"), path)


def stands_with_services(route: Resource) -> bool:
    return not route.graph.lacks("Service")


@rule(
    "gateway.backend",
    f"Ingress|{_ROUTES}",
    Level.CORE,
    Severity.ERROR,
    must="A route MUST lead to a Service and port that exist.",
    why="Everything it matches is answered with an error.",
    fix="Name a Service of the input, and one of its ports.",
    source="concepts/services-networking/ingress/",
    when=stands_with_services,
    anchors="GTW-01",
)
def backend_exists(route: Resource) -> Iterator[Found]:
    for backend in backends(route):
        service = route.graph.find("Service", backend.namespace, backend.name)
        if service is None and is_made(route.graph, "Service", backend.namespace, backend.name):
            continue
        if service is None:
            yield backend.path, f"there is no Service {brief(backend.name)} in the input"
        elif backend.port is not None:
            ports = [port for _, port in maps(service.spec.get("ports"))]
            if not any(backend.port in (port.get("port"), port.get("name")) for port in ports):
                yield backend.path, f"Service {brief(backend.name)} has no port {brief(backend.port)}"


@rule(
    "gateway.reference-grant",
    _ROUTES,
    Level.CORE,
    Severity.ERROR,
    must="A route into another namespace MUST be allowed by a ReferenceGrant there.",
    why="Without it the gateway refuses the reference and answers 500.",
    fix="Add a ReferenceGrant from the route's namespace to the Service's.",
    source="https://gateway-api.sigs.k8s.io/api-types/referencegrant/",
    anchors="GTW-11",
)
def reference_grant(route: Resource) -> Iterator[Found]:
    for backend in backends(route):
        if backend.namespace != route.namespace and not _granted(route, backend):
            yield backend.path, f"no ReferenceGrant in {brief(backend.namespace)} allows it"


def _granted(route: Resource, backend: Backend) -> bool:
    for grant in route.graph.of("ReferenceGrant"):
        if not may_be_one(grant.namespace, backend.namespace):
            continue
        origins = [item for _, item in maps(grant.spec.get("from"))]
        targets = [item for _, item in maps(grant.spec.get("to"))]
        allowed = any(
            item.get("kind") == route.kind and may_be_one(text(item.get("namespace")), route.namespace)
            for item in origins
        )
        if allowed and any(
            item.get("kind") == "Service" and item.get("name") in (None, backend.name) for item in targets
        ):
            return True
    return False


@rule(
    "gateway.tls",
    "Ingress",
    Level.CORE,
    Severity.WARNING,
    must="An Ingress SHOULD serve TLS.",
    why="Requests, with their tokens and cookies, travel readable.",
    fix="Add spec.tls with the hosts and a certificate's Secret.",
    source="concepts/services-networking/ingress/#tls",
    anchors="GTW-02",
)
def ingress_tls(ingress: Resource) -> Iterator[Found]:
    if not sequence(ingress.spec.get("tls")):
        yield ("spec",), "it has no tls section"


@rule(
    "gateway.listener-tls",
    "Gateway",
    Level.CORE,
    Severity.ERROR,
    must="A Gateway's HTTPS or TLS listener MUST name its certificate.",
    why="The listener is not programmed, and its port refuses connections.",
    fix="Add tls.certificateRefs, or tls.mode Passthrough.",
    source="https://gateway-api.sigs.k8s.io/guides/tls/",
    anchors="GTW-10",
)
def listener_tls(gateway: Resource) -> Iterator[Found]:
    for index, listener in maps(gateway.spec.get("listeners")):
        tls = mapping(listener.get("tls"))
        secured = text(listener.get("protocol")) in ("HTTPS", "TLS")
        if secured and tls.get("mode") != "Passthrough" and not sequence(tls.get("certificateRefs")):
            yield ("spec", "listeners", index), "it terminates TLS and names no certificate"


@rule(
    "gateway.node-port",
    "Service",
    Level.EXTENDED,
    Severity.WARNING,
    must="A Service SHOULD NOT open a port on every node.",
    why="It bypasses the gateway with its limits and TLS, and ties clients to nodes.",
    fix="Use ClusterIP behind a Gateway or Ingress, or a LoadBalancer.",
    source="concepts/services-networking/service/#type-nodeport",
    anchors="NET-03",
)
def node_port(service: Resource) -> Iterator[Found]:
    if service.spec.get("type") == "NodePort":
        yield ("spec", "type"), "its type is NodePort"


@rule(
    "gateway.timeouts",
    f"HTTPRoute|{_VIRTUAL}",
    Level.EXTENDED,
    Severity.WARNING,
    must="A route SHOULD bound how long a request may take.",
    why="Without a limit a hanging backend fills the gateway, and the fault of one becomes everybody's.",
    fix="Set timeouts.request (HTTPRoute) or timeout (VirtualService), shorter than the client's own.",
    source="https://gateway-api.sigs.k8s.io/guides/http-timeouts/",
    anchors="GTW-07",
    variants=("no-timeouts",),
)
def route_timeouts(route: Resource) -> Iterator[Found]:
    field = "rules" if route.kind == "HTTPRoute" else "http"
    for index, one in maps(route.spec.get(field)):
        given = dig(one, "timeouts", "request") if route.kind == "HTTPRoute" else one.get("timeout")
        sends = one.get("backendRefs") if route.kind == "HTTPRoute" else one.get("route")
        if sends and _is_no_limit(given):
            yield (
                ("spec", field, index),
                "no limit on the time of a request" + (f" ({given})" if given else ""),
            )


def _is_no_limit(given: Any) -> bool:
    return given is None or text(given) in ("", "0", "0s", "0ms")


@rule(
    "gateway.bounded-retries",
    f"HTTPRoute|{_VIRTUAL}",
    Level.EXTENDED,
    Severity.WARNING,
    must=f"A route SHOULD retry at most {_MOST_RETRIES} times.",
    why="Retries multiply the load on a backend that is failing because of load.",
    fix="Set attempts to 1 or 2, and a timeout per try.",
    source="https://gateway-api.sigs.k8s.io/geps/gep-1731/",
    anchors="GTW-08",
    variants=("unbounded-retries",),
)
def bounded_retries(route: Resource) -> Iterator[Found]:
    field, key = ("rules", "retry") if route.kind == "HTTPRoute" else ("http", "retries")
    for index, one in maps(route.spec.get(field)):
        attempts = whole(dig(one, key, "attempts"))
        if attempts is not None and attempts > _MOST_RETRIES:
            yield ("spec", field, index, key, "attempts"), f"{attempts} retries"


def holds_envoy(config_map: Resource) -> bool:
    """Whether it holds a configuration of Envoy, and the input's reader can read it."""
    return any(True for _ in _envoy_routes(config_map))


@rule(
    "gateway.envoy-timeouts",
    "ConfigMap",
    Level.EXTENDED,
    Severity.WARNING,
    must="A route of Envoy SHOULD bound how long a request may take.",
    why="`timeout: 0s` switches the default of 15 s off: a hanging backend fills the gateway. A stream is "
    "accepted when it has an idle_timeout instead.",
    fix="Set the route's timeout, or idle_timeout for a stream.",
    source="https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts",
    when=holds_envoy,
    anchors="GTW-07",
    variants=("no-timeouts",),
)
def envoy_timeouts(config_map: Resource) -> Iterator[Found]:
    for path, name, action in _envoy_routes(config_map):
        endless = action.get("timeout") is not None and _is_no_limit(action.get("timeout"))
        if endless and _is_no_limit(action.get("idle_timeout")):
            yield path, f"{name} has no limit on the time of a request (timeout {action['timeout']})"


@rule(
    "gateway.envoy-retries",
    "ConfigMap",
    Level.EXTENDED,
    Severity.WARNING,
    must=f"A route of Envoy SHOULD retry at most {_MOST_RETRIES} times.",
    why="Retries multiply the load on a backend that is failing because of load.",
    fix="Set num_retries to 1 or 2, with per_try_timeout and a retry budget.",
    source="https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_routing#retry-semantics",
    when=holds_envoy,
    anchors="GTW-08",
    variants=("unbounded-retries",),
)
def envoy_retries(config_map: Resource) -> Iterator[Found]:
    for path, name, action in _envoy_routes(config_map):
        retries = whole(dig(action, "retry_policy", "num_retries"))
        if retries is not None and retries > _MOST_RETRIES:
            yield path, f"{name} is retried {retries} times"


def _envoy_routes(config_map: Resource) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Each route action, and each virtual host's own retry policy, in a ConfigMap's Envoy files."""
    for key, written in mapping(config_map.data.get("data")).items():
        if "virtual_hosts" not in text(written) or config_map.graph.parse is None:
            continue
        for host in _find_all(config_map.graph.parse(written), "virtual_hosts"):
            name = text(host.get("name"))
            if "retry_policy" in host:
                yield ("data", key), f"virtual host {brief(name)}", {"retry_policy": host["retry_policy"]}
            for _, route in maps(host.get("routes")):
                match = mapping(route.get("match"))
                prefix = next((text(match[kind]) for kind in ("prefix", "path") if kind in match), "")
                yield ("data", key), f"route {brief(prefix or name)}", mapping(route.get("route"))


def _find_all(value: Any, key: str) -> Iterator[dict[str, Any]]:
    """Members of every list called `key`, at any depth."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if current.__class__ is dict:
            yield from (item for _, item in maps(current.get(key)))
            waiting.extend(current.values())
        elif current.__class__ is list:
            waiting.extend(current)
