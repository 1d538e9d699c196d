"""Recovery by phase, never one number (DESIGN section 7).

Each phase is given in seconds after the fault was accepted, with its resolution. A change that a watch saw
happen is timed by the arrival of its event: an upper bound that is some milliseconds late. Where the first
sight of an object already had it, the API server's own time is used: one second, plus the clock's error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from seatrial.judge.pods import endpoint_ready, replacement_of
from seatrial.judge.statistics import MINIMUM_SAMPLES, SLOW_FRACTION_ALLOWED, percentile, wilson
from seatrial.judge.windows import failures, fault_end
from seatrial.judge.wording import seconds
from seatrial.model.exchange import DROPPED, Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, PodSeen, Timeline

WATCH_RESOLUTION_SECONDS = 0.05
"""How late a watch event may be (floors of DESIGN section 9: 29 ms for a deletion)."""

SERVER_RESOLUTION_SECONDS = 1.0
"""The API server's times are whole seconds."""

BAND_FACTOR = 2.0
"""Latency is back in its band when it is at most this many times the 99th percentile of the control."""

BAND_OF_OBJECTIVE = 0.25
"""The band is never narrower than this part of the objective of the 99th percentile.

A system at rest answers many times faster than it promises; that pods which start beside it take some of the
CPU is nothing that its clients would miss.
"""

BAND_HELD_SECONDS = 5
"""For how many seconds in a row the band must hold."""


@dataclass(frozen=True)
class Moment:
    """Seconds after the acceptance of the fault, true to `resolution_seconds`."""

    seconds: float
    resolution_seconds: float

    def __str__(self) -> str:
        coarse = self.resolution_seconds >= SERVER_RESOLUTION_SECONDS
        return f"{self.seconds:.0f} s (+-{self.resolution_seconds:.0f})" if coarse else seconds(self.seconds)


@dataclass(frozen=True)
class Phases:
    """Each None when it was not seen: for a client error that means that there was none.

    Attributes:
        latency_back: from when on latency stayed in its band; 0 when it never left it.
    """

    first_error: Moment | None = None
    last_error: Moment | None = None
    created: Moment | None = None
    scheduled: Moment | None = None
    started: Moment | None = None
    ready: Moment | None = None
    serving: Moment | None = None
    latency_back: Moment | None = None

    def __iter__(self) -> Iterator[tuple[str, Moment | None]]:
        return ((field.name, getattr(self, field.name)) for field in fields(self))

    def sentence(self) -> str:
        """All phases in one line, in the order of time."""
        shown = [(moment.seconds, f"{WORDS[name]} {moment}") for name, moment in self if moment is not None]
        return ", ".join(text for _, text in sorted(shown, key=lambda item: item[0]))


WORDS = {
    "first_error": "first client error",
    "last_error": "last client error",
    "created": "replacement created",
    "scheduled": "scheduled",
    "started": "started",
    "ready": "Ready",
    "serving": "endpoint serving",
    "latency_back": "latency back",
}


def phases(observation: Observation, fault: FaultRecord, service: str = "") -> Phases:
    """The phases of the recovery from `fault`.

    Client errors and latency are looked for up to the next fault's acceptance.

    Args:
        service: the Service whose endpoints count; empty for every one that lists the replacement.
    """
    until = min(
        (f.injected_at for f in observation.faults if f.injected_at > fault.injected_at), default=math.inf
    )
    mine = [e for e in observation.exchanges if _concerns(e, fault.injected_at, until)]
    errors = [max(e.planned_at - fault.injected_at, 0.0) for e in failures(mine)]
    first = Moment(min(errors), _spacing(mine)) if errors else None
    last = Moment(max(errors), _spacing(mine)) if errors else None
    back = _latency_back(observation, fault, until)
    timeline = observation.timeline
    states = replacement_of(timeline, fault) if timeline is not None else ()
    if timeline is None or not states:
        return Phases(first_error=first, last_error=last, latency_back=back)
    fresh = states[0].uid != fault.target.uid
    serving = endpoint_ready(timeline, states[0].name, fault.injected_at, service)
    return Phases(
        first_error=first,
        last_error=last,
        created=_created(timeline, states, fault) if fresh else None,
        scheduled=_change(timeline, states, fault, lambda s: bool(s.node), "scheduled_at") if fresh else None,
        started=_change(timeline, states, fault, lambda s: s.started_at is not None, "started_at"),
        ready=_change(timeline, states, fault, lambda s: s.ready, "ready_at"),
        serving=None if serving is None else Moment(serving - fault.injected_at, WATCH_RESOLUTION_SECONDS),
        latency_back=back,
    )


