"""Views of decoded objects: a resource, a workload with its pod template, a container, a reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from seatrial.declared.kinds import FINITE, INJECTED, KEDA, OTHER_SCALERS, REPLICATED, TEMPLATES, qualified
from seatrial.declared.server.misfit import Misfit
from seatrial.declared.server.walk import Server
from seatrial.declared.values import Path, mapping, maps, printable, sequence, text, whole


class Surroundings(Protocol):
    """What an object can ask about the others of its input; `declared.graph.Graph` answers."""

    resources: list[Resource]
    workloads: list[Workload]
    memo: dict[str, Any]
    parse: Callable[[str], Any] | None
    unread: Mapping[str, str]
    server: Server

    def require_read(self, *kinds: str) -> None: ...
    def namespace_for(self, data: dict[str, Any]) -> str: ...
    def lacks(self, *kinds: str) -> bool: ...
    def of(self, kind: str) -> list[Resource]: ...
    def find(self, kind: str, namespace: str, name: str) -> Resource | None: ...
    def repeated(self, resource: Resource) -> bool: ...
    def target_of(self, autoscaler: Resource) -> Resource | None: ...
    def matching(self, namespace: str, selector: Any) -> list[Workload]: ...
    def is_used(self, resource: Resource) -> bool: ...
    def others_may_match(self, namespace: str, selector: Any) -> bool: ...
    def references(self, workload: Workload) -> list[Reference]: ...
    def misfits(self, resource: Resource) -> list[Misfit]: ...


class Reference(NamedTuple):
    """A name in a pod's spec that must exist elsewhere.

    Attributes:
        kind: ConfigMap, Secret or PersistentVolumeClaim.
        key: the key that must be in it, or empty for the whole object.
        optional: whether the pod starts without it.
        path: where the name stands.
        fixed_at_start: read at the container's start (environment, subPath): a change needs a restart.
    """

    kind: str
    name: str
    key: str
    optional: bool
    path: Path
    fixed_at_start: bool


class Resource:
    """One object.

    Attributes:
        data: the decoded object.
        type: its kind, with the group behind it when that is not one of Kubernetes' own.
        group, version: the two halves of apiVersion.
        namespace: as written; empty when it is not, or where the kind has none: it may be any one.
        origin: whatever the reader of the input attached; rules do not look at it.
    """

    __slots__ = (
        "annotations",
        "chosen",
        "data",
        "graph",
        "group",
        "kind",
        "labels",
        "name",
        "namespace",
        "origin",
        "spec",
        "type",
        "version",
    )

    def __init__(self, data: dict[str, Any], origin: Any, graph: Surroundings) -> None:
        metadata = mapping(data.get("metadata"))
        group, _, version = text(data.get("apiVersion")).rpartition("/")
        self.data = data
        self.origin = origin
        self.graph = graph
        self.kind = text(data.get("kind"))
        self.group = group
        self.version = version
        self.type = qualified(self.kind, group)
        self.name = text(metadata.get("name")) or text(metadata.get("generateName"))
        self.namespace = text(metadata.get("namespace")) or graph.namespace_for(data)
        self.labels = mapping(metadata.get("labels"))
        self.annotations = mapping(metadata.get("annotations"))
        self.spec = mapping(data.get("spec"))
        self.chosen: list[Workload] = []

    @property
    def selected(self) -> list[Workload]:
        """The workloads whose pods it selects (Service, budget, NetworkPolicy), or that an autoscaler scales.

        Raises:
            Unread: there is none, and a kind of workload may not be read.
        """
        if not self.chosen:
            self.graph.require_read(*TEMPLATES)
        return self.chosen

    @property
    def title(self) -> str:
        """Kind/name, with the namespace before it where one is written."""
        written = text(mapping(self.data.get("metadata")).get("namespace"))
        name = f"{self.kind or 'object'}/{self.name or '(unnamed)'}"
        return printable(f"{written}/{name}" if written else name)

    @property
    def resource(self) -> Resource:
        return self


class Workload(Resource):
    """An object that runs pods.

    Attributes:
        pod: the pod's spec. pod_path: where it stands.
        pod_labels, pod_annotations: of the pod template.
        containers: those that live as long as the pod, native sidecars included, injected ones left out.
        every_container: these and the init containers.
        pointing: the objects that point at it, by kind; those with one selector are one list.
    """

    __slots__ = (
        "containers",
        "every_container",
        "pod",
        "pod_annotations",
        "pod_labels",
        "pod_path",
        "pointing",
    )

    def __init__(self, data: dict[str, Any], origin: Any, graph: Surroundings) -> None:
        super().__init__(data, origin, graph)
        template: Any = data
        for key in TEMPLATES[self.type]:
            template = mapping(template).get(str(key))
        metadata = mapping(mapping(template).get("metadata"))
        self.pod = mapping(mapping(template).get("spec"))
        self.pod_path: Path = (*TEMPLATES[self.type], "spec")
        self.pod_labels = mapping(metadata.get("labels"))
        self.pod_annotations = mapping(metadata.get("annotations"))
        self.pointing: dict[str, list[list[Resource]]] = {}
        self.every_container = self._read_containers()
        self.containers = [container for container in self.every_container if not container.starts_the_pod]

    def _pointed_at_by(self, kind: str) -> list[Resource]:
        self.graph.require_read(kind)
        alike = self.pointing.get(kind, [])
        return alike[0] if len(alike) == 1 else [each for resources in alike for each in resources]

    @property
    def services(self) -> list[Resource]:
        """The Services that select its pods. Raises Unread."""
        return self._pointed_at_by("Service")

    @property
    def budgets(self) -> list[Resource]:
        """The PodDisruptionBudgets that select its pods. Raises Unread."""
        return self._pointed_at_by("PodDisruptionBudget")

    @property
    def policies(self) -> list[Resource]:
        """The NetworkPolicies that select its pods. Raises Unread."""
        return self._pointed_at_by("NetworkPolicy")

    @property
    def autoscalers(self) -> list[Resource]:
        """Everything that sets its number of replicas, custom resources included. Raises Unread."""
        return self._pointed_at_by("HorizontalPodAutoscaler") + self._pointed_at_by(OTHER_SCALERS)

    def _read_containers(self) -> list[Container]:
        found = []
        for field in ("containers", "initContainers"):
            for index, data in maps(self.pod.get(field)):
                mark = INJECTED.get(text(data.get("name")))
                if mark is None or mark not in self.pod_annotations:
                    found.append(Container(data, self, (*self.pod_path, field, index)))
        return found

    @property
    def long_running(self) -> bool:
        """Whether its pods are meant to run until someone stops them."""
        if self.type == "Pod":
            return (
                text(self.pod.get("restartPolicy")) in ("", "Always")
                and "helm.sh/hook" not in self.annotations
            )
        return self.type not in FINITE

    @property
    def replicated(self) -> bool:
        """Whether it has a number of equal replicas."""
        return self.type in REPLICATED

    @property
    def replicas(self) -> int:
        """Replicas written in it; 1 when none are, as the API server fills in."""
        written = whole(self.spec.get("replicas"))
        return 1 if written is None else written

    @property
    def least_replicas(self) -> int:
        """The fewest replicas it may run with: an autoscaler's minimum where there is one."""
        minima = [minimum_of(autoscaler) for autoscaler in self.autoscalers]
        return max(minima) if minima else self.replicas

    @property
    def served(self) -> bool:
        """Whether a Service sends it traffic."""
        return bool(self.services)

    @property
    def volumes(self) -> list[tuple[int, dict[str, Any]]]:
        return maps(self.pod.get("volumes"))

    @property
    def claim_templates(self) -> list[tuple[int, dict[str, Any]]]:
        return maps(self.spec.get("volumeClaimTemplates"))

    def at(self, *keys: str | int) -> Path:
        """The path of a field of the pod's spec."""
        return (*self.pod_path, *keys)


