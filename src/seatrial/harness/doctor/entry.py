"""Whether the entry answers as the journeys expect, and whether it is the workload that answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from seatrial.errors import SeatrialError
from seatrial.harness.doctor.finding import Finding, bad, note, ok
from seatrial.harness.sending import Sending
from seatrial.kube.client import Kube
from seatrial.kube.workloads import pods_of, selector_text
from seatrial.model.entry import Entry
from seatrial.model.system import Journey, System
from seatrial.traffic.journey import HTTP1
from seatrial.waiting import NotYet, Ready, eventually

UNKNOWN = ".invalid"
"""How a host ends that nobody has filled in yet."""
_LOG_SECONDS = 3.0
_READING = ("GET", "HEAD")


def examine_entry(kube: Kube, system: System, image: Callable[[], str]) -> Iterator[Finding]:
    """What became of one request of each journey that only reads; writes are not sent.

    Args:
        image: gives the reference of the helper image, for an entry inside the cluster.
    """
    address = system.entry.address
    if (urlsplit(address).hostname or "").endswith(UNKNOWN):
        yield bad("entry", f"{address} is not filled in", "Name the address that clients use: entry.url")
        return
    if system.entry.in_cluster and (gap := system.consent_gap(kube.context, kube.namespace)):
        yield note(
            "entry", f"nothing was sent: {address} is inside the cluster, which takes a Job, and {gap}",
            "Set `consent` where a Job in the namespace is welcome, or name an `entry.url`.",
        )  # fmt: skip
        return
    with Sending(kube, system, image) as sending:
        if system.entry.in_cluster:
            clock = sending.clock()
            yield ok("entry", f"requests are sent by {sending.where}, which was made for this; {clock}")
        yield from _journeys(kube, system, sending)


def _journeys(kube: Kube, system: System, sending: Sending) -> Iterator[Finding]:
    for name, journey in system.journeys.items():
        roles = [role for role in system.workloads if system.journey_of(role) == name]
        if journey.protocol != HTTP1 or journey.request.method not in _READING:
            yield note("entry", f"journey {name} was not sent: it may change something")
            continue
        yield from _sent(kube, system, sending, name, journey, roles)


def _sent(
    kube: Kube, system: System, sending: Sending, name: str, journey: Journey, roles: Sequence[str]
) -> Iterator[Finding]:
    mark = f"seatrial-doctor-{uuid.uuid4().hex[:12]}"
    headers = {**journey.request.headers, "X-Request-Id": mark}
    marked = journey.model_copy(update={"request": journey.request.model_copy(update={"headers": headers})})
    try:
        with sending.http() as http:
            exchanges = http.once(name, marked)
    except SeatrialError as error:
        yield bad("entry", f"journey {name} cannot be sent: {error.what}", error.next_step)
        return
    for exchange in exchanges:
        what = f"journey {name}: {journey.request.method} {system.entry.address}{journey.request.path}"
        if not exchange.ok:
            advice = f"Expected {journey.expect.status}; correct journeys.{name} or `entry`"
            if exchange.status is None and (refused := sending.refused_by()):
                advice = refused
            yield bad("entry", f"{what}: {exchange.error}", advice)
            return
        took = (exchange.latency_seconds or 0.0) * 1000
        yield ok("entry", f"{what}: {exchange.status} after {took:.0f} ms")
    for role in roles:
        yield _who(kube, system, role, mark)


def _who(kube: Kube, system: System, role: str, mark: str) -> Finding:
    """By whom the request was answered, as far as it can be told."""
    workload = system.workloads[role]
    try:
        pods = pods_of(kube, workload.kind, workload.name)
        if pod := _logged_by(kube, [str(each["metadata"]["name"]) for each in pods], mark):
            return ok("answered", f"{role}: the log of pod {pod} has the request")
        if service := _own_service(kube, system, pods):
            return ok("answered", f"{role}: the entry is Service {service}, which selects its pods only")
    except SeatrialError as error:
        return note("answered", f"{role}: who answered cannot be told: {error.what}", error.next_step)
    return note(
        "answered", f"{role}: who answered cannot be told: no log of its {len(pods)} pods has the request",
        "Log the header X-Request-Id, or see that `journey` of this workload is one whose requests reach it.",
    )  # fmt: skip


def _logged_by(kube: Kube, pods: Sequence[str], mark: str) -> str:
    """The pod whose log has the mark; empty when none has it after a moment."""

    def found() -> Ready[str] | NotYet:
        hits = [pod for pod in pods if mark in kube.logs(pod)]
        return Ready(hits[0]) if hits else NotYet("no log has it")

    try:
        return eventually(found, within_seconds=_LOG_SECONDS, what="the request in a log", every_seconds=0.5)
    except SeatrialError:
        return ""


def _own_service(kube: Kube, system: System, pods: Sequence[Any]) -> str:
    """The Service of the entry, by its name or its port, when every pod behind it is one of these."""
    mine = {pod["metadata"]["name"] for pod in pods}
    for service in kube.objects("Service"):
        selector = service["spec"].get("selector") or {}
        if not selector or not _is_of_entry(service, system.entry):
            continue
        behind = {
            pod["metadata"]["name"]
            for pod in kube.objects("Pod", selector=selector_text({"matchLabels": selector}))
        }
        if behind and behind <= mine:
            return str(service["metadata"]["name"])
    return ""


def _is_of_entry(service: Any, entry: Entry) -> bool:
    if entry.service_name:
        return bool(service["metadata"]["name"] == entry.service_name)
    port = urlsplit(entry.address).port
    ports = [each.get("nodePort") for each in service["spec"].get("ports") or ()]
    return port is not None and port in ports
