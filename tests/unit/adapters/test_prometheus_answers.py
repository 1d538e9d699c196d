"""Answers of a real Prometheus, as they were recorded, become records."""

from __future__ import annotations

import json
import math

import pytest

from seatrial.adapters import Refused
from seatrial.adapters.metrics import Series
from seatrial.adapters.metrics.prometheus import (
    read_alert,
    read_answer,
    read_rule,
    read_series,
    read_target,
    seconds_of,
)

TARGET = {
    "labels": {"instance": "10.244.2.6:8080", "job": "pods", "pod": "payments-nzxqg"},
    "scrapeUrl": "http://10.244.2.6:8080/metrics",
    "lastError": "",
    "lastScrape": "2026-11-25T21:14:16.51278094Z",
    "health": "up",
    "scrapeInterval": "1m30s",
}
RULE = {"name": "PodDoesNotAnswer", "query": "up == 0", "duration": 30, "health": "ok", "type": "alerting"}
ALERT = {
    "labels": {"alertname": "DeadLetters", "severity": "page"},
    "annotations": {"summary": "A message could not be understood."},
    "state": "firing",
    "activeAt": "2026-11-25T21:14:20.465680975Z",
    "value": "1e+00",
}


def test_a_target_says_why_it_is_down() -> None:
    up = read_target(TARGET)
    assert (up.job, up.up, up.reason, up.interval_seconds) == ("pods", True, "", 90.0)
    down = read_target(TARGET | {"health": "down", "lastError": "connection refused"})
    assert (down.up, down.reason) == (False, "connection refused")
    assert read_target(TARGET | {"health": "unknown"}).up is None


def test_a_rule_carries_what_bounds_the_wait_for_its_alert() -> None:
    rule = read_rule(RULE, {"interval": 5})
    assert (rule.alerting, rule.for_seconds, rule.interval_seconds, rule.healthy) == (True, 30.0, 5.0, True)
    broken = read_rule(RULE | {"health": "err", "lastError": "many-to-many"}, {})
    assert (broken.healthy, broken.reason) == (False, "many-to-many")


def test_an_alert_fires_or_waits() -> None:
    alert = read_alert(ALERT)
    assert (alert.name, alert.firing, alert.text) == (
        "DeadLetters",
        True,
        "A message could not be understood.",
    )
    assert alert.active_at == pytest.approx(1795641260.46568)
    assert not read_alert(ALERT | {"state": "pending"}).firing


def test_series_of_every_kind_are_read() -> None:
    vector = {"resultType": "vector", "result": [{"metric": {"a": "b"}, "value": [1.5, "NaN"]}]}
    (one,) = read_series(vector)
    assert math.isnan(one.value)
    matrix = {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "2"], [6, "3"]]}]}
    assert read_series(matrix) == [Series({}, ((1.0, 2.0), (6.0, 3.0)))]
    assert read_series({"resultType": "scalar", "result": [1, "+Inf"]})[0].value == math.inf
    assert read_series({"resultType": "vector", "result": []}) == []
    with pytest.raises(Refused, match="text, not a number: 'x'"):
        read_series({"resultType": "string", "result": [1, "x"]})


def test_an_error_and_something_else_are_refusals() -> None:
    error = {"status": "error", "errorType": "bad_data", "error": "unexpected end of input"}
    with pytest.raises(Refused, match="bad_data: unexpected end of input"):
        read_answer(400, json.dumps(error).encode(), where="here")
    for body in (b"404 page not found\n", b"[]", b'{"alive": true}', b"\xff"):
        with pytest.raises(Refused, match="no answer of Prometheus") as caught:
            read_answer(404, body, where="here")
        assert "`prefix`" in caught.value.next_step
    assert read_answer(200, b'{"status": "success"}', where="here") == {}


@pytest.mark.parametrize(
    ("text", "seconds"), [("15s", 15), ("1m30s", 90), ("2h", 7200), ("500ms", 0.5), (7, 7), ("1d", 86400)]
)
def test_durations(text: str | int, seconds: float) -> None:
    assert seconds_of(text) == seconds
