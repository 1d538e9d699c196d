"""Services and endpoints."""

from __future__ import annotations

import ipaddress
from typing import Any

from seatrial.declared.server.formats import address, network, subdomain
from seatrial.declared.server.registry import Wrong, duplicates, on
from seatrial.declared.values import Path, brief, mapping, maps, sequence, text

_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_OUTSIDE = ("NodePort", "LoadBalancer")


@on("core.v1.ServiceSpec")
def ports(spec: dict[str, Any]) -> Wrong:
    """A Service has ports; several have names of their own, and no two are alike."""
    listed = maps(spec.get("ports"))
    headless = spec.get("clusterIP") == "None" or "None" in sequence(spec.get("clusterIPs"))
    if not listed and spec.get("type") != "ExternalName" and not headless:
        yield ("ports",), "`ports` is required"
    for index, port in listed if len(listed) > 1 else []:
        if not port.get("name"):
            yield ("ports", index, "name"), "each of several ports needs a name"
    for index, name in duplicates(spec.get("ports"), "name"):
        yield ("ports", index, "name"), f"{brief(name)} stands twice"
    seen: set[tuple[Any, Any]] = set()
    for index, port in listed:
        key = (port.get("port"), port.get("protocol") or "TCP")
        if key in seen:
            yield ("ports", index), f"{key[0]}/{key[1]} stands twice"
        seen.add(key)


@on("core.v1.ServiceSpec")
def node_ports(spec: dict[str, Any]) -> Wrong:
    """Only a Service of a type that is reached from outside has ports of the node, each once."""
    taken: set[tuple[Any, Any]] = set()
    for index, port in maps(spec.get("ports")):
        number = port.get("nodePort")
        if number in (None, 0):
            continue
        if text(spec.get("type")) not in _OUTSIDE:
            yield ("ports", index, "nodePort"), "needs `type: NodePort` or `LoadBalancer`"
        key = (number, port.get("protocol") or "TCP")
        if key in taken:
            yield ("ports", index, "nodePort"), f"{number} stands twice"
        taken.add(key)


@on("core.v1.ServiceSpec")
def external_name(spec: dict[str, Any]) -> Wrong:
    """A Service that is only a name has one, and no address."""
    if spec.get("type") != "ExternalName":
        return
    if not spec.get("externalName"):
        yield ("externalName",), "`type: ExternalName` needs it"
    elif wrong := subdomain(text(spec["externalName"]).removesuffix(".")):
        yield ("externalName",), wrong
    for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.get(field):
            yield (field,), "may not be set where `type` is ExternalName"


@on("core.v1.ServiceSpec")
def outside(spec: dict[str, Any]) -> Wrong:
    """Fields of traffic from outside need a type that is reached from there."""
    kind = text(spec.get("type")) or "ClusterIP"
    if spec.get("externalTrafficPolicy") and kind not in _OUTSIDE and not sequence(spec.get("externalIPs")):
        yield ("externalTrafficPolicy",), "needs `type: NodePort` or `LoadBalancer`"
    if kind != "LoadBalancer":
        for field in ("loadBalancerSourceRanges", "loadBalancerClass"):
            if spec.get(field):
                yield (field,), "needs `type: LoadBalancer`"
        if spec.get("allocateLoadBalancerNodePorts") is not None:
            yield ("allocateLoadBalancerNodePorts",), "needs `type: LoadBalancer`"
    health = spec.get("healthCheckNodePort")
    if health not in (None, 0) and not (
        kind == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"
    ):
        yield ("healthCheckNodePort",), "needs `type: LoadBalancer` and `externalTrafficPolicy: Local`"
    if kind in _OUTSIDE and (spec.get("clusterIP") == "None" or "None" in sequence(spec.get("clusterIPs"))):
        yield ("clusterIP",), f"may not be None where `type` is {kind}"


