"""What is measured, and alerted on: each sample once, and enough of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.kinds import TEMPLATES
from seatrial.declared.objects import Resource, Surroundings, Workload
from seatrial.declared.rule import Found, Level, Severity, rule
from seatrial.declared.rules.telemetry import SELECTING, watched
from seatrial.declared.values import Pattern, brief, maps, text

_PROMETHEUS = "Prometheus.monitoring.coreos.com"
_OPERATORS_DEFAULT_SECONDS = 30.0
_NEED_TWO = frozenset(
    {"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", "changes", "resets"}
)
_TOKEN = Pattern(
    r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|[A-Za-z_:][\w:]*|\[\s*(\w+)\s*(?::\s*(\w*)\s*)?\]|[()#\n]'
)
_DURATION = Pattern(r"(\d+)(ms|[smhdwy])")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31536000.0}


def seconds_of(written: Any) -> float | None:
    """A duration as Prometheus writes it (`1m30s`), in seconds; None when it is none."""
    parts = _DURATION.compiled.findall(text(written))
    if not parts or "".join(number + unit for number, unit in parts) != written:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


@rule(
    "observability.scraped-once",
    "|".join(SELECTING),
    Level.CORE,
    Severity.WARNING,
    must="A monitor SHOULD scrape each pod once.",
    why="Selected by way of a Service and of its headless twin, or by two monitors, each sample is there "
    "twice: sums, rates and the alerts upon them are double, and so is what the store must hold.",
    fix="Select one of the Services, by a label that the other has not; keep one of the monitors.",
    source="https://prometheus-operator.dev/docs/developer/getting-started/",
)
def scraped_once(monitor: Resource) -> Iterator[Found]:
    monitor.graph.require_read(*TEMPLATES)
    seen: dict[tuple[int, str, str], str] = {}
    told: set[str] = set()
    for resource in sorted(watched(monitor), key=lambda one: one.title):
        for workload in resource.selected if resource.kind == "Service" else []:
            for port, path in _scraped(monitor, resource, workload):
                first = seen.setdefault((id(workload), port, path), resource.title)
                pair = f"{first} and {resource.title}"
                if first != resource.title and pair not in told:
                    told.add(pair)
                    yield ("spec", "selector"), f"{pair} both lead to port {brief(port)} of {workload.title}"
    for target in _plain_targets(monitor):
        first = _first_monitors(monitor.graph).get(target, monitor.title)
        if first != monitor.title and first not in told:
            told.add(first)
            yield ("spec", "selector"), f"{first} scrapes port {brief(target[1])} of the same pods"


def _first_monitors(graph: Surroundings) -> dict[tuple[int, str, str, str], str]:
    """By which monitor each target is scraped; of several, the first by name."""
    if "first monitors" not in graph.memo:
        monitors = sorted((each for kind in SELECTING for each in graph.of(kind)), key=lambda one: one.title)
        found: dict[tuple[int, str, str, str], str] = {}
        for monitor in monitors:
            for target in _plain_targets(monitor):
                found.setdefault(target, monitor.title)
        graph.memo["first monitors"] = found
    known: dict[tuple[int, str, str, str], str] = graph.memo["first monitors"]
    return known


def _plain_targets(monitor: Resource) -> list[tuple[int, str, str, str]]:
    """What a monitor scrapes as it is: workload, port, path, and by which labels a Prometheus takes it."""
    owner = " ".join(text(monitor.labels.get(label)) for label in ("prometheus", "release"))
    by_pod = "Pod" in monitor.kind
    found = []
    for resource in watched(monitor):
        if by_pod and isinstance(resource, Workload):
            scraped = [(resource, target) for target in _scraped_directly(monitor, resource)]
        else:
            scraped = [
                (each, target)
                for each in resource.selected
                for target in _scraped(monitor, resource, each, plain=True)
            ]
        found += [(id(workload), port, path, owner) for workload, (port, path) in scraped]
    return found


def _is_plain(endpoint: dict[str, Any]) -> bool:
    """Whether it asks for all of what a path gives: a probe of something else has parameters for it."""
    return not endpoint.get("params") and not endpoint.get("relabelings")


def _numbers(workload: Workload) -> dict[str, str]:
    """The ports that containers name, by their names."""
    return {
        text(port.get("name")): str(port.get("containerPort"))
        for container in workload.containers
        for _, port in container.ports
    }


def _scraped_directly(monitor: Resource, workload: Workload) -> Iterator[tuple[str, str]]:
    names = _numbers(workload)
    for _, endpoint in maps(monitor.spec.get("podMetricsEndpoints")):
        given = endpoint.get("port") or endpoint.get("portNumber") or endpoint.get("targetPort")
        if given is not None and _is_plain(endpoint):
            yield _number(given, names), text(endpoint.get("path")) or "/metrics"


def _scraped(
    monitor: Resource, service: Resource, workload: Workload, *, plain: bool = False
) -> Iterator[tuple[str, str]]:
    """Each port of a workload, as a number if that is known, and path that a monitor scrapes by a Service.

    Args:
        plain: leave out what asks for a part only.
    """
    names = _numbers(workload)
    for _, endpoint in maps(monitor.spec.get("endpoints")):
        if plain and not _is_plain(endpoint):
            continue
        path = text(endpoint.get("path")) or "/metrics"
        for _, port in maps(service.spec.get("ports")):
            target = _number(port.get("targetPort") or port.get("port"), names)
            wanted = endpoint.get("targetPort")
            if port.get("name") == endpoint.get("port") or (
                wanted is not None and _number(wanted, names) == target
            ):
                yield target, path


def _number(port: Any, names: dict[str, str]) -> str:
    """A port by its number, where that is known."""
    return names.get(str(port), str(port))


def _interval_seconds(rules: Resource) -> float:
    """The shortest time between two samples that the input declares, or the operator's default."""
    found = [
        seconds_of(endpoint.get("interval"))
        for kind in SELECTING
        for field in ("endpoints", "podMetricsEndpoints")
        for monitor in rules.graph.of(kind)
        for _, endpoint in maps(monitor.spec.get(field))
    ]
    servers = [seconds_of(server.spec.get("scrapeInterval")) for server in rules.graph.of(_PROMETHEUS)]
    written = [each for each in found if each]
    default = next((each for each in servers if each), _OPERATORS_DEFAULT_SECONDS)
    return min(written) if written and None not in found else min([*written, default])