def minimum_of(autoscaler: Resource) -> int:
    """An autoscaler's least replicas; when not written 1, as the API server fills in, and with KEDA 0."""
    written = whole(autoscaler.spec.get(bound_of(autoscaler, "min")))
    return int(autoscaler.type != KEDA) if written is None else written


def bound_of(autoscaler: Resource, end: str) -> str:
    """The field with an autoscaler's least (`min`) or most (`max`) replicas."""
    return f"{end}ReplicaCount" if autoscaler.type == KEDA else f"{end}Replicas"


class Container:
    """One container of a workload.

    Attributes:
        path: where it stands in the workload's object.
        starts_the_pod: an init container that ends before the others start.
        security: its securityContext. requests, limits: its resources. ports: its declared ports.
    """

    __slots__ = (
        "data",
        "limits",
        "name",
        "path",
        "ports",
        "requests",
        "security",
        "starts_the_pod",
        "workload",
    )

    def __init__(self, data: dict[str, Any], workload: Workload, path: Path) -> None:
        resources = mapping(data.get("resources"))
        self.data = data
        self.workload = workload
        self.path = path
        self.name = text(data.get("name"))
        self.starts_the_pod = path[-2] == "initContainers" and data.get("restartPolicy") != "Always"
        self.security = mapping(data.get("securityContext"))
        self.requests = mapping(resources.get("requests"))
        self.limits = mapping(resources.get("limits"))
        self.ports = maps(data.get("ports"))

    def at(self, *keys: str | int) -> Path:
        """The path of one of its fields."""
        return (*self.path, *keys)

    @property
    def image(self) -> str:
        return text(self.data.get("image"))

    @property
    def resource(self) -> Resource:
        return self.workload

    @property
    def command(self) -> str:
        """Command and arguments as one line."""
        words = sequence(self.data.get("command")) + sequence(self.data.get("args"))
        return " ".join(word for word in words if word.__class__ is str)
