"""Where the objects of a kustomization come from, so that a finding names a file that a person can open."""

from __future__ import annotations

import os
from typing import Any

from seatrial.declared.graph import items_of
from seatrial.declared.values import Path, mapping, sequence, text
from seatrial.errors import BadInput
from seatrial.lint.document import Document
from seatrial.lint.files import read_documents

FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_MOST_FOLDERS = 50
"""Bound on nested bases; far above any real one."""


class Origins:
    """The files behind one rendered folder, read when the first finding asks."""

    def __init__(self, folder: str) -> None:
        self._folder = folder.rstrip("/")
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
        for name in resource_names(folder) if depth < _MOST_FOLDERS else []:
            path = os.path.normpath(os.path.join(folder, name))  # noqa: PTH118
            if os.path.isdir(path):  # noqa: PTH112
                self._collect(path, depth + 1)
            elif os.path.isfile(path):  # noqa: PTH113
                try:
                    documents = read_documents(path)
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


def kustomization_in(folder: str) -> str | None:
    """The kustomization file of a folder, or None."""
    for name in FILES:
        path = os.path.join(folder, name)  # noqa: PTH118
        if os.path.isfile(path):  # noqa: PTH113
            return path
    return None


def content_of(folder: str) -> dict[str, Any]:
    """The kustomization of a folder; empty when it has none or it cannot be read."""
    path = kustomization_in(folder)
    try:
        documents = read_documents(path) if path else []
    except BadInput:
        documents = []
    return mapping(documents[0].data) if documents else {}


def resource_names(folder: str) -> list[str]:
    """Files and folders that the kustomization of a folder names."""
    content = content_of(folder)
    fields = ("resources", "bases", "components")
    return [name for field in fields for name in sequence(content.get(field)) if name.__class__ is str]
