"""Prometheus, or what speaks its HTTP API, asked through the API server's proxy to its Service.

https://prometheus.io/docs/prometheus/latest/querying/api/ describes the answers.
"""

from __future__ import annotations

import datetime
import json
import re
from typing import Any, Literal

from pydantic import Field

from seatrial.adapters import CouldNotTry, Refused, adapter
from seatrial.adapters.metrics import Alert, Metrics, Rule, ScrapeTarget, Series
from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube, proxied
from seatrial.kube.errors import ApiRefused
from seatrial.model.part import Name, Part
from seatrial.model.right import Right
from seatrial.model.system import System

_UNIT_SECONDS = {"y": 31536000.0, "w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[ywdhms])")
_HEALTH = {"up": True, "ok": True, "down": False, "err": False}
_UNAVAILABLE = (502, 503, 504)


class PrometheusArguments(Part):
    service: Name = Field(description="Name of the Service.")
    port: int | str = Field(9090, description="Port of the Service, by number or name.")
    scheme: Literal["http", "https"] = Field("http", description="What the Service speaks.")
    prefix: str = Field("", pattern=r"^(/.*[^/])?$", description="Path before /api/v1 (default: none).")
    namespace: Name | None = Field(None, description="Namespace of the Service (default: the system's own).")


def rights(arguments: PrometheusArguments) -> tuple[Right, ...]:
    """A proxy to this port of this Service, and no other."""
    name = proxied(arguments.service, arguments.port, arguments.scheme)
    asked = arguments.namespace or ""
    without = "the metrics cannot be asked"
    return (Right(("get",), "Service", "proxy", name=name, namespace=asked, without=without),)


@adapter("metrics/prometheus", arguments=PrometheusArguments, rights=rights)
class Prometheus(Metrics):
    """Prometheus 2.6 or newer."""

    def __init__(self, kube: Kube, system: System, arguments: PrometheusArguments) -> None:
        self._kube = kube
        self._arguments = arguments
        self._where = (
            f"service/{arguments.service}, namespace {arguments.namespace or system.target.namespace}"
        )

    def query(self, expression: str, *, at: float | None = None) -> list[Series]:
        asked = {"query": expression} | ({} if at is None else {"time": f"{at:.3f}"})
        return read_series(self._get("query", asked))

    def query_range(self, expression: str, *, begin: float, end: float, step_seconds: float) -> list[Series]:
        asked = {
            "query": expression,
            "start": f"{begin:.3f}",
            "end": f"{end:.3f}",
            "step": f"{step_seconds:g}",
        }
        return read_series(self._get("query_range", asked))

    def targets(self) -> list[ScrapeTarget]:
        active = self._get("targets", {"state": "active"}).get("activeTargets") or ()
        return sorted(map(read_target, active), key=lambda target: (target.job, target.address))

    def rules(self) -> list[Rule]:
        groups = self._get("rules", {}).get("groups") or ()
        return [read_rule(rule, group) for group in groups for rule in group.get("rules") or ()]

    def alerts(self) -> list[Alert]:
        return [read_alert(alert) for alert in self._get("alerts", {}).get("alerts") or ()]

    def _get(self, what: str, query: dict[str, Any]) -> dict[str, Any]:
        wanted = self._arguments
        try:
            answer = self._kube.service_proxy_get(
                wanted.service,
                wanted.port,
                f"{wanted.prefix}/api/v1/{what}",
                query=query,
                scheme=wanted.scheme,
                namespace=wanted.namespace,
            )
        except ApiRefused as error:
            # That no pod stands behind the Service is the system's doing, that we may not ask is not.
            there = error.status in _UNAVAILABLE and "no service port" not in error.what
            kind = Refused if there else CouldNotTry
            raise kind(error.what, where=error.where, next_step=error.next_step) from error
        except SeatrialError as error:
            raise CouldNotTry(error.what, where=error.where, next_step=error.next_step) from error
        return read_answer(answer.status, answer.body, where=f"{self._where}: {what} {query}")


def read_answer(status: int, body: bytes, *, where: str) -> dict[str, Any]:
    """The `data` of an answer.

    Raises:
        Refused: the answer is an error of Prometheus, or no answer of Prometheus at all.
    """
    try:
        decoded = json.loads(body)
        outcome = decoded["status"]
        data: dict[str, Any] = decoded.get("data") or {}
    except (ValueError, TypeError, KeyError):
        beginning = body[:120].decode("utf-8", "replace")
        raise Refused(
            f"this is no answer of Prometheus (status {status}): {beginning}",
            where=where,
            next_step="correct the capability's `service`, `port`, `scheme` or `prefix`",
        ) from None
    if outcome != "success":
        raise Refused(f"{decoded.get('errorType', 'error')}: {decoded.get('error', '')}", where=where)
    return data


def read_series(data: dict[str, Any]) -> list[Series]:
    """Series from the answer to a query of any kind.

    Raises:
        Refused: the answer is text.
    """
    kind, result = data.get("resultType"), data.get("result") or []
    if kind == "scalar":
        return [Series({}, (_point(result),))]
    if kind == "string":
        raise Refused(f"the expression's value is text, not a number: {result[1]!r}")
    found = [(one["metric"], one.get("values") or [one["value"]]) for one in result if "histogram" not in one]
    return [Series(labels, tuple(map(_point, points))) for labels, points in found]


def read_target(target: dict[str, Any]) -> ScrapeTarget:
    labels = target.get("labels") or {}
    return ScrapeTarget(
        job=str(labels.get("job", "")),
        address=str(target.get("scrapeUrl", "")),
        up=_HEALTH.get(str(target.get("health"))),
        reason=str(target.get("lastError") or ""),
        interval_seconds=seconds_of(target.get("scrapeInterval") or 0),
        labels=labels,
    )


def read_rule(rule: dict[str, Any], group: dict[str, Any]) -> Rule:
    return Rule(
        name=str(rule.get("name", "")),
        alerting=rule.get("type") == "alerting",
        expression=str(rule.get("query", "")),
        for_seconds=seconds_of(rule.get("duration") or 0),
        interval_seconds=seconds_of(group.get("interval") or 0),
        healthy=_HEALTH.get(str(rule.get("health"))),
        reason=str(rule.get("lastError") or ""),
    )


def read_alert(alert: dict[str, Any]) -> Alert:
    labels = alert.get("labels") or {}
    notes = alert.get("annotations") or {}
    return Alert(
        name=str(labels.get("alertname", "")),
        firing=alert.get("state") == "firing",
        labels=labels,
        active_at=_epoch(str(alert.get("activeAt", ""))),
        text=str(notes.get("summary") or notes.get("description") or ""),
    )


def seconds_of(duration: float | str) -> float:
    """A duration as a number of seconds: it is given as one, or as text like `1m30s`.

    >>> seconds_of("1m30s"), seconds_of(5)
    (90.0, 5.0)
    """
    if isinstance(duration, int | float):
        return float(duration)
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in _DURATION.findall(duration))


def _point(pair: Any) -> tuple[float, float]:
    moment, value = pair
    return float(moment), float(value)


def _epoch(text: str) -> float:
    """RFC 3339, with the nanoseconds that Prometheus writes, as epoch seconds; 0 for none."""
    if not text:
        return 0.0
    trimmed = re.sub(r"(\.\d{6})\d+", r"\1", text)
    return datetime.datetime.fromisoformat(trimmed).timestamp()
