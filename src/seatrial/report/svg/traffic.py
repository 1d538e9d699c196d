"""Lanes of what clients saw: requests offered and answered, requests lost, latency."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from seatrial.judge.statistics import percentile
from seatrial.model.exchange import Exchange
from seatrial.report.series import Bucket, Point
from seatrial.report.svg.axis import Axis
from seatrial.report.svg.lane import Key, Lane, curves, lane, nice_top
from seatrial.report.svg.markup import area_path, element, line_path, percent, step_path
from seatrial.report.text import count, latency, number

REQUESTS_HEIGHT = 72.0
LOST_HEIGHT = 56.0
LATENCY_HEIGHT = 108.0
_LEAST_BAR = 3.0
"""Pixels: one lost request among a hundred thousand must be seen."""
_LEAST_LATENCY_SECONDS = 0.0001


def requests_lane(identity: str, axis: Axis, found: Sequence[Bucket]) -> Lane:
    """Offered rate as a line over the rate that was answered as expected."""
    highest = max(bucket.per_second(bucket.offered) for bucket in found)
    top = nice_top(highest)
    height = REQUESTS_HEIGHT

    def y(rate: float) -> float:
        return height - rate / top * (height - 4)

    offered = [(axis.x(b.begin), y(b.per_second(b.offered))) for b in found]
    answered = _stairs(axis, found, lambda b: y(b.per_second(b.ok)))
    base = [(x, height) for x, _ in answered]
    total, ok = sum(b.offered for b in found), sum(b.ok for b in found)
    finding = (
        f"{count(total, 'request')} planned, up to {number(round(highest, 1))} a second; "
        f"{'all' if ok == total else f'{ok:,}'} answered as expected."
    )
    until = axis.x(found[-1].end)
    return lane(
        identity,
        "Requests a second",
        finding,
        height + 2,
        [curves(height, ("answered", area_path(answered, base)), ("offered", step_path(offered, until)))],
        labels=[(y(top), number(top)), (y(top / 2), number(top / 2)), (height, "0")],
        keys=[Key("offered", "planned", "line"), Key("answered", "answered as expected")],
    )


def _stairs(axis: Axis, found: Sequence[Bucket], y: Callable[[Bucket], float]) -> list[Point]:
    """Both ends of each bucket, so that an area has steps."""
    return [point for b in found for point in ((axis.x(b.begin), y(b)), (axis.x(b.end), y(b)))]


def lost_lane(identity: str, axis: Axis, found: Sequence[Bucket], exchanges: Sequence[Exchange]) -> Lane:
    """Failed, unknown and dropped requests as stacked bars; even a single one can be seen."""
    bad = [bucket for bucket in found if bucket.bad]
    finding = _lost_finding(axis, found, exchanges)
    if not bad:
        calm = element("line", x1="0", x2="100%", y1=6, y2=6, class_="grid")
        return lane(identity, "Requests lost", finding, 10, [calm])
    top = nice_top(max(bucket.bad for bucket in bad))
    bars = [_bar(axis, bucket, top) for bucket in bad]
    every = (
        ("failed", "failed: surely not applied"),
        ("unknown", "unknown: sent, no answer"),
        ("dropped", "dropped by the generator"),
    )
    keys = [Key(kind, text) for kind, text in every if any(getattr(bucket, kind) for bucket in bad)]
    width = found[0].end - found[0].begin
    name = f"Requests lost, in each {number(width)} s"
    return lane(
        identity, name, finding, LOST_HEIGHT + 2, bars,
        labels=[(4, number(top)), (LOST_HEIGHT, "0")], keys=keys,
    )  # fmt: skip


def _bar(axis: Axis, bucket: Bucket, top: float) -> Markup:
    left = axis.percent(bucket.begin)
    width = max(axis.percent(bucket.end) - left, 0.25)
    parts = [(kind, getattr(bucket, kind)) for kind in ("failed", "unknown", "dropped")]
    bottom = LOST_HEIGHT
    drawn: list[Markup] = []
    for kind, amount in parts:
        if amount:
            tall = max(amount / top * (LOST_HEIGHT - 4), _LEAST_BAR)
            drawn.append(
                element(
                    "rect", x=percent(left), width=percent(width), y=bottom - tall, height=tall, class_=kind
                )
            )
            bottom -= tall
    words = ", ".join(f"{amount} {kind}" for kind, amount in parts if amount)
    title = element("title", f"{axis.since(bucket.begin)}: {words} of {bucket.offered}")
    return element("g", title, *drawn)


def _lost_finding(axis: Axis, found: Sequence[Bucket], exchanges: Sequence[Exchange]) -> str:
    failed, unknown, dropped = (
        sum(b.failed for b in found), sum(b.unknown for b in found), sum(b.dropped for b in found),
    )  # fmt: skip
    if not failed + unknown + dropped:
        return "No request was lost."
    times = [exchange.planned_at for exchange in exchanges if not exchange.ok]
    amounts = (
        (failed, "failed"),
        (unknown, "without a known outcome"),
        (dropped, "dropped by the generator"),
    )
    words = ", ".join(f"{amount:,} {text}" for amount, text in amounts if amount)
    if len(times) == 1:
        return f"{words}, planned at {axis.since(times[0])}."
    return (
        f"{words}; the first was planned at {axis.since(min(times))}, the last at {axis.since(max(times))}."
    )


def latency_lane(
    identity: str, axis: Axis, found: Sequence[Bucket], objective_seconds: float | None
) -> Lane | None:
    """Median, 99th percentile and slowest of each span, from the planned time; None without any answer."""
    everything = sorted(itertools.chain.from_iterable(bucket.latencies for bucket in found))
    if not everything:
        return None
    low, high = _decades(everything, objective_seconds)
    height = LATENCY_HEIGHT

    def y(seconds: float) -> float:
        share = (math.log10(max(seconds, _LEAST_LATENCY_SECONDS)) - low) / (high - low)
        return height - min(max(share, 0.0), 1.0) * (height - 6)

    pieces = [list(piece) for has, piece in itertools.groupby(found, lambda b: bool(b.latencies)) if has]
    median, tail = ([_curve(axis, piece, q, y) for piece in pieces] for q in (50, 99))
    spread = "".join(
        area_path(_curve(axis, piece, 100, y), _curve(axis, piece, 0, y))
        for piece in pieces
        if len(piece) > 1
    )
    lonely = line_path(_curve(axis, piece, 100, y) for piece in pieces if len(piece) == 1)
    body = [
        curves(
            height, ("spread", spread), ("p99", lonely), ("p50", line_path(median)), ("p99", line_path(tail))
        )
    ]
    keys = [
        Key("p50", "median", "line"),
        Key("p99", "99th percentile", "line"),
        Key("spread", "fastest to slowest"),
    ]
    if objective_seconds is not None:
        at = y(objective_seconds)
        body.append(element("line", x1="0", x2="100%", y1=at, y2=at, class_="objective"))
        keys.append(Key("objective", f"objective of p99: {latency(objective_seconds)}", "line"))
    return lane(
        identity,
        "Latency",
        _latency_finding(everything, objective_seconds),
        height + 4,
        body,
        labels=[(y(10.0**power), latency(10.0**power)) for power in range(low, high + 1)],
        keys=keys,
    )


def _curve(axis: Axis, piece: Sequence[Bucket], q: float, y: Callable[[float], float]) -> list[Point]:
    return [(axis.x((b.begin + b.end) / 2), y(b.quantile(q) or 0.0)) for b in piece]


def _decades(everything: Sequence[float], objective_seconds: float | None) -> tuple[int, int]:
    """Powers of ten that hold all latencies and the objective."""
    lowest = max(min(everything[0], objective_seconds or everything[0]), _LEAST_LATENCY_SECONDS)
    highest = max(everything[-1], objective_seconds or 0.0, _LEAST_LATENCY_SECONDS)
    low = math.floor(math.log10(lowest))
    return low, max(math.ceil(math.log10(highest)), low + 1)


def _latency_finding(everything: Sequence[float], objective_seconds: float | None) -> str:
    half, tail = percentile(everything, 50) or 0.0, percentile(everything, 99) or 0.0
    finding = f"Half within {latency(half)}, 99 % within {latency(tail)}, slowest {latency(everything[-1])}"
    if objective_seconds is None:
        return f"{finding}."
    kept = "within" if tail <= objective_seconds else "above"
    return f"{finding}; p99 {kept} its objective of {latency(objective_seconds)}."