def _concerns(exchange: Exchange, injected_at: float, until: float) -> bool:
    """Planned between this fault and the next, or in flight when it was accepted."""
    completed = math.inf if exchange.completed_at is None else exchange.completed_at
    return exchange.planned_at < until and completed > injected_at and exchange.error != DROPPED


def _spacing(exchanges: Sequence[Exchange]) -> float:
    """The mean time between two requests: how finely they can time anything."""
    moments = [exchange.planned_at for exchange in exchanges]
    return (max(moments) - min(moments)) / max(len(moments) - 1, 1)


def _created(timeline: Timeline, states: Sequence[PodSeen], fault: FaultRecord) -> Moment:
    first = states[0]
    if first.change is Change.ADDED or first.created_at is None:
        return Moment(first.at - fault.injected_at, WATCH_RESOLUTION_SECONDS)
    return _server_moment(timeline, first.created_at, fault)


def _change(
    timeline: Timeline,
    states: Sequence[PodSeen],
    fault: FaultRecord,
    holds: Callable[[PodSeen], bool],
    server_time: str,
) -> Moment | None:
    """When `holds` became true: by the watch when it saw the change, else by the server's time.

    The states of a restarted container begin with a change that was seen.
    """
    restarted = states[0].uid == fault.target.uid
    for before, state in zip((None, *states), states, strict=False):
        if holds(state):
            at: float | None = getattr(state, server_time)
            if before is not None or restarted or at is None:
                return Moment(state.at - fault.injected_at, WATCH_RESOLUTION_SECONDS)
            return _server_moment(timeline, at, fault)
    return None


def _server_moment(timeline: Timeline, at: float, fault: FaultRecord) -> Moment:
    resolution = SERVER_RESOLUTION_SECONDS + timeline.clock.error_seconds
    return Moment(max(at - fault.injected_at, 0.0), resolution)


def _latency_back(observation: Observation, fault: FaultRecord, until: float) -> Moment | None:
    """From which second on latency was in its band until the fault settled, `BAND_HELD_SECONDS` at least.

    None when it never was. The band comes from the traffic before the first fault. A second is in it when
    some request was planned in it and none failed, and when of those from it on, for `BAND_HELD_SECONDS`,
    not surely more than one in a hundred was slower: a second alone has too few for a 99th percentile.
    """
    control = control_latencies(observation)
    quiet = percentile(control, 99)
    by_second: dict[int, list[float]] = {}
    for exchange in observation.exchanges:
        if fault.injected_at <= exchange.planned_at < until and exchange.error != DROPPED:
            latency = exchange.latency_seconds if exchange.ok else None
            second = int(exchange.planned_at - fault.injected_at)
            by_second.setdefault(second, []).append(math.inf if latency is None else latency)
    if quiet is None or len(control) < MINIMUM_SAMPLES or not by_second:
        return None
    band = max(quiet * BAND_FACTOR, BAND_OF_OBJECTIVE * observation.objectives.latency_p99_ms / 1000)
    good = {second for second in by_second if _within(by_second, second, band)}
    settled = fault_end(fault) - fault.injected_at
    last = max(by_second) + 1 if math.isinf(settled) else math.ceil(settled)
    for second in sorted(good):
        if all(s in good for s in range(second, max(second + BAND_HELD_SECONDS, last))):
            return Moment(float(second), 0.0 if second == 0 else 1.0)
    return None


def control_latencies(observation: Observation) -> list[float]:
    """Of the requests that were answered before the first fault, in seconds."""
    first = min(fault.injected_at for fault in observation.faults)
    latencies = (e.latency_seconds for e in observation.exchanges if e.ok and e.planned_at < first)
    return [latency for latency in latencies if latency is not None]


def _within(by_second: Mapping[int, Sequence[float]], second: int, band: float) -> bool:
    seen = [by_second.get(each, ()) for each in range(second, second + BAND_HELD_SECONDS)]
    latencies = [latency for each in seen for latency in each]
    slow = sum(latency > band for latency in latencies)
    too_slow = wilson(slow, len(latencies)).above(SLOW_FRACTION_ALLOWED)
    return math.inf not in by_second[second] and not too_slow
