"""Discovery: Services, ports and names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seatrial.declared.objects import Container, Resource, Workload
from seatrial.declared.rule import EVERY_CONTAINER, WORKLOAD, Found, Level, Severity, rule
from seatrial.declared.rules.applies import long_running
from seatrial.declared.values import Pattern, brief, dig, mapping, maps, text

_ADDRESS = Pattern(r"(?<![\w.-])(?<![^/]/)((?:\d{1,3}\.){3}\d{1,3})(?![\w-]|\.\d|/\d{1,2}(?!\d))")
"""Four numbers that stand alone: not in a version, a path or a network."""
_HARMLESS = ("0.", "127.", "255.")


def selects_pods(service: Resource) -> bool:
    """Whether it finds its pods by labels; one without a selector has endpoints made by someone else."""
    return bool(mapping(service.spec.get("selector"))) and service.spec.get("type") != "ExternalName"


def selects_some(service: Resource) -> bool:
    return bool(service.selected)


@rule(
    "discovery.service-selects",
    "Service",
    Level.CORE,
    Severity.ERROR,
    must="A Service with a selector MUST select pods.",
    why="A Service without endpoints refuses every connection.",
    fix="Use the labels of the workload's pod template, in its namespace.",
    source="concepts/services-networking/service/#defining-a-service",
    when=selects_pods,
    anchors="NET-01",
)
def service_selects(service: Resource) -> Iterator[Found]:
    selector = {"matchLabels": mapping(service.spec.get("selector"))}
    if not service.selected and not service.graph.others_may_match(service.namespace, selector):
        labels = ", ".join(f"{key}={value}" for key, value in sorted(selector["matchLabels"].items()))
        yield ("spec", "selector"), f"no workload of the input has the labels {labels}"


def _targets(service: Resource) -> Iterator[tuple[int, Any, Workload, list[dict[str, Any]]]]:
    """Each port of a Service with its target, for each workload that it selects with its declared ports.

    Work that ends is left out where the Service selects something that runs on: a Job of the same labels (a
    migration, a hook) has no part in what the Service offers.
    """
    lasting = [workload for workload in service.selected if workload.long_running]
    for index, port in maps(service.spec.get("ports")):
        for workload in lasting or service.selected:
            declared = [item for container in workload.containers for _, item in container.ports]
            yield index, target_of(port), workload, declared


def target_of(port: dict[str, Any]) -> Any:
    """The port of the pods that a Service's port leads to; not written, 0 or empty it is its own number."""
    return port.get("targetPort") or port.get("port")


def _is_name(target: Any) -> bool:
    return target.__class__ is str and not target.isdigit()


@rule(
    "discovery.target-port",
    "Service",
    Level.CORE,
    Severity.ERROR,
    must="A named targetPort MUST be the name of a port of the pods that the Service selects.",
    why="Without it the Service has no endpoints for that port, and every connection is refused.",
    fix="Use the name of a containerPort.",
    source="concepts/services-networking/service/#field-spec-ports",
    when=selects_some,
    anchors="NET-02",
)
def target_port(service: Resource) -> Iterator[Found]:
    for index, target, workload, declared in _targets(service):
        if _is_name(target) and not any(item.get("name") == target for item in declared):
            yield ("spec", "ports", index), f"{workload.title} has no port named {brief(target)}"


@rule(
    "discovery.undeclared-port",
    "Service",
    Level.EXTENDED,
    Severity.WARNING,
    must="A Service SHOULD target a port that its pods declare.",
    why="Declared ports are only information, but a target outside of them is more often a mistake than a "
    "hidden port: endpoints look healthy, and every connection is refused.",
    fix="Declare the port, or correct the number.",
    source="concepts/services-networking/service/#field-spec-ports",
    when=selects_some,
    anchors="NET-02",
)
def undeclared_port(service: Resource) -> Iterator[Found]:
    for index, target, workload, declared in _targets(service):
        numbers = {str(item.get("containerPort")) for item in declared}
        if not _is_name(target) and numbers and str(target) not in numbers:
            yield ("spec", "ports", index), f"{workload.title} declares no port {brief(target)}"


@rule(
    "discovery.port-name",
    EVERY_CONTAINER,
    Level.CORE,
    Severity.ERROR,
    must="A port name that a Service looks up MUST be unique in its pod.",
    why="The Service finds the first of the two.",
    fix="Use a short name such as `http` or `grpc-admin`.",
    source="reference/kubernetes-api/workload-resources/pod-v1/#ports",
    anchors="CFG-17",
)
def port_name(container: Container) -> Iterator[Found]:
    earlier = _names_that_services_use(container)
    for index, port in container.ports:
        name = text(port.get("name"))
        path = container.at("ports", index, "name")
        if name and name in earlier:
            yield path, f"{brief(name)} names another port, too"
        earlier.add(name)


