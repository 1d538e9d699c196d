"""The graph of references between objects, built once; rules ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from seatrial.declared.kinds import OTHER_SCALERS, TEMPLATES, Unread, qualified
from seatrial.declared.objects import Container, Reference, Resource, Workload
from seatrial.declared.pod_references import pod_references
from seatrial.declared.server.walk import Misfit, server_of
from seatrial.declared.values import dig, mapping, maps, selects, sequence, text

_POD_NAME = "statefulset.kubernetes.io/pod-name"
_GIVEN_LATER = frozenset(
    {_POD_NAME, "apps.kubernetes.io/pod-index", "batch.kubernetes.io/job-name", "job-name"}
)
"""Labels that controllers give to their pods; no manifest has them."""


class Graph:
    """All objects of one input and how they refer to each other.

    Args:
        version: of Kubernetes, such as "1.34" (default: the newest known).
        taken: the API server has the objects already, so it does not refuse them.

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
    ) -> None:
        self.server = server_of(version)
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
        self._named: dict[tuple[str, str, str], Resource] = {}
        self._repeated: set[tuple[str, str, str, str]] = set()
        self._labelled: dict[tuple[str, Any, Any], list[Workload]] = {}
        self._in_namespace: dict[str, list[Workload]] = {}
        self._used: set[tuple[str, str, str]] | None = None
        self._references: dict[int, list[Reference]] = {}
        for data, origin in objects:
            self._add(data, origin)
        self._keep_workloads()
        self._connect()

    def _add(self, data: dict[str, Any], origin: Any) -> None:
        kind = text(data.get("kind"))
        group = text(data.get("apiVersion")).rpartition("/")[0]
        runs_pods = qualified(kind, group) in TEMPLATES and not _only_refers(data)
        resource = Workload(data, origin, self) if runs_pods else Resource(data, origin, self)
        self.resources.append(resource)
        self.by_type.setdefault(resource.type, []).append(resource)
        key = (resource.type, resource.namespace, resource.name)
        if self._named.setdefault(key, resource) is not resource and resource.name:
            self._repeated.add((*key, resource.version))

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
                self._in_namespace.setdefault(resource.namespace, []).append(resource)
                for label, value in resource.pod_labels.items():
                    if value.__class__ is str:
                        self._labelled.setdefault((resource.namespace, label, value), []).append(resource)

    def _has_owner_here(self, resource: Resource) -> bool:
        owners = mapping(resource.data.get("metadata")).get("ownerReferences")
        for _, owner in maps(owners):
            if owner.get("controller") is True:
                group = text(owner.get("apiVersion")).rpartition("/")[0]
                kind = qualified(text(owner.get("kind")), group)
                if (kind, resource.namespace, text(owner.get("name"))) in self._named:
                    return True
        return False

    def _connect(self) -> None:
        for service in self.by_type.get("Service", []):
            labels = mapping(service.spec.get("selector"))
            if labels and service.spec.get("type") != "ExternalName":
                self._point(service, self._matching(service.namespace, {"matchLabels": labels}))
        for budget in self.by_type.get("PodDisruptionBudget", []):
            self._point(budget, self._matching(budget.namespace, budget.spec.get("selector")))
        for policy in self.by_type.get("NetworkPolicy", []):
            self._point(policy, self._matching(policy.namespace, mapping(policy.spec.get("podSelector"))))
        for autoscaler in self.by_type.get("HorizontalPodAutoscaler", []):
            if not self._has_owner_here(autoscaler):
                self._point_at_target(autoscaler, autoscaler.type)
        for resource in self.resources:
            if "." in resource.type and "scaleTargetRef" in resource.spec and not _takes_over(resource):
                self._point_at_target(resource, OTHER_SCALERS)

    def _point_at_target(self, autoscaler: Resource, kind: str) -> None:
        target = self._named.get(scaled_by(autoscaler))
        if isinstance(target, Workload):
            self._point(autoscaler, [target], kind)

    def _point(self, resource: Resource, workloads: list[Workload], kind: str = "") -> None:
        resource.chosen = workloads
        for workload in workloads:
            workload.pointing.setdefault(kind or resource.type, []).append(resource)

    def require_read(self, *kinds: str) -> None:
        """Go on only where all objects of these kinds could be read.

        Raises:
            Unread: those of one may not be.
        """
        if self.unread:
            for kind in kinds:
                if kind in self.unread:
                    raise Unread(kind, self.unread[kind])

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
        return self._named.get((kind, namespace, name))

    def repeated(self, resource: Resource) -> bool:
        """Whether the input holds another object of the same kind, namespace and name."""
        return (resource.type, resource.namespace, resource.name, resource.version) in self._repeated

    def matching(self, namespace: str, selector: Any) -> list[Workload]:
        """The judged workloads of a namespace whose pods a LabelSelector matches. Raises Unread."""
        found = self._matching(namespace, selector)
        if not found:
            self.require_read(*TEMPLATES)
        return found

    def _matching(self, namespace: str, selector: Any) -> list[Workload]:
        labels = mapping(mapping(selector).get("matchLabels"))
        if not labels.keys().isdisjoint(_GIVEN_LATER):
            return self._matching_one_pod(namespace, mapping(selector), labels)
        for label, value in labels.items():
            if value.__class__ is not str:
                return []
            candidates = self._labelled.get((namespace, label, value), [])
            break
        else:
            candidates = self._in_namespace.get(namespace, [])
        return [workload for workload in candidates if selects(selector, workload.pod_labels)]

    def _matching_one_pod(
        self, namespace: str, selector: dict[str, Any], labels: dict[str, Any]
    ) -> list[Workload]:
        """As `matching`, for a selector with labels that a controller gives to its pods."""
        written = {key: value for key, value in labels.items() if key not in _GIVEN_LATER}
        name, _, _ = text(labels.get(_POD_NAME)).rpartition("-")
        found = self._matching(namespace, {**selector, "matchLabels": written})
        return [workload for workload in found if _POD_NAME not in labels or workload.name == name]

    def others_may_match(self, namespace: str, selector: Any) -> bool:
        """Whether a custom resource has labels that a LabelSelector matches: such pods may be made for it."""
        for resource in self.resources:
            if "." not in resource.type or isinstance(resource, Workload) or resource.namespace != namespace:
                continue
            made = (
                dig(resource.spec, "podMetadata", "labels"),
                dig(resource.spec, "template", "metadata", "labels"),
            )
            if any(selects(selector, mapping(labels)) for labels in (resource.labels, *made) if labels):
                return True
        return False

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
            self._misfits[id(resource)] = self.server.misfits(resource.data)
        return self._misfits[id(resource)]

    def used_names(self) -> set[tuple[str, str, str]]:
        """(kind, namespace, name) of every ConfigMap and Secret that something in the input names."""
        if self._used is None:
            self._used = set()
            for resource in self.resources:
                if isinstance(resource, Workload):
                    self._used |= {
                        (item.kind, resource.namespace, item.name) for item in self.references(resource)
                    }
                elif resource.type not in ("ConfigMap", "Secret"):
                    self._used |= {
                        (kind, resource.namespace, name)
                        for name in _texts(resource.data)
                        for kind in ("ConfigMap", "Secret")
                    }
        return self._used

    def containers(self) -> list[Container]:
        """The long-lived containers of every judged workload."""
        return [container for workload in self.workloads for container in workload.containers]

    def every_container(self) -> list[Container]:
        """The containers and init containers of every judged workload."""
        return [container for workload in self.workloads for container in workload.every_container]


