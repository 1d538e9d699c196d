"""Whether the entry answers as the journeys expect, and whether it is the workload that answers."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from seatrial.errors import SeatrialError
from seatrial.harness.doctor.finding import Finding, bad, note, ok
from seatrial.harness.sending import Sending
from seatrial.harness.way_in import look_behind
from seatrial.kube.client import Kube
from seatrial.kube.workloads import pods_of
from seatrial.model.measurement import Measurement
from seatrial.model.system import Journey, System
from seatrial.traffic.journey import HTTP1
from seatrial.waiting import NotYet, Ready, eventually

UNKNOWN = ".invalid"
"""How a host ends that nobody has filled in yet."""
_LOG_SECONDS = 3.0
_SHOW_IT = (
    "Name the response header that says which pod answered (`entry.served_by`), or the Service that the "
    "entry's address leads to (`entry.service`), and a `journey` that the workload itself answers."
)
_READING = ("GET", "HEAD")
Look = Callable[[str], Measurement]
"""Where the entry leads for a journey; each is looked up once."""


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
    look = functools.cache(lambda journey: look_behind(kube, system, journey))
    with Sending(kube, system, image) as sending:
        if system.entry.in_cluster:
            clock = sending.clock()
            yield ok("entry", f"requests are sent by {sending.where}, which was made for this; {clock}")
        if system.entry.claims_service:
            yield from _leads(system, look)
        yield from _journeys(kube, system, sending, look)


def _leads(system: System, look: Look) -> Iterator[Finding]:
    """Whether the address leads to the Service that the file names, asked for the path of each journey."""
    said: set[str] = set()
    for role in _tested(system):
        seen = look(system.journey_of(role))
        shown = f"{system.entry.address} leads to Service {seen.name}: {seen.value.get('shown_by')}"
        text = shown if seen.answered else seen.reason
        if text not in said:
            said.add(text)
            yield ok("entry", text) if seen.answered else note("entry", text, _SHOW_IT)


def _journeys(kube: Kube, system: System, sending: Sending, look: Look) -> Iterator[Finding]:
    tested = set(_tested(system))
    for name, journey in system.journeys.items():
        roles = [role for role in system.lookup.exercised.get(name, ()) if role in tested]
        if journey.protocol != HTTP1 or journey.request.method not in _READING:
            yield note("entry", f"journey {name} was not sent: it may change something")
            continue
        yield from _sent(kube, system, sending, name, journey, roles, look)


def _tested(system: System) -> list[str]:
    """The workloads that a scenario may be about; the others only stand on the way of requests."""
    return [
        role for role, each in system.workloads.items() if each.stateless or each.stateful or each.autoscaled
    ]


def _sent(
    kube: Kube,
    system: System,
    sending: Sending,
    name: str,
    journey: Journey,
    roles: Sequence[str],
    look: Look,
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
            if exchange.error.startswith("certificate refused"):
                advice = "Name the certificate of whoever signed it: `entry.ca`, a PEM file"
            yield bad("entry", f"{what}: {exchange.error}", advice)
            return
        took = (exchange.latency_seconds or 0.0) * 1000
        yield ok("entry", f"{what}: {exchange.status} after {took:.0f} ms")
    for role in roles:
        yield _who(kube, system, role, mark, exchanges[-1].backend if exchanges else "", look)


def _who(kube: Kube, system: System, role: str, mark: str, told: str, look: Look) -> Finding:
    """By whom the request was answered, as far as a run could tell."""
    workload = system.workloads[role]
    try:
        pods = pods_of(kube, workload.kind, workload.name)
        if name := _named(told, role, workload.name, pods):
            return ok("answered", f"{role}: the answer names {name}")
        gap = _service_gap(kube, system, role, pods, look)
        if not gap:
            service = system.entry.service_name
            return ok("answered", f"{role}: the entry is Service {service}, which selects its pods only")
        seen = f"its header names {told}, which is not one of them" if told else "the answer names nobody"
        logged = _logged_by(kube, [str(each["metadata"]["name"]) for each in pods], mark)
    except SeatrialError as error:
        return note("answered", f"{role}: who answered cannot be told: {error.what}", error.next_step)
    if logged:
        seen += f"; the log of pod {logged} has the request, which a run does not read"
    made = bad if workload.stateless and system.consent.disruptive else note
    return made("answered", f"{role}: a run could not tell who answered: {seen}; {gap}", _SHOW_IT)


def _named(told: str, role: str, workload: str, pods: Sequence[Any]) -> str:
    """The one of these pods, or the workload, that the header of the answer names; empty for none."""
    mine = {role, workload}
    for pod in pods:
        mine |= {str(pod["metadata"]["name"]), str((pod.get("status") or {}).get("podIP") or role)}
    return next((name for part in told.split(",") if (name := part.strip()) in mine), "")


def _service_gap(kube: Kube, system: System, role: str, pods: Sequence[Any], look: Look) -> str:
    """Why the Service behind the entry does not show that these pods answer; empty when it does."""
    service = system.entry.service_name
    if not service:
        return "no Service is named behind the entry"
    mine = {pod["metadata"]["name"] for pod in pods}
    slices = kube.objects("EndpointSlice", selector=f"kubernetes.io/service-name={service}")
    behind = {
        str((endpoint.get("targetRef") or {}).get("name", ""))
        for each in slices
        for endpoint in each.get("endpoints") or ()
    }
    if not behind:
        return f"Service {service} has no endpoints"
    if not behind <= mine:
        return f"Service {service} selects not only pods of {role}"
    if not system.entry.claims_service:
        return ""
    seen = look(system.journey_of(role))
    return "" if seen.answered else seen.reason


def _logged_by(kube: Kube, pods: Sequence[str], mark: str) -> str:
    """The pod whose log has the mark; empty when none has it after a moment."""

    def found() -> Ready[str] | NotYet:
        hits = [pod for pod in pods if mark in kube.logs(pod)]
        return Ready(hits[0]) if hits else NotYet("no log has it")

    try:
        return eventually(found, within_seconds=_LOG_SECONDS, what="the request in a log", every_seconds=0.5)
    except SeatrialError:
        return ""
