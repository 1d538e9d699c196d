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
from seatrial.judge.alerted import absence_seconds, gone_seconds
from seatrial.model.alerted import ALERT, AlertRead, AlertRule, AlertState
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.waiting import NotYet, Ready, eventually

SLACK_SECONDS = 15.0
"""Beyond the rule's own arithmetic, for a busy machine."""


@measurement(ALERT)
def alert(
    context: Context, within_seconds: float, *, name: str, fires: bool = False
) -> Iterator[Measurement]:
    """Reads when an alert was pending and firing, once it fires (or no more), or the time is over."""
    began_at, session = time.monotonic(), context.session
    try:
        metrics = metrics_of(session.system, session.kube, session.system.metrics)
        read_until = read_until_firing if fires else read_until_quiet
        read = read_until(metrics, name, within_seconds=within_seconds)
    except SeatrialError as error:
        refused = isinstance(error, Refused)
        outcome = MeasurementOutcome.REFUSED if refused else MeasurementOutcome.COULD_NOT_TRY
        yield Measurement(ALERT, name, began_at, time.monotonic(), outcome, reason=error.what)
        return
    yield read.measurement(name, began_at, time.monotonic())


def read_until_quiet(metrics: Metrics, name: str, *, within_seconds: float) -> AlertRead:
    """The last minutes of an alert, once it fires no more.

    Raises:
        Refused, CouldNotTry: it cannot be read.
    """
    rule, scrape_seconds = _rule_of(metrics, name), interval_of(metrics)
    last: list[AlertRead] = []

    def quiet() -> Ready[None] | NotYet:
        last[:] = [_read(metrics, name, rule, scrape_seconds)]
        return Ready(None) if last[0].quiet else NotYet(f"{name} is firing")

    with contextlib.suppress(WaitExpired):
        eventually(quiet, within_seconds=within_seconds, every_seconds=1.0, what=f"{name} fires no more")
    return last[0]


def read_until_firing(metrics: Metrics, name: str, *, within_seconds: float) -> AlertRead:
    """The last minutes of an alert, once it fires for an absence, or should by its own arithmetic.

    That it fires as long as the series of what is gone are there says nothing of that.

    Raises:
        Refused, CouldNotTry: it cannot be read.
    """
    rule, scrape_seconds = _rule_of(metrics, name), interval_of(metrics)
    may_take = 0.0 if rule is None else absence_seconds(rule, scrape_seconds) + SLACK_SECONDS
    gone_at = time.monotonic() + gone_seconds(scrape_seconds)
    last: list[AlertRead] = []

    def firing() -> Ready[None] | NotYet:
        last[:] = [_read(metrics, name, rule, scrape_seconds)]
        since = [at for state in last[0].states if state.firing for at in state.times if at >= gone_at]
        return Ready(None) if since else NotYet(f"{name} does not fire")

    with contextlib.suppress(WaitExpired):
        bound = min(within_seconds, may_take)
        eventually(firing, within_seconds=bound, every_seconds=1.0, what=f"{name} fires")
    return last[0]


def _rule_of(metrics: Metrics, name: str) -> AlertRule | None:
    found = next((one for one in metrics.rules() if one.alerting and one.name == name), None)
    if found is None:
        return None
    problem = found.reason if found.healthy is False else ""
    return AlertRule(found.expression, found.for_seconds, found.interval_seconds, problem)


def _read(metrics: Metrics, name: str, rule: AlertRule | None, scrape_seconds: float) -> AlertRead:
    read_at = time.monotonic()
    ahead = now_of(metrics) - read_at
    series = metrics.query(f"ALERTS{{alertname={json.dumps(name)}}}[{BACK_SECONDS}s]")
    states = tuple(AlertState(one.labels, tuple(at - ahead for at, _ in one.points)) for one in series)
    return AlertRead(rule, states, scrape_seconds, read_at)
