"""Startup, readiness and liveness probes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.objects import Container
from seatrial.declared.rule import CONTAINER, Found, Level, Severity, rule
from seatrial.declared.rules.applies import in_long_running
from seatrial.declared.values import brief, dig, mapping, text, whole

_KINDS = ("startupProbe", "readinessProbe", "livenessProbe")
_HANDLERS = ("httpGet", "tcpSocket", "grpc", "exec")
_DEPENDENCY = ("ready", "readiness", "dependenc", "/deep", "/db", "/health/all")


def probe(container: Container, kind: str) -> dict[str, Any]:
    """A probe of a container, empty when it has none."""
    return mapping(container.data.get(kind))


def handler(given: dict[str, Any]) -> tuple[str, Any] | None:
    """What a probe does: the name of its handler and its settings."""
    for name in _HANDLERS:
        if name in given:
            return name, given[name]
    return None


def patience_seconds(given: dict[str, Any]) -> int:
    """How long a probe may fail before it acts: period times threshold, with the API server's defaults."""
    period, threshold = whole(given.get("periodSeconds")), whole(given.get("failureThreshold"))
    return (10 if period is None else period) * (3 if threshold is None else threshold)


def _tells_of_readiness(name: str) -> bool:
    return any(word in name.lower() for word in _DEPENDENCY)


def has_liveness(container: Container) -> bool:
    return in_long_running(container) and bool(probe(container, "livenessProbe"))


def has_both(container: Container) -> bool:
    return bool(probe(container, "livenessProbe")) and bool(probe(container, "readinessProbe"))


def has_any(container: Container) -> bool:
    return any(probe(container, kind) for kind in _KINDS)


@rule(
    "orchestration.readiness-probe",
    CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A long-running container MUST have a readiness probe.",
    why="Without one a pod gets traffic as soon as its process exists, in every rollout and after every "
    "restart. Some tools ask only where a Service selects the pod; side taken: rollouts and disruption "
    "budgets count readiness too, but of a pod without a controller. A sidecar without ports is excused "
    "when another container of its pod has a probe.",
    fix="Add a readinessProbe that fails while the process cannot serve, and after SIGTERM.",
    source="concepts/workloads/pods/pod-lifecycle/#container-probes",
    when=in_long_running,
    anchors="PRB-01",
)
def readiness_probe(container: Container) -> Iterator[Found]:
    if probe(container, "readinessProbe"):
        return
    workload = container.workload
    if workload.type == "Pod" and not workload.services and not workload.budgets:
        return
    siblings = workload.containers
    if not container.ports and any(probe(other, "readinessProbe") for other in siblings):
        return
    yield container.path, "it has no readiness probe"


@rule(
    "orchestration.liveness-probe",
    CONTAINER,
    Level.EXTENDED,
    Severity.NOTE,
    must="A container whose process can hang SHOULD have a liveness probe.",
    why="Tools contradict each other: a missing probe leaves a hung process running, a careless one "
    "restarts a slow process under load. Side taken: advice, never an error, and the rules below judge "
    "the probe that is there.",
    fix="Add a livenessProbe that asks only the process itself, with more patience than readiness.",
    source="concepts/workloads/pods/pod-lifecycle/#when-should-you-use-a-liveness-probe",
    when=in_long_running,
    anchors="PRB-02",
)
def liveness_probe(container: Container) -> Iterator[Found]:
    if probe(container, "livenessProbe"):
        return
    if container.ports or not any(probe(other, "livenessProbe") for other in container.workload.containers):
        yield container.path, "it has no liveness probe"


@rule(
    "orchestration.startup-probe",
    CONTAINER,
    Level.EXTENDED,
    Severity.WARNING,
    must="A container with a liveness probe SHOULD have a startup probe.",
    why="Liveness counts from the start: a slow start (cold node, migration, busy neighbour) is killed "
    "again and again. initialDelaySeconds is a guess that is too short then and too long on every other "
    "day.",
    fix="Add a startupProbe with a generous failureThreshold, and drop initialDelaySeconds.",
    source="tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-startup-probes",
    when=has_liveness,
    anchors="PRB-03",
)
def startup_probe(container: Container) -> Iterator[Found]:
    if not probe(container, "startupProbe"):
        delay = whole(dig(container.data, "livenessProbe", "initialDelaySeconds"))
        instead = f"; initialDelaySeconds {delay} stands in for it" if delay else ""
        yield container.path, f"it has a liveness but no startup probe{instead}"


@rule(
    "orchestration.probes-differ",
    CONTAINER,
    Level.CORE,
    Severity.WARNING,
    must="Liveness SHOULD ask something else than readiness, or be more patient on purpose.",
    why="With equal probes a pod that should only leave the Service for a moment is restarted as well: an "
    "overload becomes a crash loop. Equal handlers are accepted when liveness says, by its own "
    "failureThreshold or periodSeconds, that it waits longer; a difference that only the defaults make "
    "is not on purpose.",
    fix="Let liveness ask the process only (e.g. /livez), or raise its failureThreshold.",
    source="concepts/workloads/pods/pod-lifecycle/#types-of-probe",
    when=has_both,
    anchors="PRB-04",
)
def probes_differ(container: Container) -> Iterator[Found]:
    readiness, liveness = probe(container, "readinessProbe"), probe(container, "livenessProbe")
    if handler(readiness) != handler(liveness) or handler(liveness) is None:
        return
    written = "failureThreshold" in liveness or "periodSeconds" in liveness
    if patience_seconds(liveness) <= patience_seconds(readiness) or not written:
        seconds = patience_seconds(liveness)
        seen = f"it asks what the readiness probe asks, and gives up after {seconds} s"
        yield container.at("livenessProbe"), seen


