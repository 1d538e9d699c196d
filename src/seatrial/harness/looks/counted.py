"""The system's own counter of requests, as its metrics tell it, and requests that it must count as errors."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator

from seatrial.adapters import Refused
from seatrial.adapters.metrics import Metrics, Series, metrics_of
from seatrial.errors import SeatrialError, WaitExpired
from seatrial.harness.context import Context
from seatrial.harness.measuring import measurement
from seatrial.model.counted import COUNTER, WRONG_REQUESTS, CounterRead, CounterSeries
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.request import Counted
from seatrial.waiting import NotYet, Ready, eventually

BACK_SECONDS = 600
"""How far back it is read, so that the second reading holds all that happened since the first."""
USUAL_INTERVAL_SECONDS = 15.0
"""Where nothing says how often metrics are collected."""
WRONG = 30
"""Requests that must be counted as errors: few, for each is one round trip."""


@measurement(COUNTER)
def request_counter(context: Context, within_seconds: float, *, journey: str) -> Iterator[Measurement]:
    """Reads the counter of a journey again and again until it was collected twice and stood still."""
    series = _counted(context, journey).series
    yield counter_look(context, COUNTER, series, read_until_still, within_seconds)


def counter_look(
    context: Context, kind: str, selector: str, read: Callable[..., CounterRead], within_seconds: float
) -> Measurement:
    """A counter as `read` finds it in the system's metrics, as a measurement, or why it cannot be read."""
    began_at, session = time.monotonic(), context.session
    try:
        metrics = metrics_of(session.system, session.kube, session.system.metrics)
        found = read(metrics, selector, within_seconds=within_seconds)
    except SeatrialError as error:
        refused = isinstance(error, Refused)
        outcome = MeasurementOutcome.REFUSED if refused else MeasurementOutcome.COULD_NOT_TRY
        return Measurement(kind, selector, began_at, time.monotonic(), outcome, reason=error.what)
    return found.measurement(selector, began_at, time.monotonic(), kind=kind)


def read_until_still(metrics: Metrics, selector: str, *, within_seconds: float) -> CounterRead:
    """The counter after two collections from now on, in which no series moved; or as it is in the end.

    Raises:
        Refused, CouldNotTry: it cannot be read.
    """
    asked_at = now_of(metrics)
    interval = interval_of(metrics)
    last: list[Series] = []

    def stands_still() -> Ready[bool] | NotYet:
        last[:] = metrics.query(f"{selector}[{BACK_SECONDS}s]")
        now = now_of(metrics)
        live = [one for one in last if one.points[-1][0] > asked_at - 2 * interval]
        if not live:
            waited = now - asked_at > 2.2 * interval
            return Ready(True) if waited else NotYet("no series is there")
        moving = [one for one in live if not _still_since(one, asked_at)]
        return NotYet(f"{len(moving)} of {len(live)} series moved lately") if moving else Ready(True)

    try:
        still = eventually(
            stands_still, within_seconds=within_seconds, what=f"{selector} stands still", every_seconds=1.0
        )
    except WaitExpired:
        still = False
    series = tuple(CounterSeries(one.labels, one.points) for one in last)
    return CounterRead(series, asked_at, interval, bool(still))


def now_of(metrics: Metrics) -> float:
    """The collector's clock, epoch seconds."""
    return metrics.query("time()")[0].value


def interval_of(metrics: Metrics) -> float:
    """The longest time between two collections; what only answers queries does not say."""
    with contextlib.suppress(SeatrialError):
        return max((one.interval_seconds for one in metrics.targets()), default=0.0) or USUAL_INTERVAL_SECONDS
    return USUAL_INTERVAL_SECONDS


def _still_since(series: Series, since: float) -> bool:
    """Whether its last two values since then are the same."""
    values = [value for at, value in series.points if at > since][-2:]
    return len(values) == 2 and values[0] == values[1]


@measurement(WRONG_REQUESTS)
def wrong_requests(context: Context, within_seconds: float, *, journey: str) -> Iterator[Measurement]:
    """Sends the requests that the system answers with an error; nothing where the journey names none."""
    error = _counted(context, journey).error
    if error is None:
        return
    began_at, found = time.monotonic(), Counter[str]()
    try:
        with context.session.http() as http:
            while found.total() < WRONG and time.monotonic() < began_at + within_seconds:
                found[str(http.get(error.path, expect=None).status)] += 1
    except SeatrialError as failure:
        reason, outcome = failure.what, MeasurementOutcome.COULD_NOT_TRY
    else:
        reason, outcome = "", MeasurementOutcome.ANSWERED
    value = {"statuses": dict(found)}
    yield Measurement(WRONG_REQUESTS, error.path, began_at, time.monotonic(), outcome, value, reason)


def _counted(context: Context, journey: str) -> Counted:
    counted = context.session.journey(journey).counted
    assert counted is not None  # the need `counted-requests` says so
    return counted
