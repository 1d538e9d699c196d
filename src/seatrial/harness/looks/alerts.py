"""What became of the alert that must fire in a scenario, as the collector of metrics has kept it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator

from seatrial.adapters import Refused
from seatrial.adapters.metrics import Metrics, metrics_of
from seatrial.errors import SeatrialError, WaitExpired
from seatrial.harness.context import Context
from seatrial.harness.looks.counted import BACK_SECONDS, interval_of, now_of
from seatrial.harness.measuring import measurement
from seatrial.model.alerted import ALERT, AlertRead, AlertRule, AlertState
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.waiting import NotYet, Ready, eventually


@measurement(ALERT)
def alert(context: Context, within_seconds: float, *, name: str) -> Iterator[Measurement]:
    """Reads when an alert was pending and firing, once it fires no more or the time is over."""
    began_at, session = time.monotonic(), context.session
    try:
        metrics = metrics_of(session.system, session.kube, session.system.metrics)
        read = read_until_quiet(metrics, name, within_seconds=within_seconds)
    except SeatrialError as error:
        refused = isinstance(error, Refused)
        outcome = MeasurementOutcome.REFUSED if refused else MeasurementOutcome.COULD_NOT_TRY
        yield Measurement(ALERT, name, began_at, time.monotonic(), outcome, reason=error.what)
        return
    yield read.measurement(name, began_at, time.monotonic())


def read_until_quiet(metrics: Metrics, name: str, *, within_seconds: float) -> AlertRead:
    """The last minutes of an alert.

    Raises:
        Refused, CouldNotTry: it cannot be read.
    """
    scrape_seconds = interval_of(metrics)
    found = next((one for one in metrics.rules() if one.alerting and one.name == name), None)
    rule = None
    if found is not None:
        problem = found.reason if found.healthy is False else ""
        rule = AlertRule(found.expression, found.for_seconds, found.interval_seconds, problem)
    last: list[AlertRead] = []

    def quiet() -> Ready[None] | NotYet:
        read_at = time.monotonic()
        ahead = now_of(metrics) - read_at
        series = metrics.query(f"ALERTS{{alertname={json.dumps(name)}}}[{BACK_SECONDS}s]")
        states = tuple(AlertState(one.labels, tuple(at - ahead for at, _ in one.points)) for one in series)
        last[:] = [AlertRead(rule, states, scrape_seconds, read_at)]
        return Ready(None) if last[0].quiet else NotYet(f"{name} is firing")

    with contextlib.suppress(WaitExpired):
        eventually(quiet, within_seconds=within_seconds, every_seconds=1.0, what=f"{name} fires no more")
    return last[0]