def _names_that_services_use(container: Container) -> set[str]:
    """Port names of earlier containers that a Service looks up: it finds the first of equal ones only."""
    used = {
        port.get("targetPort")
        for service in container.workload.services
        for _, port in maps(service.spec.get("ports"))
        if port.get("targetPort").__class__ is str
    }
    return {
        name
        for other in container.workload.every_container
        if other.path < container.path
        for _, port in other.ports
        if (name := text(port.get("name"))) in used
    }


@rule(
    "discovery.service-port-name",
    "Service",
    Level.CORE,
    Severity.ERROR,
    must="A Service with several ports MUST name each, differently.",
    why="The API server refuses it otherwise.",
    fix="Give each port a name that says its protocol, e.g. `http-api`.",
    source="concepts/services-networking/service/#multi-port-services",
    anchors="CFG-17",
)
def service_port_name(service: Resource) -> Iterator[Found]:
    ports = maps(service.spec.get("ports"))
    seen: set[str] = set()
    for index, port in ports:
        name = text(port.get("name"))
        if len(ports) > 1 and not name:
            yield ("spec", "ports", index), "one of several ports has no name"
        elif name and name in seen:
            yield ("spec", "ports", index, "name"), f"{brief(name)} is used twice"
        seen.add(name)


@rule(
    "discovery.hard-coded-address",
    EVERY_CONTAINER,
    Level.EXTENDED,
    Severity.WARNING,
    must="Configuration SHOULD name hosts, not addresses.",
    why="Addresses of pods and Services change; a name follows them. Loopback and wildcard addresses are "
    "fine.",
    fix="Use the Service's DNS name, e.g. `http://shop:8080`.",
    source="concepts/services-networking/dns-pod-service/",
    anchors="CFG-14",
)
def hard_coded_address(container: Container) -> Iterator[Found]:
    for index, entry in maps(container.data.get("env")):
        for address in addresses(text(entry.get("value"))):
            yield (
                container.at("env", index, "value"),
                f"{brief(text(entry.get('name')))} holds the address {address}",
            )
    for field in ("command", "args"):
        words = container.data.get(field)
        for index, word in enumerate(words if words.__class__ is list else []):
            for address in addresses(text(word)):
                yield container.at(field, index), f"it holds the address {address}"


def addresses(written: str) -> list[str]:
    """IPv4 addresses in a text that are not loopback, wildcard, a network or a version number."""
    found: list[str] = []
    if written.count(".") < 3:
        return found
    for match in _ADDRESS.compiled.finditer(written):
        address = match.group(1)
        if all(int(part) < 256 for part in address.split(".")) and not address.startswith(_HARMLESS):
            found.append(address)
    return found


@rule(
    "discovery.dns-options",
    WORKLOAD,
    Level.OPTIONAL,
    Severity.NOTE,
    must="A workload that calls names outside the cluster SHOULD set the resolver's ndots.",
    why="With the default of 5 each outside name costs up to four failed look-ups first. Optional: harmless "
    "for inside names.",
    fix="Set dnsConfig.options ndots to 2.",
    source="concepts/services-networking/dns-pod-service/#pod-dns-config",
    when=long_running,
    anchors="CFG-15",
)
def dns_options(workload: Workload) -> Iterator[Found]:
    options = maps(dig(workload.pod, "dnsConfig", "options"))
    if not any(option.get("name") == "ndots" for _, option in options):
        yield workload.pod_path, "dnsConfig sets no ndots"


@rule(
    "discovery.external-ips",
    "Service",
    Level.CORE,
    Severity.ERROR,
    must="A Service MUST NOT claim externalIPs.",
    why="Whoever may create it can take traffic meant for others (CVE-2020-8554).",
    fix="Use a LoadBalancer, an Ingress or a Gateway.",
    source="concepts/services-networking/service/#external-ips",
    anchors="NET-04",
)
def external_ips(service: Resource) -> Iterator[Found]:
    given = service.spec.get("externalIPs")
    if given:
        yield ("spec", "externalIPs"), f"it claims {brief(given)}"


@rule(
    "discovery.sessions",
    "Service",
    Level.OPTIONAL,
    Severity.NOTE,
    must="A Service SHOULD NOT keep clients on one pod.",
    why="Sticky sessions undo balancing and make each pod's loss visible to its clients. Optional: some "
    "protocols need it.",
    fix="Keep session state in a store, and remove sessionAffinity.",
    source="reference/networking/virtual-ips/#session-affinity",
    when=selects_pods,
    anchors="NET-01",
)
def sessions(service: Resource) -> Iterator[Found]:
    if service.spec.get("sessionAffinity") == "ClientIP":
        yield ("spec", "sessionAffinity"), "sessionAffinity is ClientIP"
