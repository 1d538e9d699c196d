"""What a running namespace declares: its objects, as their owners wrote them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from seatrial.declared.graph import Graph
from seatrial.declared.kinds import KINDS
from seatrial.declared.values import Path, mapping, maps
from seatrial.errors import NotAllowed
from seatrial.kube.client import Kube
from seatrial.kube.errors import Forbidden, NotFound
from seatrial.kube.ours import is_ours
from seatrial.lint.decoding import parse

_KEPT = frozenset({"managedFields", "uid", "resourceVersion", "generation", "creationTimestamp"})
_SCALED = frozenset({"Deployment", "StatefulSet"})
FILLED_IN_REPLICAS = 1
"""By the server, where nobody says how many."""


class Unlined(NamedTuple):
    """Where an object stands that has no lines: a namespace."""

    name: str

    def position(self, _path: Path) -> tuple[str, int, int]:
        """The name in place of a file; line 0 says that there are no lines."""
        return self.name, 0, 0


def read_live(kube: Kube, *, judged: bool) -> Graph:
    """The graph of a namespace; kinds that may not be read or are not served are left out.

    Args:
        judged: whether rules will ask it; they are told of kinds that may not be read. Else nodes are read,
            too: a node port is reached at their addresses.

    Raises:
        ClusterUnreachable: the API server does not answer.
        NotAllowed: nothing may be read.
    """
    place = Unlined(f"namespace {kube.namespace}")
    objects: list[dict[str, Any]] = []
    refused: dict[str, str] = {}
    missing = set[str]()
    for kind in KINDS if judged else (*KINDS, "Node"):
        try:
            objects += (item for item in kube.objects(kind) if not _is_owned(item))
        except NotFound:
            missing.add(kind)  # the cluster has no such kind, so there is no object of it
        except Forbidden as error:
            refused[kind] = f"{error.what}; {error.next_step}"
    if not set(KINDS) - missing - refused.keys():
        raise NotAllowed(
            "nothing in the namespace may be read",
            where=place.name,
            next_step="`seatrial rights` prints the Roles for whoever may bind them",
        )
    scaled = {target for item in objects for target in _scaled_by(item)}
    written = [(_as_written(item, scaled), place) for item in objects]
    return Graph(written, parse, refused if judged else {}, taken=True)


def _is_owned(item: dict[str, Any]) -> bool:
    """Made by a controller: what it declares stands in its owner. Or by Seatrial itself."""
    if is_ours(item):
        return True
    owners = mapping(item.get("metadata")).get("ownerReferences")
    return any(owner.get("controller") is True for _, owner in maps(owners))


def _scaled_by(item: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Kind and name of what an autoscaler scales."""
    if item.get("kind") == "HorizontalPodAutoscaler":
        target = mapping(mapping(item.get("spec")).get("scaleTargetRef"))
        yield target.get("kind"), target.get("name")


def _as_written(item: dict[str, Any], scaled: Collection[tuple[Any, Any]] = ()) -> dict[str, Any]:
    """Without what the server keeps, and without replicas that it or an autoscaler filled in."""
    metadata = {key: value for key, value in mapping(item.get("metadata")).items() if key not in _KEPT}
    if item.get("kind") not in _SCALED or _replicas_are_written(item, scaled):
        return {**item, "metadata": metadata}
    spec = {key: value for key, value in mapping(item.get("spec")).items() if key != "replicas"}
    return {**item, "metadata": metadata, "spec": spec}


def _replicas_are_written(item: dict[str, Any], scaled: Collection[tuple[Any, Any]]) -> bool:
    """Whether somebody meant the number of replicas.

    Of a write to `scale` managedFields may keep nothing (a fault puts replicas back that way). So where no
    autoscaler is, a number that the server does not fill in was written.
    """
    metadata = mapping(item.get("metadata"))
    writers = [entry for _, entry in maps(metadata.get("managedFields")) if _writes_replicas(entry)]
    if any(not entry.get("subresource") for entry in writers):
        return True
    filled_in = not writers and mapping(item.get("spec")).get("replicas") == FILLED_IN_REPLICAS
    return (item.get("kind"), metadata.get("name")) not in scaled and not filled_in


def _writes_replicas(entry: dict[str, Any]) -> bool:
    return "f:replicas" in mapping(mapping(entry.get("fieldsV1")).get("f:spec"))
