"""Names and folders -> files, kustomizations and charts, and what is left out of a folder on purpose."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from seatrial.declared.values import Pattern
from seatrial.errors import BadInput
from seatrial.lint.kustomization import FILES as KUSTOMIZATIONS

STDIN = "-"
EXCLUDED = "excluded name"
NOT_NAMED = "file beside a kustomization"
"""The kustomization decides which of its files are deployed; the others are no manifests by themselves."""
_SUFFIXES = (".yaml", ".yml", ".json")
_FOLDERS_OF_OTHERS = ("node_modules",)

_BY_NAME = {
    "values file": Pattern(r"(.*[-._])?values([-._].*)?\.(ya?ml|json)"),
    "file for CI": Pattern(r"(azure|bitbucket)-pipelines.*\.ya?ml|(cloudbuild|buildspec|appveyor).*\.ya?ml"),
    "file for Docker Compose": Pattern(r"(docker-)?compose([-._].*)?\.ya?ml"),
    "file of a chart": Pattern(r"(Chart|requirements)\.(yaml|lock)"),
}
_TEMPLATED = rb"(?m)^\s*(?:-\s+)?\{[{%]|^[^'\"#\n]*:\s+(?:-\s+)?\{[{%]"
_KEY = rb"(?:^|[{,\n])[ \t]*(?:-[ \t]+)?[\"']?(?:apiVersion|kind)[\"']?[ \t]*:"


class Tree(NamedTuple):
    """What the names on the command line stand for.

    Attributes:
        files: each file, and whether it was named itself.
        kustomizations, charts: folders, and whether they were named themselves.
        skipped: names that are left out, by reason.
        refused: what cannot be read.
    """

    files: dict[str, bool]
    kustomizations: dict[str, bool]
    charts: dict[str, bool]
    skipped: dict[str, list[str]]
    refused: list[BadInput]

    def skip(self, reason: str, name: str) -> None:
        """Leave a name out."""
        self.skipped.setdefault(reason, []).append(name)


def explore(names: Iterable[str], exclude: Sequence[str] = ()) -> Tree:
    """Find everything below some names, each file once; links that lead in a circle end where they began.

    Args:
        exclude: patterns of names or paths, of files and folders.
    """
    return _Walk(exclude).all(names)


class _Walk:
    def __init__(self, exclude: Sequence[str]) -> None:
        self._exclude = [pattern.rstrip("/") for pattern in exclude]
        self._seen: set[str] = set()
        self._tree = Tree({}, {}, {}, {}, [])

    def all(self, names: Iterable[str]) -> Tree:
        for name in names:
            self._one(name)
        return self._tree

    def _one(self, name: str) -> None:
        if name == STDIN:
            self._tree.files[name] = True
        elif self._is_excluded(name):
            self._tree.skip(EXCLUDED, name)
        elif os.path.isdir(name):  # noqa: PTH112 (pathlib costs this short process 5 ms)
            self._folder(name, named=True)
        elif not os.path.exists(name):  # noqa: PTH110
            self._tree.refused.append(
                BadInput("there is no such file or folder", where=name, next_step="check the path")
            )
        elif os.path.basename(name) in KUSTOMIZATIONS:  # noqa: PTH119
            self._folder(os.path.dirname(name) or ".", named=True)  # noqa: PTH120
        elif self._is_new(name):
            self._tree.files[name] = True

    def _is_new(self, name: str) -> bool:
        real = os.path.realpath(name)
        if real in self._seen:
            return False
        self._seen.add(real)
        return True

    def _is_excluded(self, path: str) -> bool:
        if not self._exclude:
            return False
        from fnmatch import fnmatchcase

        path = os.path.normpath(path)
        name = os.path.basename(path)  # noqa: PTH119
        return any(
            fnmatchcase(path, os.path.normpath(pattern))
            or fnmatchcase(path, f"*/{pattern}")
            or fnmatchcase(name, pattern)
            for pattern in self._exclude
        )

    def _folder(self, name: str, *, named: bool = False) -> None:
        if not self._is_new(name):
            return
        try:
            entries = sorted(os.listdir(name))  # noqa: PTH208
        except OSError as error:
            self._tree.refused.append(BadInput(f"cannot read the folder: {error.strerror}", where=name))
            return
        rendered = any(entry in KUSTOMIZATIONS for entry in entries)
        if rendered:
            self._tree.kustomizations[name] = named
        elif "Chart.yaml" in entries:
            self._tree.charts[name] = named
            return
        for entry in entries:
            if not entry.startswith("."):
                self._entry(name, entry, beside_kustomization=rendered)

    def _entry(self, folder: str, entry: str, *, beside_kustomization: bool) -> None:
        path = os.path.join(folder, entry)  # noqa: PTH118
        if self._is_excluded(path):
            self._tree.skip(EXCLUDED, path)
        elif os.path.isdir(path):  # noqa: PTH112
            if entry in _FOLDERS_OF_OTHERS:
                self._tree.skip("folder of other programs", path)
            else:
                self._folder(path)
        elif entry.endswith(_SUFFIXES) and entry not in KUSTOMIZATIONS and self._is_new(path):
            if beside_kustomization:
                self._tree.skip(NOT_NAMED, path)
            else:
                self._tree.files[path] = False


def sort_by_name(path: str) -> str:
    """What a file is whose name is a convention of another program; empty for all others."""
    name = os.path.basename(path)  # noqa: PTH119
    return next((sort for sort, pattern in _BY_NAME.items() if pattern.compiled.fullmatch(name)), "")


def is_template(content: bytes) -> bool:
    """Whether a text that is no YAML is one because a template language stands in it."""
    return re.search(_TEMPLATED, content) is not None


def may_hold_objects(content: bytes) -> bool:
    """Whether a text has one of the keys that every object has."""
    return re.search(_KEY, content) is not None
