"""The objects of an input: each knows where it stands; what is no object is refused by its line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from seatrial.declared.graph import items_of
from seatrial.declared.server.misfit import sort_of
from seatrial.declared.values import Path
from seatrial.errors import BadInput
from seatrial.lint.document import Document
from seatrial.lint.kustomization import Origins


class Place(NamedTuple):
    """Where an object stands: its document, and the path within it when a List holds it.

    Attributes:
        origins: the files behind it when kustomize rendered it.
    """

    document: Document
    prefix: Path
    origins: Origins | None = None

    def position(self, path: Path) -> tuple[str, int, int]:
        """File, line and column of a field of the object."""
        if self.origins is not None:
            return self.origins.position(self.document.data, path)
        line, column = self.document.locate(self.prefix + path)
        return self.document.source, line, column


World = list[tuple[dict[str, Any], Place]]
"""Objects that are deployed together, each with its place."""


class Input(NamedTuple):
    """What was read.

    Attributes:
        worlds: all files together, and each kustomization and chart for itself.
        sources: the files and renderings that were read.
        ignored: files of a folder that hold no Kubernetes object.
        rendered: folders that kustomize or Helm turned into objects.
        skipped: other names that are left out, by reason.
        refused: what could not be read; everything else was.
        plain: the first of the worlds, where it is files that nothing renders.
    """

    worlds: list[World]
    sources: list[str]
    ignored: list[str]
    rendered: list[str]
    skipped: dict[str, list[str]]
    refused: list[BadInput]
    plain: list[World]

    @property
    def objects(self) -> World:
        """The objects of all worlds."""
        return [each for world in self.worlds for each in world]

    def names(self) -> dict[str, Any]:
        """What was read, by names, ready for JSON."""
        named = {field: getattr(self, field) for field in ("sources", "ignored", "rendered", "skipped")}
        return {**named, "refused": [str(error) for error in self.refused]}


def take(
    documents: Iterable[Document], given: Input, world: World, source: str, origins: Origins | None = None
) -> None:
    """Add the objects of documents to a world; what is no object is refused by its line."""
    given.sources.append(source)
    for document in documents:
        _take_one(document, given, world, origins)


def looks_like_an_object(data: Any) -> bool:
    """Whether a document is meant for Kubernetes, complete or not."""
    if data.__class__ is not dict:
        return False
    named = data.get("apiVersion").__class__ is str
    if data.get("kind").__class__ is str:
        return "apiVersion" in data or "metadata" in data
    return named and ("kind" in data or "metadata" in data or "spec" in data)


def _take_one(document: Document, given: Input, world: World, origins: Origins | None) -> None:
    waiting: list[tuple[Any, Path]] = [(document.data, ())]
    while waiting:
        data, path = waiting.pop()
        foreign = _why_foreign(data)
        if foreign:
            line = document.locate(path)[0] if path else document.line
            where = f"{document.source}:{line} (document {document.number})"
            next_step = "mend it, or name only the files that hold Kubernetes objects"
            given.refused.append(BadInput(foreign, where=where, next_step=next_step))
            continue
        items = items_of(data)
        if items is None:
            world.append((data, Place(document, path, origins)))
            continue
        members = [
            (_with_kind_of_list(item, data), (*path, "items", index)) for index, item in enumerate(items)
        ]
        waiting.extend(reversed(members))


def _with_kind_of_list(item: Any, parent: dict[str, Any]) -> Any:
    """Members of a typed list (`PodList`) may leave out what the list already says."""
    if item.__class__ is not dict or "kind" in item or parent["kind"] == "List":
        return item
    return {"apiVersion": parent.get("apiVersion"), "kind": str(parent["kind"]).removesuffix("List"), **item}


def _why_foreign(data: Any) -> str:
    """Why a document is no Kubernetes object; empty for one."""
    if data.__class__ is not dict:
        return f"a document must be an object, this is {sort_of(data)}"
    for key in ("apiVersion", "kind"):
        if data.get(key).__class__ is not str or not data[key]:
            return f"not a Kubernetes object: `{key}` {'is missing' if key not in data else 'is not text'}"
    return ""