@on("core.v1.ServiceSpec")
def addresses(spec: dict[str, Any]) -> Wrong:
    """Addresses of the Service itself."""
    written: list[tuple[Path, str]] = [(("clusterIP",), text(spec.get("clusterIP")))]
    written += [
        (("clusterIPs", index), text(each)) for index, each in enumerate(sequence(spec.get("clusterIPs")))
    ]
    for path, value in written:
        if value and value != "None" and address(value):
            yield path, f"{brief(value)} is no IP address, nor None"
    first = next(iter(sequence(spec.get("clusterIPs"))), None)
    if sequence(spec.get("clusterIPs")) and spec.get("clusterIP") != first:
        yield ("clusterIPs", 0), "must be `clusterIP`"
    if len(sequence(spec.get("ipFamilies"))) == 2 and spec.get("ipFamilyPolicy") in (None, "SingleStack"):
        yield ("ipFamilyPolicy",), "two `ipFamilies` need PreferDualStack or RequireDualStack"
    if len(sequence(spec.get("ipFamilies"))) != len(set(map(str, sequence(spec.get("ipFamilies"))))):
        yield ("ipFamilies",), "one family stands twice"


@on("core.v1.Service")
def outer_addresses(service: dict[str, Any]) -> Wrong:
    """Addresses from outside are other machines'; ranges in an annotation are ranges."""
    spec = mapping(service.get("spec"))
    for index, each in enumerate(sequence(spec.get("externalIPs"))):
        if address(text(each)) is None and _is_special(text(each)):
            yield ("spec", "externalIPs", index), f"{brief(each)} leads to no other machine"
    annotations = mapping(mapping(service.get("metadata")).get("annotations"))
    ranges = annotations.get(_RANGES)
    if ranges is None or spec.get("loadBalancerSourceRanges"):
        return
    if spec.get("type") != "LoadBalancer":
        yield ("metadata", "annotations", _RANGES), "needs `type: LoadBalancer`"
    for each in filter(None, (part.strip() for part in text(ranges).split(","))):
        if wrong := network(each):
            yield ("metadata", "annotations", _RANGES), wrong


def _is_special(written: str) -> bool:
    given = ipaddress.ip_address(written)
    near = given.is_multicast and written.lower().startswith(("224.0.0.", "ff02:"))
    return given.is_unspecified or given.is_loopback or given.is_link_local or near


@on("discovery.v1.EndpointSlice")
def slices(value: dict[str, Any]) -> Wrong:
    """Addresses are of the family that the slice says; ports are told apart by name."""
    if not value.get("addressType"):
        yield ("addressType",), "`addressType` is required"
    for index, endpoint in maps(value.get("endpoints")):
        if not sequence(endpoint.get("addresses")):
            yield ("endpoints", index, "addresses"), "it needs an address"
        for number, each in enumerate(sequence(endpoint.get("addresses"))):
            family = {"IPv4": 4, "IPv6": 6}.get(text(value.get("addressType")))
            if family and (address(text(each)) or ipaddress.ip_address(each).version != family):
                yield (
                    ("endpoints", index, "addresses", number),
                    f"{brief(each)} is no address of {value['addressType']}",
                )
            elif family and _is_special(text(each)):
                path = ("endpoints", index, "addresses", number)
                yield path, f"{brief(each)} leads to no other machine"
    if len(maps(value.get("ports"))) > 1:
        for index, name in duplicates(value.get("ports"), "name"):
            yield ("ports", index, "name"), f"{brief(name)} stands twice"


@on("core.v1.Endpoints")
def subsets(value: dict[str, Any]) -> Wrong:
    """A subset has an address."""
    for index, subset in maps(value.get("subsets")):
        if not sequence(subset.get("addresses")) and not sequence(subset.get("notReadyAddresses")):
            yield ("subsets", index), "it needs `addresses` or `notReadyAddresses`"
        if len(maps(mapping(subset).get("ports"))) > 1:
            for number, port in maps(subset.get("ports")):
                if not port.get("name"):
                    yield ("subsets", index, "ports", number, "name"), "each of several ports needs a name"
