"""Whether the address of the entry leads to the Service that the system file names behind it."""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from seatrial.cluster.published import published_to
from seatrial.declared.leads import Door, leads
from seatrial.errors import SeatrialError
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import Forbidden, NotFound
from seatrial.model.entry import USUAL_PORTS
from seatrial.model.measurement import ENTRY_SERVICE, ONE_NODE, Measurement, MeasurementOutcome
from seatrial.model.right import reading
from seatrial.model.system import System

KINDS = ("Service", "Ingress", "HTTPRoute", "Gateway", "Node", "Pod")
RIGHTS = reading(KINDS, "list", without="where the address of the entry leads may not be shown")
_FILLED_IN = re.compile(r"\{[^}]*\}")


def look_behind(kube: Kube, system: System, journey: str) -> Measurement:
    """What the cluster's objects show: answered where it is the Service of the system file.

    Args:
        journey: whose path is asked for, where routes decide.
    """
    began_at, service = time.monotonic(), system.entry.service_name
    unread: list[str] = []
    outcome, value, reason = MeasurementOutcome.COULD_NOT_TRY, {}, ""
    try:
        door = door_of(kube, system, journey)
        found = leads(door, _objects(kube, unread))
    except (SeatrialError, OSError) as error:
        reason = f"where {system.entry.address} leads could not be looked up: {error}"
    else:
        mine = next((lead for lead in found if lead.service == service), None)
        if mine is not None:
            outcome, value = MeasurementOutcome.ANSWERED, {"shown_by": mine.shown_by}
            value |= {ONE_NODE: mine.one_node} if mine.one_node else {}
        elif found:
            others = " and ".join(map(str, found))
            outcome = MeasurementOutcome.REFUSED
            reason = f"{system.entry.address} leads to {others}, not to Service {service}"
        else:
            unseen = f" ({', '.join(unread)} may not be listed)" if unread else ""
            reason = f"nothing in the cluster shows that {system.entry.address} leads to Service {service}"
            reason += unseen
    return Measurement(ENTRY_SERVICE, service, began_at, time.monotonic(), outcome, value, reason)


def door_of(kube: Kube, system: System, journey: str) -> Door:
    """The address of the entry as this machine asks it. Raises OSError: its host has no address."""
    parts = urlsplit(system.entry.address)
    host, scheme = parts.hostname or "", parts.scheme
    port = parts.port or USUAL_PORTS[scheme]
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    path = system.journeys[journey].request.path if journey in system.journeys else "/"
    path = _FILLED_IN.sub("x", path.partition("?")[0])
    published = published_to(port, server_port=_port_of(kube)) if _all_here({*found}) else None
    return Door(host, frozenset({host, *found}), port, path, scheme, published)


def _port_of(kube: Kube) -> int:
    return urlsplit(kube.server).port or USUAL_PORTS["https"]


def _all_here(addresses: Iterable[str]) -> bool:
    return all(ipaddress.ip_address(each.partition("%")[0]).is_loopback for each in addresses)


def _objects(kube: Kube, unread: list[str]) -> list[Object]:
    found: list[Object] = []
    for kind in KINDS:
        try:
            found += kube.objects(kind)
        except NotFound:
            continue  # the cluster does not serve it
        except Forbidden:
            unread.append(kube.resource(kind).plural)
    return [*found, *_gateways_elsewhere(kube, found)]


def _gateways_elsewhere(kube: Kube, objects: Iterable[Object]) -> Iterator[Object]:
    """Gateways of other namespaces that routes name, where they may be read."""
    routes = [each for each in objects if each["kind"] == "HTTPRoute"]
    refs = {
        (str(ref["namespace"]), str(ref["name"]))
        for route in routes
        for ref in route["spec"].get("parentRefs") or ()
        if ref.get("namespace", kube.namespace) != kube.namespace
    }
    for namespace, name in sorted(refs):
        try:
            if (gateway := kube.find("Gateway", name, namespace=namespace)) is not None:
                yield gateway
        except Forbidden:
            continue
