"""Ingress and network policies."""

from __future__ import annotations

import ipaddress
from typing import Any

from seatrial.declared.server.formats import address, path_segment, subdomain
from seatrial.declared.server.registry import Wrong, exactly_one, on
from seatrial.declared.values import brief, dig, mapping, sequence, text, whole

_CLASS = "kubernetes.io/ingress.class"


@on("networking.v1.IngressSpec")
def something(spec: dict[str, Any]) -> Wrong:
    """An Ingress sends requests somewhere."""
    if not spec.get("rules") and spec.get("defaultBackend") is None:
        yield (), "it needs `rules` or `defaultBackend`"


@on("networking.v1.Ingress")
def one_class(ingress: dict[str, Any]) -> Wrong:
    """The old annotation says what the field says."""
    written, old = dig(ingress, "spec", "ingressClassName"), dig(ingress, "metadata", "annotations", _CLASS)
    if written is not None and old is not None and written != old:
        yield ("spec", "ingressClassName"), f"{brief(written)} is not what the annotation says, {brief(old)}"


@on("networking.v1.IngressBackend")
def backend(value: dict[str, Any]) -> Wrong:
    """A backend is a Service or a resource."""
    yield from exactly_one(value, ("service", "resource"), "a backend")
    resource = mapping(value.get("resource"))
    for field in ("kind", "name") if value.get("resource") is not None else ():
        if not resource.get(field):
            yield ("resource", field), f"`{field}` is required"
    if resource.get("apiGroup") and (wrong := subdomain(text(resource["apiGroup"]))):
        yield ("resource", "apiGroup"), wrong
    for field in ("kind", "name"):
        if wrong := path_segment(text(resource.get(field))):
            yield ("resource", field), wrong


@on("networking.v1.IngressServiceBackend")
def backend_port(value: dict[str, Any]) -> Wrong:
    """A Service's port is given by its number or by its name."""
    port = mapping(value.get("port"))
    named, numbered = bool(port.get("name")), bool(port.get("number"))
    if named and numbered:
        yield ("port",), "`name` and `number` may not be set together"
    elif not named and not numbered:
        yield ("port",), "it needs `name` or `number`"


@on("networking.v1.HTTPIngressPath")
def path(value: dict[str, Any]) -> Wrong:
    """A path begins at the root; what a prefix means is written plainly."""
    kind, written = value.get("pathType"), text(value.get("path"))
    if kind in ("Exact", "Prefix"):
        if not written.startswith("/"):
            yield ("path",), f"{brief(written)} must begin with `/`"
        for part in ("//", "/./", "/../", "%2f", "%2F"):
            if part in written:
                yield ("path",), f"{brief(written)} may not contain `{part}`"
        for part in ("/..", "/."):
            if written.endswith(part):
                yield ("path",), f"{brief(written)} may not end with `{part}`"
    elif kind == "ImplementationSpecific" and written and not written.startswith("/"):
        yield ("path",), f"{brief(written)} must begin with `/`"


@on("networking.v1.NetworkPolicyPeer")
def peer(value: dict[str, Any]) -> Wrong:
    """A peer is a block of addresses, or pods and namespaces."""
    selected = [field for field in ("podSelector", "namespaceSelector") if value.get(field) is not None]
    if value.get("ipBlock") is None and not selected:
        yield (), "it needs podSelector, namespaceSelector or ipBlock"
    elif value.get("ipBlock") is not None and selected:
        yield (selected[0],), "may not be set beside `ipBlock`"


@on("networking.v1.NetworkPolicyPort")
def port_range(value: dict[str, Any]) -> Wrong:
    """A range begins with a number, and does not end before it."""
    if value.get("protocol") == "":
        yield ("protocol",), "it is empty; leave it out for TCP"
    end, begin = whole(value.get("endPort")), value.get("port")
    if end is None:
        return
    if begin.__class__ is str or begin is None:
        yield ("endPort",), "needs a `port` that is a number"
    elif end < int(begin):
        yield ("endPort",), f"{end} is less than the port {begin}"


@on("networking.v1.IPBlock")
def excepted(value: dict[str, Any]) -> Wrong:
    """What is excepted lies within the block."""
    try:
        block = ipaddress.ip_network(text(value.get("cidr")), strict=False)
        inner = [ipaddress.ip_network(text(each), strict=False) for each in sequence(value.get("except"))]
    except ValueError:
        return
    for index, each in enumerate(inner):
        if each.version != block.version or not each.subnet_of(block) or each == block:  # type: ignore[arg-type]
            yield ("except", index), f"{each} does not lie within {block}"


@on("networking.v1.NetworkPolicySpec")
def directions(spec: dict[str, Any]) -> Wrong:
    """At most the two directions."""
    if len(sequence(spec.get("policyTypes"))) > 2:
        yield ("policyTypes",), "there are only Ingress and Egress"


@on("networking.v1.IPAddress")
def own_address(value: dict[str, Any]) -> Wrong:
    """An address is its object's name."""
    if wrong := address(text(dig(value, "metadata", "name"))):
        yield ("metadata", "name"), wrong


@on("networking.v1.IngressClassParametersReference")
def parameters(value: dict[str, Any]) -> Wrong:
    """Parameters in a namespace name it, others do not."""
    if value.get("scope") == "Namespace" and not value.get("namespace"):
        yield ("namespace",), "`scope: Namespace` needs it"
    if value.get("scope") in (None, "Cluster") and value.get("namespace"):
        yield ("namespace",), "may not be set where `scope` is Cluster"


@on("core.v1.NamespaceSpec")
def finalizers(value: dict[str, Any]) -> Wrong:
    """Finalizers of a namespace have a domain."""
    for index, each in enumerate(sequence(value.get("finalizers"))):
        if "/" not in text(each) and each != "kubernetes":
            yield ("finalizers", index), f"{brief(each)} has no domain"
