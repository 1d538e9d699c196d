"""The generated table of Kubernetes' built-in kinds: their fields and types, in each version."""

from __future__ import annotations

import pkgutil
from typing import NamedTuple

from seatrial.errors import BadInput, suggestion

TABLE = "kubernetes.txt"
"""Beside this file, a part of the package. Written by tests/differential/shapes.py; the first line names the
versions, oldest first."""


class Field(NamedTuple):
    """One field of a definition.

    Attributes:
        wrap: "[" for a list, "{" for a mapping from text, "" for one value.
        sort: a letter for a plain type (`SORTS`), or the name of a definition.
        required: whether the OpenAPI document requires it.
        values: the only values that are taken; empty where any is.
    """

    wrap: str
    sort: str
    required: bool
    values: frozenset[str]


class Kubernetes:
    """One version's built-in kinds.

    Attributes:
        version: such as "1.36".
        versions: all that the table has, oldest first.
    """

    def __init__(self, version: str | None = None) -> None:
        head, *lines = text_of_table().splitlines()
        self.versions = head.partition(" of Kubernetes ")[2].split()
        self.version = self.versions[-1] if version is None else version.removeprefix("v")
        if self.version not in self.versions:
            raise BadInput(
                f"Kubernetes {version} is not in the table of built-in kinds",
                next_step=suggestion(version, self.versions),
            )
        self._rank = {each: rank for rank, each in enumerate(self.versions)}
        self._kinds: dict[tuple[str, str], tuple[str, str]] = {}
        self._cluster_wide: set[tuple[str, str]] = set()
        self._written: dict[str, str] = {}
        for line in lines:
            name, _, rest = line.partition(" ")
            if name in "=@":
                api, kind, definition = rest.split(" ")
                if name == "@":
                    self._cluster_wide.add((api, kind))
                self._kinds[api, kind] = _without_span(definition)
            else:
                self._written[name] = rest
        self._groups = {api.rpartition("/")[0] for api, _ in self._kinds}

    def definition_of(self, api: str, kind: str) -> str | None:
        """The definition of a built-in kind; None where this version does not serve it."""
        definition, span = self._kinds.get((api, kind), ("", ""))
        return definition if definition and self._in(span) else None

    def span_of(self, api: str, kind: str) -> str:
        """From and until which version a kind is served, in words; empty where no version serves it."""
        definition, span = self._kinds.get((api, kind), ("", ""))
        since, _, until = span.removeprefix(">").partition("<")
        words = [f"since {since}" if since else "", f"until before {until}" if until else ""]
        return (" ".join(filter(None, words)) or "in every version") if definition else ""

    def is_cluster_wide(self, api: str, kind: str) -> bool:
        """Whether a built-in kind is in no namespace."""
        return (api, kind) in self._cluster_wide

    def has_group(self, group: str) -> bool:
        """Whether it is an API group of Kubernetes itself."""
        return group in self._groups

    def kinds_of(self, api: str) -> list[str]:
        """The kinds of one API version."""
        return sorted(kind for each, kind in self._kinds if each == api)

    def homes_of(self, kind: str) -> list[str]:
        """The API versions that serve a kind of that name."""
        return sorted(api for api, each in self._kinds if each == kind and self.definition_of(api, kind))

    def fields_of(self, definition: str) -> dict[str, Field]:
        """The fields of a definition in this version."""
        found = {}
        for entry in filter(None, self._written[definition].split(" ")):
            head, marked, values = entry.partition("=")
            mark = "!" if "!" in head else ":"
            name, _, rest = head.partition(mark)
            sort, span = _without_span(rest)
            if self._in(span):
                wrap = sort[0] if sort[0] in "[{" else ""
                taken = frozenset(self._taken(values)) if marked else frozenset[str]()
                found[name] = Field(wrap, sort[len(wrap) :], mark == "!", taken)
        return found

    def _taken(self, values: str) -> list[str]:
        return [
            name.replace("+", " ") for name, span in map(_without_span, values.split("|")) if self._in(span)
        ]

    def _in(self, span: str) -> bool:
        if not span:
            return True
        since, _, until = span.removeprefix(">").partition("<")
        rank = self._rank[self.version]
        return rank >= self._rank.get(since, 0) and rank < self._rank.get(until, len(self._rank))


def _without_span(written: str) -> tuple[str, str]:
    at = min((index for index in (written.find(">"), written.find("<")) if index >= 0), default=len(written))
    return written[:at], written[at:]


def text_of_table() -> str:
    """The table as it is written."""
    return (pkgutil.get_data("seatrial.declared.server", TABLE) or b"").decode()
