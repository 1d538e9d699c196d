"""Whether what runs can be seen: scraping and monitors."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.declared.namespaces import Labelled
from seatrial.declared.objects import Resource, Surroundings, Workload
from seatrial.declared.rule import WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.applies import served
from seatrial.declared.values import brief, mapping, maps, selects_nothing_in_particular, sequence, text

_SERVICE_MONITOR, _POD_MONITOR = "ServiceMonitor.monitoring.coreos.com", "PodMonitor.monitoring.coreos.com"
SELECTING = (
    *(_SERVICE_MONITOR, _POD_MONITOR, "VMServiceScrape.operator.victoriametrics.com"),
    "VMPodScrape.operator.victoriametrics.com",
)
"""Monitors of one form: a selector, namespaces, and endpoints."""
_MONITORS = (*SELECTING, "PodMonitoring.monitoring.googleapis.com")
_SCRAPE, _PORT = "prometheus.io/scrape", "prometheus.io/port"


def says_scrape(workload: Workload) -> bool:
    return workload.pod_annotations.get(_SCRAPE) == "true"


def _namespaces(monitor: Resource) -> set[str] | None:
    """Namespaces that a monitor looks at; None means all."""
    selector = mapping(monitor.spec.get("namespaceSelector"))
    if selector.get("any") is True:
        return None
    names = {text(name) for name in sequence(selector.get("matchNames"))}
    return names or {monitor.namespace}


def watched(monitor: Resource) -> list[Resource]:
    """Services, or workloads, that a monitor selects."""
    namespaces, selector = _namespaces(monitor), mapping(monitor.spec.get("selector"))
    watchable = _watchable(monitor)
    if namespaces is None:
        return watchable.matching_anywhere(selector)
    found = [each for namespace in sorted(namespaces) for each in watchable.matching(namespace, selector)]
    return list(dict.fromkeys(found))


def _watchable(monitor: Resource) -> Labelled[Resource]:
    """What a monitor of its kind may select: Services by their labels, workloads by those of their pods."""
    graph, pods = monitor.graph, "Pod" in monitor.kind
    services = [] if pods else graph.of("Service")
    key = "watchable pods" if pods else "watchable Services"
    if key not in graph.memo:
        graph.memo[key] = Labelled[Resource]()
        for workload in graph.workloads if pods else ():
            graph.memo[key].add(workload.namespace, workload.pod_labels, workload)
        for service in services:
            graph.memo[key].add(service.namespace, service.labels, service)
    found: Labelled[Resource] = graph.memo[key]
    return found


@rule(
    "observability.scrape-port",
    WORKLOAD,
    Level.EXTENDED,
    Severity.WARNING,
    must="A pod that asks to be scraped SHOULD say on which of its declared ports.",
    why="Prometheus tries every declared port, or a port that nobody listens on, and the target is down for "
    "ever.",
    fix=f'Set the annotation {_PORT}: "8080" to a containerPort of the pod.',
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config",
    when=says_scrape,
    anchors="OBS-03",
)
def scrape_port(workload: Workload) -> Iterator[Found]:
    path = (*workload.pod_path[:-1], "metadata", "annotations")
    port = text(workload.pod_annotations.get(_PORT))
    ports = [item for container in workload.containers for _, item in container.ports]
    if not port:
        yield (*path, _SCRAPE), f"there is no annotation {_PORT}"
    elif not any(port in (str(item.get("containerPort")), item.get("name")) for item in ports):
        yield (*path, _PORT), f"no container declares port {brief(port)}"


def looks_at_the_input(monitor: Resource) -> bool:
    """Whether the input has anything in the namespaces of a monitor; else it watches someone else's."""
    namespaces, watchable = _namespaces(monitor), _watchable(monitor)
    if namespaces is None:
        return watchable.holds_any()
    return any(map(watchable.holds, namespaces)) or bool(_elsewhere(monitor))


def _elsewhere(monitor: Resource) -> list[Resource]:
    """What it would select in other namespaces than its own: an empty selector selects nothing by intent."""
    selector = mapping(monitor.spec.get("selector"))
    return [] if selects_nothing_in_particular(selector) else _watchable(monitor).matching_anywhere(selector)


@rule(
    "observability.monitor-selects",
    "|".join(SELECTING),
    Level.CORE,
    Severity.ERROR,
    must="A monitor MUST select something that exists, by a port that it has.",
    why="Nothing is scraped, and nothing says so: a dashboard of zeros looks like a quiet night.",
    fix="Use the labels of the Service (ServiceMonitor) or of the pods (PodMonitor), and their port's name.",
    source="https://prometheus-operator.dev/docs/developer/getting-started/",
    when=looks_at_the_input,
    anchors="GTW-01",
)
def monitor_selects(monitor: Resource) -> Iterator[Found]:
    found = watched(monitor)
    if not found:
        elsewhere = sorted(each.title for each in _elsewhere(monitor))
        hint = f"; in namespaces that it does not look at: {elsewhere[0]}" if elsewhere else ""
        yield ("spec", "selector"), f"it selects nothing in the input{hint}"
        return
    field = "podMetricsEndpoints" if "Pod" in monitor.kind else "endpoints"
    names = {text(port.get("name")) for resource in found for port in _ports_of(resource)}
    for index, endpoint in maps(monitor.spec.get(field)):
        port = text(endpoint.get("port"))
        if port and port not in names:
            yield ("spec", field, index, "port"), f"nothing that it selects has a port named {brief(port)}"


def _ports_of(resource: Resource) -> list[dict[str, object]]:
    if isinstance(resource, Workload):
        return [port for container in resource.containers for _, port in container.ports]
    return [port for _, port in maps(resource.spec.get("ports"))]


@rule(
    "observability.scraped",
    WORKLOAD,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A workload behind a Service SHOULD be scraped.",
    why="Without its own numbers an outage is first seen by its users. Optional: agents and meshes collect "
    "otherwise.",
    fix=f"Annotate the pod template ({_SCRAPE}, {_PORT}), or add a ServiceMonitor.",
    source="concepts/cluster-administration/observability/",
    when=served,
    anchors="OBS-03",
)
def scraped(workload: Workload) -> Iterator[Found]:
    if workload.pod_annotations.get(_SCRAPE) == "true":
        return
    if any(service.annotations.get(_SCRAPE) == "true" for service in workload.services):
        return
    seen = _seen(workload.graph)
    if id(workload) not in seen and not any(id(service) in seen for service in workload.services):
        yield ("metadata", "name"), "neither an annotation nor a monitor has it scraped"


def _seen(graph: Surroundings) -> set[int]:
    """Identities of everything that some monitor of the input selects."""
    if "seen by monitors" not in graph.memo:
        monitors = [monitor for kind in _MONITORS for monitor in graph.of(kind)]
        graph.memo["seen by monitors"] = {id(each) for monitor in monitors for each in watched(monitor)}
    found: set[int] = graph.memo["seen by monitors"]
    return found
