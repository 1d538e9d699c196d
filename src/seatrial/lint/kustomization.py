"""What kustomizations name: each other, files, and where the objects of one come from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

from seatrial.declared.graph import items_of
from seatrial.declared.values import Path, Pattern, mapping, sequence, text
from seatrial.errors import BadInput
from seatrial.lint.document import Document
from seatrial.lint.files import Files

FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_INCLUDED = ("resources", "bases", "components")
_REMOTE = Pattern(r"[a-z+]+://|git@|git::|[\w-]+(\.[\w-]+)*\.[a-z]{2,}[:/]")
_MOST_FOLDERS = 50
"""Bound on nested bases; far above any real one."""
_LISTS_ONLY = {"apiVersion", "kind", "metadata", "resources", "sortOptions", "buildMetadata"}


class Kustomizations:
    """The kustomizations of one input, each read once.

    Attributes:
        files: what they and others read.
    """

    def __init__(self) -> None:
        self.files = Files()
        self._contents: dict[str, dict[str, Any]] = {}

    def content_of(self, folder: str) -> dict[str, Any]:
        """The kustomization of a folder; empty when it has none or it cannot be read."""
        if folder not in self._contents:
            path = kustomization_in(folder)
            try:
                documents = self.files.documents(path) if path else []
            except BadInput:
                documents = []
            self._contents[folder] = mapping(documents[0].data) if documents else {}
        return self._contents[folder]

    def resources_of(self, folder: str) -> list[str]:
        """Paths of the files and folders that the kustomization of a folder includes."""
        content = self.content_of(folder)
        named = [
            name for field in _INCLUDED for name in sequence(content.get(field)) if name.__class__ is str
        ]
        return [os.path.normpath(os.path.join(folder, name)) for name in named]  # noqa: PTH118

    def remote_of(self, folder: str) -> str:
        """What the kustomization of a folder, or one that it includes, would fetch; empty where nothing."""
        for below in sorted(self._below(os.path.realpath(folder), set())):
            content = self.content_of(below)
            for name in (each for field in _INCLUDED for each in sequence(content.get(field))):
                if name.__class__ is str and _is_remote(name) and not _exists(below, name):
                    return str(name)
        return ""

    def is_component(self, folder: str) -> bool:
        """Whether it can only be a part of others."""
        return self.content_of(folder).get("kind") == "Component"

    def roots(self, folders: Iterable[str]) -> list[str]:
        """Those that no other one includes; of a circle, the first."""
        known = {os.path.realpath(folder): folder for folder in folders}
        included = {below for real in known for below in self._below(real, set()) if below != real}
        roots = [folder for real, folder in known.items() if real not in included]
        reached = {below for folder in roots for below in self._below(os.path.realpath(folder), set())}
        for real, folder in known.items():
            if real not in reached:
                roots.append(folder)
                reached |= self._below(real, set())
        return roots

    def _below(self, real: str, reached: set[str]) -> set[str]:
        """The folder itself and all folders that it includes, at any depth."""
        waiting = [real]
        while waiting:
            folder = waiting.pop()
            if folder not in reached:
                reached.add(folder)
                below = (path for path in self.resources_of(folder) if os.path.isdir(path))  # noqa: PTH112
                waiting.extend(map(os.path.realpath, below))
        return reached

    def files_named_by(self, folders: Iterable[str]) -> set[str]:
        """Real paths of everything that some kustomizations name: resources, patches, generators' files."""
        return {
            os.path.realpath(os.path.join(folder, written.rpartition("=")[2]))  # noqa: PTH118
            for folder in folders
            for written in _texts(self.content_of(folder))
        }

    def listed_files(self, folder: str, above: tuple[str, ...] = ()) -> list[str] | None:
        """The files of a kustomization that changes nothing; None for one that must be rendered."""
        content, real = self.content_of(folder), os.path.realpath(folder)
        if not content or content.keys() - _LISTS_ONLY or real in above:
            return None
        found: list[str] = []
        for path in self.resources_of(folder):
            if os.path.isdir(path):  # noqa: PTH112
                below = self.listed_files(path, (*above, real))
                if below is None:
                    return None
                found += below
            elif os.path.isfile(path):  # noqa: PTH113
                found.append(path)
            else:
                return None
        return found


class Origins:
    """The files behind one rendered folder, read when the first finding asks."""

    def __init__(self, folder: str, kustomizations: Kustomizations) -> None:
        self._folder = folder.rstrip("/")
        self._kustomizations = kustomizations
        self._objects: dict[tuple[str, str], tuple[Document, Path]] | None = None

    def position(self, data: dict[str, Any], path: Path) -> tuple[str, int, int]:
        """File, line and column of a field of a rendered object.

        An object or field that no file holds (generated, patched in) is placed at its nearest ancestor, in
        the end at the kustomization itself.
        """
        if self._objects is None:
            self._objects = {}
            self._collect(self._folder, 0)
        kind, name = text(data.get("kind")), text(mapping(data.get("metadata")).get("name"))
        found = self._objects.get((kind, name)) or self._with_affixes(kind, name)
        if found is None:
            return kustomization_in(self._folder) or self._folder, 1, 1
        document, prefix = found
        line, column = document.locate(prefix + path)
        return document.source, line, column

    def _with_affixes(self, kind: str, name: str) -> tuple[Document, Path] | None:
        """The object whose name kustomize lengthened by a prefix or a suffix."""
        assert self._objects is not None
        near = [
            key for key in self._objects if key[0] == kind and (key[1] + "-" in name or "-" + key[1] in name)
        ]
        return self._objects[max(near, key=lambda key: len(key[1]))] if near else None

    def _collect(self, folder: str, depth: int) -> None:
        for path in self._kustomizations.resources_of(folder) if depth < _MOST_FOLDERS else []:
            if os.path.isdir(path):  # noqa: PTH112
                self._collect(path, depth + 1)
            elif os.path.isfile(path):  # noqa: PTH113
                try:
                    documents = self._kustomizations.files.documents(path)
                except BadInput:
                    continue  # kustomize read it; its line is then not known, and nothing else depends on it
                for document in documents:
                    self._take(document)

    def _take(self, document: Document) -> None:
        items = items_of(document.data) if isinstance(document.data, dict) else None
        members = [(document.data, ())] if items is None else [(i, ("items", n)) for n, i in enumerate(items)]
        for data, prefix in members:
            if isinstance(data, dict) and self._objects is not None:
                key = (text(data.get("kind")), text(mapping(data.get("metadata")).get("name")))
                self._objects.setdefault(key, (document, prefix))


def _is_remote(name: str) -> bool:
    return _REMOTE.compiled.match(name) is not None


def _exists(folder: str, name: str) -> bool:
    return os.path.exists(os.path.join(folder, name))  # noqa: PTH110, PTH118


def kustomization_in(folder: str) -> str | None:
    """The kustomization file of a folder, or None."""
    for name in FILES:
        path = os.path.join(folder, name)  # noqa: PTH118
        if os.path.isfile(path):  # noqa: PTH113
            return path
    return None


def _texts(value: Any) -> Iterator[str]:
    if value.__class__ is str:
        yield value
    elif value.__class__ is dict or value.__class__ is list:
        for item in value.values() if value.__class__ is dict else value:
            yield from _texts(item)
