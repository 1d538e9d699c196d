"""Exchanges counted in equal spans of time, so that a hundred thousand fit on a page and no spike is lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from seatrial.judge.statistics import percentile
from seatrial.model.exchange import DROPPED, Exchange, ExchangeOutcome

_SMALL = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
_LARGE = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0)
NICE_SECONDS = (*_SMALL, *_LARGE, 86400.0)
"""Spans that people count in."""

LEAST_SECONDS = 0.1
"""No bucket is shorter: the rate in it would be noise."""
_REQUESTS_IN_EACH = 4
_LEAST_BUCKETS = 30


@dataclass(slots=True)
class Bucket:
    """What was planned in one span.

    Attributes:
        begin, end: monotonic seconds; the last bucket may be shorter than the others.
        latencies: seconds from planned time to answer, of the requests that were answered as expected.
        covered_seconds: from the last request planned before this span to the last one in it. A rate is
            counted over it: over the span itself 12 a second would read 10 and 14 in turn.
    """

    begin: float
    end: float
    ok: int = 0
    failed: int = 0
    unknown: int = 0
    dropped: int = 0
    latencies: list[float] = field(default_factory=list)
    covered_seconds: float = 0.0

    @property
    def offered(self) -> int:
        return self.ok + self.failed + self.unknown + self.dropped

    @property
    def bad(self) -> int:
        return self.failed + self.unknown + self.dropped

    def per_second(self, amount: int) -> float:
        return amount / (self.covered_seconds or self.end - self.begin)

    def quantile(self, percent: float) -> float | None:
        """See `percentile`; None without an answer."""
        return percentile(self.latencies, percent)


def nice_step(span: float, at_most: int) -> float:
    """The smallest nice span of which `at_most` cover `span` seconds."""
    return next((step for step in NICE_SECONDS if span / step <= at_most), span / at_most)


def buckets(exchanges: Sequence[Exchange], at_most: int = 240) -> list[Bucket]:
    """Exchanges by planned time, in at most `at_most` equal spans from the first to the last."""
    if not exchanges:
        return []
    first = min(exchange.planned_at for exchange in exchanges)
    last = max(exchange.planned_at for exchange in exchanges)
    most = min(at_most, max(len(exchanges) // _REQUESTS_IN_EACH, _LEAST_BUCKETS))
    step = max(nice_step(max(last - first, LEAST_SECONDS), max(most - 1, 1)), LEAST_SECONDS)
    amount = math.floor((last - first) / step) + 1
    found = [Bucket(first + step * n, first + step * (n + 1)) for n in range(amount)]
    latest = [-math.inf] * amount
    for exchange in exchanges:
        number = min(int((exchange.planned_at - first) / step), amount - 1)
        latest[number] = max(latest[number], exchange.planned_at)
        _count(found[number], exchange)
    # The schedule ended somewhere in the last span: its rate counts up to there, not to the span's end.
    spacing = (last - first) / (len(exchanges) - 1) if len(exchanges) > 1 else step
    found[-1].end = min(found[-1].end, max(last + spacing, found[-1].begin + step / 10))
    _cover(found, latest, first - spacing)
    for bucket in found:
        bucket.latencies.sort()
    return found


def _cover(found: Sequence[Bucket], latest: Sequence[float], before: float) -> None:
    """After a span without a request, or for requests at almost one time, the rate counts over the span."""
    for bucket, last in zip(found, latest, strict=True):
        if bucket.offered and math.isfinite(before):
            bucket.covered_seconds = max(last - before, (bucket.end - bucket.begin) / 2)
        before = last


def _count(bucket: Bucket, exchange: Exchange) -> None:
    if exchange.outcome is ExchangeOutcome.OK:
        bucket.ok += 1
        if exchange.latency_seconds is not None:
            bucket.latencies.append(exchange.latency_seconds)
    elif exchange.error == DROPPED:
        bucket.dropped += 1
    elif exchange.outcome is ExchangeOutcome.UNKNOWN:
        bucket.unknown += 1
    else:
        bucket.failed += 1


Point = tuple[float, float]


def thinned(points: Sequence[Point], at_most: int = 600) -> list[Point]:
    """Points of a curve in the order of time, of each span only the first, lowest, highest and last."""
    if len(points) <= at_most:
        return list(points)
    begin, span = points[0][0], max(points[-1][0] - points[0][0], 1e-9)
    parts = max(at_most // 4, 1)
    groups: list[list[Point]] = [[] for _ in range(parts)]
    for point in points:
        groups[min(int((point[0] - begin) / span * parts), parts - 1)].append(point)
    kept: list[Point] = []
    for group in groups:
        if group:
            lowest, highest = min(group, key=_value), max(group, key=_value)
            order = dict.fromkeys((group[0], lowest, highest, group[-1]))
            kept += sorted(order, key=lambda point: point[0])
    return kept


def _value(point: Point) -> float:
    return point[1]
