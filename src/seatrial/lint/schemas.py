"""A folder with schemas of custom resources -> schemas by kind."""

from __future__ import annotations

import os

from seatrial.declared.graph import items_of
from seatrial.declared.server.structural import Schemas
from seatrial.declared.values import mapping
from seatrial.errors import BadInput
from seatrial.lint.files import read_documents

_SUFFIXES = (".yaml", ".yml", ".json")


def read_schemas(folder: str) -> Schemas:
    """Read every CustomResourceDefinition below a folder, and every JSON schema that its path names.

    Catalogues of JSON schemas have one file for each version of a kind: `<group>/<kind>_<version>.json`.

    Raises:
        BadInput: it is no folder, a file in it cannot be read, or none holds a schema.
    """
    if not os.path.isdir(folder):  # noqa: PTH112
        raise BadInput("there is no such folder", where=folder, next_step="check --schemas")
    schemas, known = Schemas(), 0
    for below, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith(_SUFFIXES):
                known += _take(schemas, os.path.join(below, name))  # noqa: PTH118
    if not known:
        raise BadInput(
            "no file of the folder holds a schema of a custom resource",
            where=folder,
            next_step="put CustomResourceDefinitions there, or files named <group>/<kind>_<version>.json",
        )
    return schemas


def _take(schemas: Schemas, path: str) -> int:
    """How many schemas a file held."""
    taken = 0
    for document in read_documents(path):
        data = mapping(document.data)
        for item in items_of(data) or [data]:
            if mapping(item).get("kind") == "CustomResourceDefinition":
                schemas.add_definition(item)
                taken += 1
        if "kind" not in data and ("properties" in data or "$schema" in data):
            folder, name = os.path.split(path)
            kind, _, version = name.rpartition(".")[0].rpartition("_")
            if kind:
                schemas.add(os.path.basename(folder), version, kind, data)  # noqa: PTH119
                taken += 1
    return taken