def scaled_by(autoscaler: Resource) -> tuple[str, str, str]:
    """Type, namespace and name of what an autoscaler scales; a custom one means a Deployment by default."""
    reference = mapping(autoscaler.spec.get("scaleTargetRef"))
    group = text(reference.get("apiVersion")).rpartition("/")[0]
    kind = text(reference.get("kind")) or ("Deployment" if "." in autoscaler.type else "")
    return qualified(kind, group), autoscaler.namespace, text(reference.get("name"))


def _takes_over(autoscaler: Resource) -> bool:
    """Whether KEDA takes a HorizontalPodAutoscaler over that somebody else wrote: then that one counts."""
    return autoscaler.annotations.get("scaledobject.keda.sh/transfer-hpa-ownership") == "true"


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


def _texts(value: Any) -> set[str]:
    """Every text in an object: what an unknown kind names may be one of them."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if current.__class__ is str:
            found.add(current)
        elif current.__class__ is dict:
            waiting.extend(current.values())
        elif current.__class__ is list:
            waiting.extend(current)
    return found


def items_of(data: dict[str, Any]) -> list[Any] | None:
    """The members of a List object (`List`, `DeploymentList`), or None when it is no list."""
    if text(data.get("kind")).endswith("List") and data.get("items").__class__ is list:
        return sequence(data.get("items"))
    return None
