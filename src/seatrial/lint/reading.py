"""Files, folders, standard input, kustomizations and Helm charts -> objects that know where they stand."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from seatrial.declared.graph import items_of
from seatrial.declared.server.walk import sort_of
from seatrial.declared.values import Path
from seatrial.errors import BadInput
from seatrial.lint.decoding import decode
from seatrial.lint.document import Document
from seatrial.lint.files import bytes_of, decode_bytes
from seatrial.lint.kustomization import FILES as KUSTOMIZATIONS
from seatrial.lint.kustomization import Origins, resource_names

_SUFFIXES = (".yaml", ".yml", ".json")


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


class Input(NamedTuple):
    """What was read.

    Attributes:
        objects: each object with its place.
        sources: the files and renderings that were read.
        ignored: files of a folder that hold no Kubernetes object.
        rendered: folders that kustomize or Helm turned into objects.
    """

    objects: list[tuple[dict[str, Any], Place]]
    sources: list[str]
    ignored: list[str]
    rendered: list[str]


def read(names: Iterable[str]) -> Input:
    """Read everything that is named: files, folders, `-` for standard input.

    Raises:
        BadInput: a name does not exist, or something in it cannot be read.
    """
    given = Input([], [], [], [])
    for name in names:
        if name == "-":
            _take(decode_bytes(sys.stdin.buffer.read(), "<stdin>"), given, "<stdin>", strict=True)
        elif os.path.isdir(name):  # noqa: PTH112 (pathlib costs this short process 5 ms)
            _read_folder(name, given)
        elif os.path.exists(name):  # noqa: PTH110
            _read_file(name, given, strict=True)
        else:
            raise BadInput("there is no such file or folder", where=name, next_step="check the path")
    return given


def _read_file(name: str, given: Input, *, strict: bool) -> None:
    content = bytes_of(name)
    if not strict and b"apiVersion" not in content and b"kind" not in content:
        given.ignored.append(name)  # not even broken Kubernetes: another program's file
        return
    _take(decode_bytes(content, name), given, name, strict=strict)


def _take(
    documents: list[Document], given: Input, source: str, *, strict: bool, origins: Origins | None = None
) -> None:
    if not strict and documents and not any(_looks_like_an_object(document.data) for document in documents):
        given.ignored.append(source)
        return
    given.sources.append(source)
    for document in documents:
        given.objects.extend(_objects_of(document, origins))


def _looks_like_an_object(data: Any) -> bool:
    return data.__class__ is dict and ("apiVersion" in data or "kind" in data)


def _objects_of(document: Document, origins: Origins | None) -> Iterator[tuple[dict[str, Any], Place]]:
    _refuse_foreign(document.data, document, ())
    waiting: list[tuple[Any, Path]] = [(document.data, ())]
    while waiting:
        data, path = waiting.pop(0)
        items = items_of(data)
        if items is None:
            yield data, Place(document, path, origins)
            continue
        for index, item in enumerate(items):
            below = (*path, "items", index)
            if "kind" not in (item if item.__class__ is dict else ()) and data.get("kind") != "List":
                item = _with_kind_of_list(item, data)  # noqa: PLW2901
            _refuse_foreign(item, document, below)
            waiting.append((item, below))


def _with_kind_of_list(item: Any, parent: dict[str, Any]) -> Any:
    """Members of a typed list (`PodList`) may leave out what the list already says."""
    if item.__class__ is not dict:
        return item
    return {"apiVersion": parent.get("apiVersion"), "kind": str(parent["kind"]).removesuffix("List"), **item}


def _refuse_foreign(data: Any, document: Document, path: Path) -> None:
    line = document.locate(path)[0] if path else document.line
    where = f"{document.source}:{line} (document {document.number})"
    next_step = "mend it, or name only the files that hold Kubernetes objects"
    if data.__class__ is not dict:
        raise BadInput(
            f"a document must be an object, this is {sort_of(data)}", where=where, next_step=next_step
        )
    for key in ("apiVersion", "kind"):
        if data.get(key).__class__ is not str or not data[key]:
            missing = "is missing" if key not in data else "is not text"
            raise BadInput(f"not a Kubernetes object: `{key}` {missing}", where=where, next_step=next_step)


def _read_folder(name: str, given: Input) -> None:
    entries = sorted(os.listdir(name))  # noqa: PTH208
    if any(entry in KUSTOMIZATIONS for entry in entries):
        _read_kustomization(name, given)
        return
    if "Chart.yaml" in entries:
        _render(name, given, "helm")
        return
    for entry in entries:
        path = os.path.join(name, entry)  # noqa: PTH118
        if entry.startswith("."):
            continue
        if os.path.isdir(path):  # noqa: PTH112
            _read_folder(path, given)
        elif entry.endswith(_SUFFIXES):
            _read_file(path, given, strict=False)


def _read_kustomization(name: str, given: Input) -> None:
    from seatrial.lint.rendering import can_render, only_lists_files

    if can_render("kustomize") or not only_lists_files(name):
        _render(name, given, "kustomize")
        return
    for entry in resource_names(name):
        path = os.path.join(name, entry)  # noqa: PTH118
        if os.path.isdir(path):  # noqa: PTH112
            _read_folder(path, given)
        else:
            _read_file(path, given, strict=True)


def _render(name: str, given: Input, tool: str) -> None:
    from seatrial.lint.rendering import render

    source, text = render(name, tool)
    given.rendered.append(name)
    origins = Origins(name) if tool == "kustomize" else None
    _take(decode(text, source), given, source, strict=True, origins=origins)