@rule(
    "orchestration.liveness-on-dependency",
    CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A liveness probe MUST NOT depend on anything but its own process.",
    why="When the dependency fails, every pod is restarted at once, and the outage outlives its cause.",
    fix="Point it at an endpoint that answers from the process alone.",
    source="concepts/workloads/pods/pod-lifecycle/#when-should-you-use-a-liveness-probe",
    when=has_liveness,
    anchors="PRB-04",
    variants=("liveness-on-dependency",),
)
def liveness_on_dependency(container: Container) -> Iterator[Found]:
    path = text(dig(container.data, "livenessProbe", "httpGet", "path"))
    if _tells_of_readiness(path):
        yield (
            container.at("livenessProbe", "httpGet", "path"),
            f"{brief(path)} by its name tells of readiness",
        )
    service = text(dig(container.data, "livenessProbe", "grpc", "service"))
    if _tells_of_readiness(service):
        yield (
            container.at("livenessProbe", "grpc", "service"),
            f"{brief(service)} by its name tells of readiness",
        )


@rule(
    "orchestration.probe-handler",
    CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A probe MUST ask a port name that its container has.",
    why="A port name that does not exist fails for ever.",
    fix="Name a port from the container's list.",
    source="concepts/workloads/pods/pod-lifecycle/#probe-check-methods",
    when=has_any,
    anchors="PRB-05",
)
def probe_handler(container: Container) -> Iterator[Found]:
    names = {text(port.get("name")) for _, port in container.ports}
    for kind in _KINDS:
        given = probe(container, kind)
        for name in (name for name in _HANDLERS if name in given):
            port = dig(given[name], "port")
            if port.__class__ is str and not port.isdigit() and port not in names:
                yield container.at(kind, name, "port"), f"the container has no port named {brief(port)}"


@rule(
    "orchestration.probe-port",
    CONTAINER,
    Level.EXTENDED,
    Severity.WARNING,
    must="A probe SHOULD ask a port that its pod declares.",
    why="Declared ports are only information, but a probe outside of them is more often a mistake than a "
    "hidden port. Containers of a pod share its address: one may be probed on a port that another "
    "declares.",
    fix="Declare the port, or correct the number.",
    source="concepts/workloads/pods/pod-lifecycle/#probe-check-methods",
    when=has_any,
    anchors="PRB-05",
)
def probe_port(container: Container) -> Iterator[Found]:
    numbers = {
        whole(port.get("containerPort")) for each in container.workload.containers for _, port in each.ports
    }
    for kind in _KINDS:
        for name in _HANDLERS:
            settings = mapping(probe(container, kind).get(name))
            port = whole(settings.get("port"))
            if port is not None and numbers and port not in numbers and settings.get("host") is None:
                yield container.at(kind, name, "port"), f"no container of the pod declares port {port}"


@rule(
    "orchestration.exec-probe",
    CONTAINER,
    Level.EXTENDED,
    Severity.NOTE,
    must="A probe that starts a process SHOULD run every 10 s or less often.",
    why="Each run forks inside the container and counts against its CPU limit: at 1 s and many pods a node "
    "spends its time on probes, and a throttled container fails them.",
    fix="Use httpGet or grpc, or raise periodSeconds to 10.",
    source="concepts/workloads/pods/pod-lifecycle/#probe-check-methods",
    when=has_any,
    anchors="PRB-06",
)
def exec_probe(container: Container) -> Iterator[Found]:
    for kind in ("readinessProbe", "livenessProbe"):
        given = probe(container, kind)
        period = whole(given.get("periodSeconds"))
        if "exec" in given and period is not None and period < 10:
            yield container.at(kind, "periodSeconds"), f"it starts a process every {period} s"


@rule(
    "orchestration.start-bound",
    CONTAINER,
    Level.EXTENDED,
    Severity.NOTE,
    must="A start SHOULD be given up within ten minutes.",
    why="A container that cannot start holds its rollout for that long before anyone is told.",
    fix="Lower failureThreshold times periodSeconds of the startup probe, or initialDelaySeconds of "
    "liveness.",
    source="tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-startup-probes",
    when=has_any,
    anchors="IMG-16",
)
def start_bound(container: Container) -> Iterator[Found]:
    for kind in ("startupProbe", "livenessProbe"):
        given = probe(container, kind)
        seconds = patience_seconds(given) + (whole(given.get("initialDelaySeconds")) or 0)
        if given and seconds > 600:
            yield container.at(kind), f"it gives up only after {seconds} s"
