"""The graph of references between objects, built once; rules ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from seatrial.declared.kinds import OTHER_SCALERS, TEMPLATES, Unread, qualified
from seatrial.declared.namespaces import Labelled, Names, Pods
from seatrial.declared.objects import Container, Reference, Resource, Workload
from seatrial.declared.pod_references import pod_references
from seatrial.declared.scalers import scaled_by, takes_over
from seatrial.declared.server.misfit import Misfit
from seatrial.declared.server.structural import Schemas
from seatrial.declared.server.walk import server_of
from seatrial.declared.uses import Uses
from seatrial.declared.values import mapping, maps, sequence, text


class Graph:
    """All objects of one input and how they refer to each other.

    Args:
        version: of Kubernetes, such as "1.34" (default: the newest known).
        taken: the API server has the objects already, so it does not refuse them.
        namespace: where objects go that name none; empty where that is not known.
        schemas: of custom resources, beside those of the input's own CustomResourceDefinitions.

    Attributes:
        resources: every object, workloads included.
        by_type: the same by `Resource.type`.
        workloads: those that are judged: neither owned by another object of the input nor Helm's own tests.
        owned: number of pods and replica sets left out because their owner is in the input.
        helm_tests: number of Helm test pods left out.
        parse: reads YAML that stands in a text (an Envoy configuration in a ConfigMap), or None;
            rules that need it do not apply without it.
        unread: kinds of which there may be objects that are not here, with the reason; who asks for them
            raises Unread.
        server: what the API server of a version of Kubernetes refuses.
        memo: what was once found out of the whole input, by who asks.
    """

    def __init__(
        self,
        objects: Iterable[tuple[dict[str, Any], Any]],
        parse: Callable[[str], Any] | None = None,
        unread: Mapping[str, str] = MappingProxyType({}),
        *,
        version: str | None = None,
        taken: bool = False,
        namespace: str = "",
        schemas: Schemas | None = None,
    ) -> None:
        self.server = server_of(version)
        self._schemas = Schemas() if schemas is None else schemas
        self._namespace = namespace
        self._taken = taken
        self._misfits: dict[int, list[Misfit]] = {}
        self.unread = unread
        self.memo: dict[str, Any] = {}
        self.parse = None if parse is None else _once(parse)
        self.resources: list[Resource] = []
        self.by_type: dict[str, list[Resource]] = {}
        self.workloads: list[Workload] = []
        self.owned = 0
        self.helm_tests = 0
        self._names = Names()
        self._pods = Pods()
        self._made: Labelled[str] | None = None
        self._homes: dict[int, str] = {}
        self._alike: dict[tuple[str, str, str], list[Resource]] = {}
        self._uses: Uses | None = None
        self._references: dict[int, list[Reference]] = {}
        for data, origin in objects:
            self._add(data, origin)
        for definition in self.by_type.get("CustomResourceDefinition", []):
            self._schemas.add_definition(definition.data)
        self._keep_workloads()
        self._connect()

    def _add(self, data: dict[str, Any], origin: Any) -> None:
        kind = text(data.get("kind"))
        group = text(data.get("apiVersion")).rpartition("/")[0]
        runs_pods = qualified(kind, group) in TEMPLATES and not _only_refers(data)
        resource = Workload(data, origin, self) if runs_pods else Resource(data, origin, self)
        self.resources.append(resource)
        self.by_type.setdefault(resource.type, []).append(resource)
        self._names.add(resource)

    def _keep_workloads(self) -> None:
        for resource in self.resources:
            if not isinstance(resource, Workload):
                continue
            if "test" in text(resource.annotations.get("helm.sh/hook")):
                self.helm_tests += 1
            elif self._has_owner_here(resource):
                self.owned += 1
            else:
                self.workloads.append(resource)
                self._pods.add(resource)

    def _has_owner_here(self, resource: Resource) -> bool:
        owners = mapping(resource.data.get("metadata")).get("ownerReferences")
        for _, owner in maps(owners):
            if owner.get("controller") is True:
                group = text(owner.get("apiVersion")).rpartition("/")[0]
                kind = qualified(text(owner.get("kind")), group)
                if self._names.find(kind, resource.namespace, text(owner.get("name"))) is not None:
                    return True
        return False

    def _connect(self) -> None:
        for service in self.by_type.get("Service", []):
            labels = mapping(service.spec.get("selector"))
            if labels and service.spec.get("type") != "ExternalName":
                self._select(service, {"matchLabels": labels})
        for budget in self.by_type.get("PodDisruptionBudget", []):
            self._select(budget, budget.spec.get("selector"))
        for policy in self.by_type.get("NetworkPolicy", []):
            self._select(policy, mapping(policy.spec.get("podSelector")))
        for autoscaler in self.by_type.get("HorizontalPodAutoscaler", []):
            if not self._has_owner_here(autoscaler):
                self._point_at_target(autoscaler, autoscaler.type)
        for resource in self.resources:
            if "." in resource.type and "scaleTargetRef" in resource.spec and not takes_over(resource):
                self._point_at_target(resource, OTHER_SCALERS)

    def _select(self, resource: Resource, selector: Any) -> None:
        """Those with one selector share what it finds: a thousand policies `{}` cost as much as one."""
        key = (resource.type, resource.namespace, repr(selector))
        alike = self._alike.setdefault(key, [])
        alike.append(resource)
        if alike[0] is resource:
            self._point(alike, self._pods.matching(resource.namespace, selector), resource.type)
        resource.chosen = alike[0].chosen

    def _point_at_target(self, autoscaler: Resource, kind: str) -> None:
        target = self._names.find(*scaled_by(autoscaler))
        if isinstance(target, Workload):
            self._point([autoscaler], [target], kind)

    def _point(self, alike: list[Resource], workloads: list[Workload], kind: str) -> None:
        namespace = alike[0].namespace
        alike[0].chosen = workloads
        for workload in workloads:
            if namespace and not workload.namespace:
                home = self._homes.setdefault(id(workload), namespace)
                if home != namespace:
                    continue  # it lies in one namespace, whichever that is
            workload.pointing.setdefault(kind, []).append(alike)

    def namespace_for(self, data: dict[str, Any]) -> str:
        """Where an object goes that names no namespace; empty where that is not known, or it has none."""
        api, kind = text(data.get("apiVersion")), text(data.get("kind"))
        alone = not self._namespace or self.server.kubernetes.is_cluster_wide(api, kind)
        return "" if alone else self._namespace

    def require_read(self, *kinds: str) -> None:
        """Go on only where all objects of these kinds could be read.

        Raises:
            Unread: those of one may not be.
        """
        if self.unread:
            for kind in kinds:
                if kind in self.unread:
                    raise Unread(kind, self.unread[kind])

    def lacks(self, *kinds: str) -> bool:
        """Whether files show no object of these kinds: others then deliver them, and nobody knows which."""
        return not self._taken and not any(kind in self.by_type or kind in self.unread for kind in kinds)

    def target_of(self, autoscaler: Resource) -> Resource | None:
        """The object that an autoscaler scales, if the input has it. Raises Unread."""
        return self.find(*scaled_by(autoscaler))

    def of(self, kind: str) -> list[Resource]:
        """Every object of one type. Raises Unread."""
        self.require_read(kind)
        return self.by_type.get(kind, [])

    def find(self, kind: str, namespace: str, name: str) -> Resource | None:
        """The object of that name, or None when the input does not have it. Raises Unread."""
        self.require_read(kind)
        return self._names.find(kind, namespace, name)

    def repeated(self, resource: Resource) -> bool:
        """Whether the input holds another object of the same kind, namespace and name."""
        return self._names.repeated(resource)

    def matching(self, namespace: str, selector: Any) -> list[Workload]:
        """The judged workloads of a namespace whose pods a LabelSelector matches. Raises Unread."""
        found = self._pods.matching(namespace, selector)
        if not found:
            self.require_read(*TEMPLATES)
        return found

    def others_may_match(self, namespace: str, selector: Any) -> bool:
        """Whether pods may be made that a LabelSelector matches, by what the input does not show.

        That is so for labels of a custom resource, and where the input holds no workload at all.
        """
        if self.lacks(*TEMPLATES):
            return True
        if self._made is None:
            self._made = Labelled()
            for resource in self.resources:
                if "." in resource.type and not isinstance(resource, Workload):
                    for labels in _labels_of(resource):
                        self._made.add(resource.namespace, labels, resource.name)
        return any(self._made.matching(namespace, selector))

    def references(self, workload: Workload) -> list[Reference]:
        """Every ConfigMap, Secret and claim that a workload's pods name."""
        if id(workload) not in self._references:
            self._references[id(workload)] = pod_references(workload)
        return self._references[id(workload)]

    def misfits(self, resource: Resource) -> list[Misfit]:
        """Why the API server would refuse an object; nothing where it already took it."""
        if self._taken:
            return []
        if id(resource) not in self._misfits:
            of_kind = self._schemas.misfits(resource.data)
            known = {(each.path, each.sort) for each in of_kind}
            others = (
                each for each in self.server.misfits(resource.data) if (each.path, each.sort) not in known
            )
            self._misfits[id(resource)] = [*others, *of_kind]
        return self._misfits[id(resource)]

    def is_used(self, resource: Resource) -> bool:
        """Whether something in the input may name this ConfigMap or Secret."""
        if self._uses is None:
            self._uses = Uses(self)
        return self._uses.name(resource)

    def containers(self) -> list[Container]:
        """The long-lived containers of every judged workload."""
        return [container for workload in self.workloads for container in workload.containers]

    def every_container(self) -> list[Container]:
        """The containers and init containers of every judged workload."""
        return [container for workload in self.workloads for container in workload.every_container]


def _labels_of(resource: Resource) -> Iterator[dict[str, Any]]:
    """Labels that pods of a custom resource may have: its own, and whatever it calls so at any depth."""
    waiting: list[Any] = [resource.labels, resource.spec]
    yield resource.labels
    while waiting:
        value = waiting.pop()
        if value.__class__ is dict:
            waiting.extend(value.values())
            yield from (mapping(value[key]) for key in ("labels", "podLabels") if mapping(value.get(key)))
        elif value.__class__ is list:
            waiting.extend(value)


def _once(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """The same reader, which reads each text once: several rules ask for the same."""
    known: dict[str, Any] = {}

    def read(written: str) -> Any:
        if written not in known:
            known[written] = parse(written)
        return known[written]

    return read


def _only_refers(data: dict[str, Any]) -> bool:
    """Whether a Rollout takes its pods from another object."""
    spec = mapping(data.get("spec"))
    return "workloadRef" in spec and "template" not in spec


def items_of(data: dict[str, Any]) -> list[Any] | None:
    """The members of a List object (`List`, `DeploymentList`), or None when it is no list."""
    if text(data.get("kind")).endswith("List") and data.get("items").__class__ is list:
        return sequence(data.get("items"))
    return None
