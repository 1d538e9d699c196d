"""Objects and workloads by namespace, where a namespace that is not written may be any one of the input.

`helm -n` and `kubectl -n` decide it when the objects are applied; that it is `default` is no better a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from seatrial.declared.values import mapping, selects, text

if TYPE_CHECKING:
    from seatrial.declared.objects import Resource, Workload

Item = TypeVar("Item")


def may_be_one(namespace: str, other: str) -> bool:
    """Whether two namespaces may be the same; an empty one is not written."""
    return namespace == other or not namespace or not other


class Namespaced(Generic[Item]):
    """One item for each namespace."""

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def setdefault(self, namespace: str, item: Item) -> Item:
        """The item of exactly that namespace; this one, where there was none."""
        return self._items.setdefault(namespace, item)

    def seen_from(self, namespace: str) -> Iterator[Item]:
        """What an object of a namespace can mean, the likeliest first: its own, then what may become so."""
        if namespace in self._items:
            yield self._items[namespace]
        for other, item in self._items.items() if not namespace else (("", self._items.get("")),):
            if other != namespace and item is not None:
                yield item

    def every(self) -> Iterable[Item]:
        """The items of all namespaces."""
        return self._items.values()

    def has(self, namespace: str) -> bool:
        """Whether there is one of exactly that namespace."""
        return namespace in self._items


class Names:
    """Objects by type, namespace and name."""

    def __init__(self) -> None:
        self._named: dict[tuple[str, str], Namespaced[Resource]] = {}
        self._repeated: set[tuple[str, str, str, str]] = set()

    def add(self, resource: Resource) -> None:
        """Take an object up; of equal names the first one counts."""
        known = self._named.setdefault((resource.type, resource.name), Namespaced())
        if known.setdefault(resource.namespace, resource) is not resource and resource.name:
            self._repeated.add(_identity(resource))

    def find(self, kind: str, namespace: str, name: str) -> Resource | None:
        """The object that is meant by a name in an object of that namespace."""
        known = self._named.get((kind, name))
        return None if known is None else next(known.seen_from(namespace), None)

    def repeated(self, resource: Resource) -> bool:
        """Whether there is another of the same type, version, namespace and name, as they are written."""
        return _identity(resource) in self._repeated


def _identity(resource: Resource) -> tuple[str, str, str, str]:
    return resource.type, resource.namespace, resource.name, resource.version


class Labelled(Generic[Item]):
    """Items by namespace and labels."""

    def __init__(self) -> None:
        self._all: Namespaced[list[tuple[dict[str, Any], Item]]] = Namespaced()
        self._labelled: dict[tuple[str, Any], Namespaced[list[tuple[dict[str, Any], Item]]]] = {}

    def add(self, namespace: str, labels: dict[str, Any], item: Item) -> None:
        """Take an item up."""
        entry = (labels, item)
        self._all.setdefault(namespace, []).append(entry)
        for label, value in labels.items():
            if value.__class__ is str:
                self._labelled.setdefault((label, value), Namespaced()).setdefault(namespace, []).append(
                    entry
                )

    def matching(self, namespace: str, selector: Any) -> list[Item]:
        """The items that a LabelSelector of an object in that namespace matches.

        One that stands in no written namespace selects in one namespace only: in the first where it finds
        something.
        """
        found: list[Item] = []
        for candidates in self._candidates(namespace, selector):
            found += [item for labels, item in candidates if selects(selector, labels)]
            if found and not namespace:
                break
        return found

    def matching_anywhere(self, selector: Any) -> list[Item]:
        """The items of every namespace that a LabelSelector matches."""
        known = self._with_first_label(selector)
        groups = () if known is None else known.every()
        return [item for group in groups for labels, item in group if selects(selector, labels)]

    def holds(self, namespace: str) -> bool:
        """Whether there is anything in exactly that namespace."""
        return self._all.has(namespace)

    def holds_any(self) -> bool:
        """Whether there is anything at all."""
        return any(True for _ in self._all.every())

    def _candidates(self, namespace: str, selector: Any) -> Iterator[list[tuple[dict[str, Any], Item]]]:
        known = self._with_first_label(selector)
        return iter(()) if known is None else known.seen_from(namespace)

    def _with_first_label(self, selector: Any) -> Namespaced[list[tuple[dict[str, Any], Item]]] | None:
        """All items that a selector may match, fewer where it names a label."""
        for label, value in mapping(mapping(selector).get("matchLabels")).items():
            return self._labelled.get((label, value)) if value.__class__ is str else None
        return self._all


_POD_NAME = "statefulset.kubernetes.io/pod-name"
_GIVEN_LATER = frozenset(
    {_POD_NAME, "apps.kubernetes.io/pod-index", "batch.kubernetes.io/job-name", "job-name"}
)
"""Labels that controllers give to their pods; no manifest has them."""


class Pods:
    """Workloads by namespace and the labels of their pods."""

    def __init__(self) -> None:
        self._labelled: Labelled[Workload] = Labelled()

    def add(self, workload: Workload) -> None:
        """Take a workload up."""
        self._labelled.add(workload.namespace, workload.pod_labels, workload)

    def matching(self, namespace: str, selector: Any) -> list[Workload]:
        """The workloads whose pods a LabelSelector matches, with labels that controllers give to pods."""
        labels = mapping(mapping(selector).get("matchLabels"))
        if labels.keys().isdisjoint(_GIVEN_LATER):
            return self._labelled.matching(namespace, selector)
        written = {key: value for key, value in labels.items() if key not in _GIVEN_LATER}
        name, _, _ = text(labels.get(_POD_NAME)).rpartition("-")
        found = self._labelled.matching(namespace, {**selector, "matchLabels": written})
        return [workload for workload in found if _POD_NAME not in labels or workload.name == name]
