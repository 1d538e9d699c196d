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
_KEY = rb"(?:^|[{,\n])[ \t]*(?:-[ \t]+)?[\"']?%s[\"']?[ \t]*:"
_FLUX = b"kustomize.toolkit.fluxcd.io/"


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
        self._named: list[str] = []
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
            self._named.append(os.path.realpath(name))
            self._folder(name, named=True)
        elif not os.path.exists(name):  # noqa: PTH110
            self._tree.refused.append(
                BadInput("there is no such file or folder", where=name, next_step="check the path")
            )
        elif os.path.basename(name) in KUSTOMIZATIONS and _is_kustomization(name):  # noqa: PTH119
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
        own = [entry for entry in entries if entry in KUSTOMIZATIONS]
        rendered = any(_is_kustomization(os.path.join(name, entry)) for entry in own)  # noqa: PTH118
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
            elif os.path.islink(path) and self._leads_up(path):  # noqa: PTH114
                self._tree.skip("link to a folder above", path)
            else:
                self._folder(path)
        elif entry.endswith(_SUFFIXES) and (entry not in KUSTOMIZATIONS or not beside_kustomization):
            if not os.path.isfile(path) and os.path.exists(path):  # noqa: PTH110, PTH113
                self._tree.skip("pipe or device", path)  # it may never end
            elif beside_kustomization and self._is_new(path):
                self._tree.skip(NOT_NAMED, path)
            elif self._is_new(path):
                self._tree.files[path] = False

    def _leads_up(self, link: str) -> bool:
        """Whether a link leads to a folder that holds one that was named: to the whole disk, in the end."""
        above = os.path.join(os.path.realpath(link), "")  # noqa: PTH118
        return any(os.path.join(root, "").startswith(above) for root in self._named)  # noqa: PTH118


def sort_by_name(path: str) -> str:
    """What a file is whose name is a convention of another program; empty for all others."""
    name = os.path.basename(path)  # noqa: PTH119
    return next((sort for sort, pattern in _BY_NAME.items() if pattern.compiled.fullmatch(name)), "")


def is_template(content: bytes) -> bool:
    """Whether a text that is no YAML is one because a template language stands in it."""
    return re.search(_TEMPLATED, content) is not None


def may_hold_objects(content: bytes) -> bool:
    """Whether a text has the keys that every object has: other programs' files may have a `kind`, too."""
    return _has_key(b"apiVersion", content) or (_has_key(b"kind", content) and _has_key(b"metadata", content))


def _has_key(name: bytes, content: bytes) -> bool:
    return re.search(_KEY % name, content) is not None


def _is_kustomization(path: str) -> bool:
    """Whether a file of that name is kustomize's: Flux has objects that are called so, too."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return _FLUX not in file.read()
    except OSError:
        return True  # whoever renders it tells why it cannot be read