def two_sample_ranges(expression: str) -> Iterator[tuple[str, str, str]]:
    """Each function of a PromQL expression that needs two samples, its range, and a subquery's step."""
    calls: list[str] = []
    last, comment = "", False
    for match in _TOKEN.compiled.finditer(expression):
        token = match.group()
        if token == "\n":
            comment = False
        elif comment or token[0] in "\"'`":
            continue
        elif token == "#":
            comment = True
        elif token == "(":
            calls.append(last)
            last = ""
        elif token == ")":
            last = calls.pop() if calls else ""
        elif token.startswith("["):
            function = next((call for call in reversed(calls) if call), "")
            if function in _NEED_TWO:
                yield function, match.group(1), match.group(2) or ""
        else:
            last = token


@rule(
    "observability.enough-samples",
    "PrometheusRule.monitoring.coreos.com|VMRule.operator.victoriametrics.com",
    Level.CORE,
    Severity.ERROR,
    must="The range of a rate MUST hold two samples.",
    why="From fewer Prometheus computes nothing, and says nothing: the alert never fires.",
    fix="Make the range four times the time between two scrapes: that also outlasts a scrape that fails.",
    source="https://prometheus.io/docs/prometheus/latest/querying/functions/#rate",
)
def enough_samples(rules: Resource) -> Iterator[Found]:
    interval = _interval_seconds(rules)
    for number, group in maps(rules.spec.get("groups")):
        for index, one in maps(group.get("rules")):
            expression = text(one.get("expr"))
            for function, range_, step in two_sample_ranges(expression) if "[" in expression else ():
                length, between = seconds_of(range_), (seconds_of(step) if step else interval)
                if length is not None and between is not None and length < 2 * between:
                    path = ("spec", "groups", number, "rules", index, "expr")
                    yield path, f"{function} over {range_}, and there is a sample every {between:g} s"
