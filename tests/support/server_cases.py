"""Random cases for the rules of the API server: an object that it takes, changed in one place or two."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from seatrial.declared.server.table import Field, Kubernetes

VALID = Path(__file__).parent / "server_valid.yaml"
_TEXTS = (
    *(
        "",
        "x",
        "Upper_Case",
        "a" * 64,
        "a" * 254,
        "-x",
        "x.",
        "a b",
        "a/b",
        "1.2.3.4",
        "10.0.0.0/33",
        "/absolute",
    ),
    *(
        "../up",
        "100m",
        "1.5",
        "-1",
        "5",
        "x_y",
        "ä",
        "True",
        "None",
        "50%",
        "0",
        "http",
        "a.b.c",
        "1Gi",
        "/a//b",
    ),
)
_NUMBERS = (0, -1, 1, 2, 7, 100, 65535, 65536, 70000, 2**31 - 1, 2**31, 2**40, 1.5)
_OTHERS = ("text", 7, True, [], {}, ["x"], {"a": "b"}, [{}], 1.5, None)
_SAMPLES: dict[str, tuple[Any, ...]] = {
    "s": ("x", "abc", "Some-Text", "a/b", "10.0.0.1"),
    "b": (True, False),
    "i": _NUMBERS[:7],
    "l": _NUMBERS[:7],
    "n": (1.5, 2),
    "m": ({},),
    "o": ({}, "x"),
    "q": ("100m", "1Gi", 2, "0", "-1", "wrong"),
    "x": (1, "50%", "http", 0, -1, "150%"),
    "t": ("2026-01-01T00:00:00Z", "yesterday"),
    "y": ("aGVsbG8=", "not base64!"),
}


class Case(NamedTuple):
    """An object, and what was done to it."""

    data: dict[str, Any]
    done: str


def valid_objects() -> list[dict[str, Any]]:
    """The objects that the server takes."""
    return list(yaml.safe_load_all(VALID.read_text(encoding="utf-8")))


class Maker:
    """Makes cases from a seed."""

    def __init__(self, chance: random.Random, kubernetes: Kubernetes) -> None:
        self._chance = chance
        self._kubernetes = kubernetes
        self._valid = valid_objects()

    def case(self) -> Case:
        """One object, changed once, or in one case of five twice."""
        data = copy.deepcopy(self._chance.choice(self._valid))
        done = [self._change(data) for _ in range(1 if self._chance.random() < 0.8 else 2)]
        return Case(data, "; ".join(done))

    def _change(self, data: dict[str, Any]) -> str:
        definition = self._kubernetes.definition_of(data["apiVersion"], data["kind"])
        places: list[tuple[Any, Any, Field | None, tuple[Any, ...]]] = []
        holders: list[tuple[dict[str, Any], str, tuple[Any, ...]]] = []
        self._collect(data, definition or "", (), places, holders)
        change = self._chance.choice(
            (
                self._remove,
                self._retype,
                self._vary,
                self._vary,
                self._vary,
                self._misspell,
                self._add,
                self._repeat,
            )
        )
        return change(places, holders)

    def _collect(
        self,
        value: dict[str, Any],
        definition: str,
        path: tuple[Any, ...],
        places: list[Any],
        holders: list[Any],
    ) -> None:
        """Every place in a value: what holds it, its key, its field in the table, its path."""
        fields = self._kubernetes.fields_of(definition)
        holders.append((value, definition, path))
        for key, item in value.items():
            if not path and key in ("apiVersion", "kind"):
                continue
            field = fields.get(key)
            places.append((value, key, field, (*path, key)))
            members = [(value, key, item, (*path, key))]
            if item.__class__ is list:
                members = [(item, index, each, (*path, key, index)) for index, each in enumerate(item)]
            elif item.__class__ is dict and field is not None and field.wrap == "{":
                members = [(item, name, each, (*path, key, name)) for name, each in item.items()]
            for holder, name, each, below in members:
                if holder is not value:
                    places.append((holder, name, field, below))
                if each.__class__ is dict and field is not None and "." in field.sort:
                    self._collect(each, field.sort, below, places, holders)

    def _remove(self, places: list[Any], _holders: list[Any]) -> str:
        if not places:
            return "nothing"
        holder, key, _, path = self._chance.choice(places)
        del holder[key]
        return f"removed {path}"

    def _retype(self, places: list[Any], _holders: list[Any]) -> str:
        if not places:
            return "nothing"
        holder, key, _, path = self._chance.choice(places)
        holder[key] = self._chance.choice(_OTHERS)
        return f"{path} = {holder[key]!r}"

    def _vary(self, places: list[Any], _holders: list[Any]) -> str:
        plain = [each for each in places if each[0][each[1]].__class__ in (str, int, bool)]
        if not plain:
            return "nothing"
        holder, key, field, path = self._chance.choice(plain)
        old = holder[key]
        values: list[Any] = (
            [not old] if old.__class__ is bool else list(_NUMBERS if old.__class__ is int else _TEXTS)
        )
        if field is not None and field.values and self._chance.random() < 0.6:
            values = sorted(field.values)
        elif field is not None and field.sort == "x":
            values = [*_NUMBERS, *_TEXTS]
        holder[key] = self._chance.choice(values)
        return f"{path} = {holder[key]!r}"

    def _misspell(self, places: list[Any], holders: list[Any]) -> str:
        holder, _, path = self._chance.choice(holders)
        if self._chance.random() < 0.5 or not holder:
            holder["surely-unknown"] = "x"
            return f"unknown in {path}"
        key = self._chance.choice(
            [each for each in holder if path or each not in ("apiVersion", "kind")] or ["x"]
        )
        holder[key[:-1] + key[-1].swapcase() if key[-1:].isalpha() else key + "x"] = holder.pop(key, "x")
        return f"misspelt {(*path, key)}"

    def _add(self, _places: list[Any], holders: list[Any]) -> str:
        holder, definition, path = self._chance.choice(holders)
        fields = self._kubernetes.fields_of(definition)
        missing = [name for name in sorted(fields) if name not in holder and name != "status"]
        if not missing:
            return "nothing"
        name = self._chance.choice(missing)
        holder[name] = self._sample(fields[name], 0)
        return f"{(*path, name)} = {holder[name]!r}"

    def _sample(self, field: Field, depth: int) -> Any:
        if field.values and not field.wrap:
            return self._chance.choice(sorted(field.values))
        if field.sort in _SAMPLES:
            one: Any = self._chance.choice(_SAMPLES[field.sort])
        elif field.sort.startswith("[") or depth > 3:
            one = [] if field.sort.startswith("[") else {}
        else:
            fields = self._kubernetes.fields_of(field.sort)
            chosen = [name for name, each in fields.items() if each.required or self._chance.random() < 0.15]
            one = {name: self._sample(fields[name], depth + 1) for name in sorted(chosen)}
        return [one] if field.wrap == "[" else {"key": one} if field.wrap == "{" else one

    def _repeat(self, places: list[Any], _holders: list[Any]) -> str:
        lists = [each for each in places if each[0].__class__ is list]
        if not lists:
            return "nothing"
        holder, key, _, path = self._chance.choice(lists)
        if self._chance.random() < 0.3:
            del holder[:]
            return f"emptied {path[:-1]}"
        holder.append(copy.deepcopy(holder[key]))
        return f"repeated {path}"
