"""What a scenario may measure. Another measurement is one decorated function.

A measurement is a function of the context and its bound in seconds, with the step's arguments by name; it
yields one `Measurement` after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from seatrial.adapters import CouldNotTry, Refused
from seatrial.adapters.invariants import measure_invariants
from seatrial.adapters.store import Store, store_of
from seatrial.errors import SeatrialError
from seatrial.harness.context import Context
from seatrial.harness.way_in import RIGHTS as WAY_IN_RIGHTS
from seatrial.harness.way_in import look_behind
from seatrial.kube.connections import connections_of
from seatrial.kube.exec import EXEC
from seatrial.model.connection import CONNECTIONS
from seatrial.model.measurement import (
    ENTRY_SERVICE,
    STORE_ACTIVITY,
    Measurement,
    MeasurementOutcome,
    again_measurement,
)
from seatrial.model.right import Right
from seatrial.registry import Registry
from seatrial.traffic.again import send_again, writes_to_repeat
from seatrial.waiting import Ready, consistently

MOST_PODS = 4
"""Connections of more pods are not looked at: each look is a command in a pod."""


@dataclass(frozen=True)
class Measuring:
    """A measurement, and what it needs in the cluster beside what the watches need.

    Attributes:
        sends_load: whether it sends more requests than a person would, or writes, so that it needs consent.
    """

    make: Callable[..., Iterator[Measurement]]
    rights: tuple[Right, ...] = ()
    sends_load: bool = False


MEASUREMENTS: Registry[Measuring] = Registry("measurement", "seatrial.harness.looks")

Decorated = TypeVar("Decorated", bound=Callable[..., Iterator[Measurement]])


def measurement(
    name: str, *, rights: Iterable[Right] = (), sends_load: bool = False
) -> Callable[[Decorated], Decorated]:
    """Register a measurement under the name that `measure` steps use."""
    return MEASUREMENTS.decorator(name, lambda function: Measuring(function, tuple(rights), sends_load))


def out_of_time(kind: str, name: str, within_seconds: float) -> Measurement:
    """What is kept of a look for which no time was left: it is not one that found nothing."""
    now, reason = time.monotonic(), f"{within_seconds:g} s were over"
    return Measurement(kind, name, now, now, MeasurementOutcome.COULD_NOT_TRY, reason=reason)


@measurement("read-back")
def read_back(context: Context, within_seconds: float, *, journey: str) -> Iterator[Measurement]:
    """Looks for every write of a journey that was sent, where its `acknowledged.read` says."""
    began_at = time.monotonic()
    with context.session.http() as http:
        spec = context.session.system.journeys[journey]
        for read in http.read_back(context.exchanges, journey, spec, within_seconds=within_seconds):
            yield read.measurement(began_at)


@measurement("send-again")
def send_writes_again(
    context: Context, within_seconds: float, *, journey: str, at_most: int = 200
) -> Iterator[Measurement]:
    """Sends writes again with their keys, and keeps each answer; a later read-back looks for its ids, too."""
    ends_at = time.monotonic() + within_seconds
    writes = writes_to_repeat(context.exchanges, journey, at_most)
    with context.session.http() as http:
        for exchange in send_again(http, writes, journey, context.session.system.journeys[journey]):
            context.exchanges.append(exchange)
            yield again_measurement(exchange)
            if time.monotonic() > ends_at:
                return


@measurement("invariants")
def invariants(context: Context, within_seconds: float) -> Iterator[Measurement]:
    """Asks every invariant of the system file until it holds, or its time to converge is over."""
    session = context.session
    with session.http() as http:
        yield from measure_invariants(session.system, session.kube, http, within_seconds=within_seconds)


@measurement(ENTRY_SERVICE, rights=WAY_IN_RIGHTS)
def entry_service(
    context: Context,
    within_seconds: float,  # noqa: ARG001
    *,
    journey: str,
) -> Iterator[Measurement]:
    """Looks where the entry's address leads for the requests of a journey."""
    yield look_behind(context.session.kube, context.session.system, journey)


@measurement("store-activity")
def store_activity(context: Context, within_seconds: float) -> Iterator[Measurement]:  # noqa: ARG001
    """How much the store in the workload has done so far: shows whether traffic reaches it."""
    began_at = time.monotonic()
    outcome, value, reason = MeasurementOutcome.ANSWERED, {}, ""
    try:
        value = asdict(_store_in(context).activity())
    except Refused as error:
        outcome, reason = MeasurementOutcome.REFUSED, str(error)
    except SeatrialError as error:
        outcome, reason = MeasurementOutcome.COULD_NOT_TRY, str(error)
    yield Measurement(
        STORE_ACTIVITY, context.role, began_at, time.monotonic(), outcome, value, " ".join(reason.split())
    )


def _store_in(context: Context) -> Store:
    """The store whose server the workload holds, by the capabilities of the system file."""
    system = context.session.system
    for name, declared in system.capabilities.items():
        if (declared.role or name) == "store" and declared.arguments.get("workload") == context.role:
            return store_of(system, context.session.kube, name)
    raise CouldNotTry(f"no capability of the system file names the store in {context.role}")


@measurement(
    "connections", rights=[replace(EXEC, without="who closes idle connections first cannot be seen")]
)
def connections(
    context: Context, within_seconds: float, *, looks_seconds: tuple[float, ...]
) -> Iterator[Measurement]:
    """Lists the connections of the workload's pods at each of these seconds after the beginning."""
    began_at = time.monotonic()
    for look in looks_seconds:
        left = began_at + look - time.monotonic()
        if left > 0:
            consistently(lambda: Ready(None), for_seconds=left, what="connections lie idle")
        if time.monotonic() > began_at + within_seconds:
            yield out_of_time(CONNECTIONS, f"{look:g} s", within_seconds)
            return
        for pod in [pod for pod in context.pods() if pod.ready and not pod.deleting][:MOST_PODS]:
            yield _look(context, pod.name, next(iter(pod.requests), ""))


def _look(context: Context, pod: str, container: str) -> Measurement:
    began_at = time.monotonic()
    try:
        found = connections_of(context.session.kube, pod, container)
    except SeatrialError as error:
        outcome = MeasurementOutcome.COULD_NOT_TRY
        return Measurement(CONNECTIONS, pod, began_at, time.monotonic(), outcome, reason=error.what)
    value = {"connections": [one.plain() for one in found]}
    return Measurement(CONNECTIONS, pod, began_at, time.monotonic(), MeasurementOutcome.ANSWERED, value)
