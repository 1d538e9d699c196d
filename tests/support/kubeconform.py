"""kubeconform's answers to objects, with schemas made of Kubernetes' own OpenAPI document: no network."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

_DEFINITIONS = "definitions.json"
_PLAIN: dict[str, dict[str, Any]] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["string", "number"]},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["string", "integer"]},
}
"""Definitions that the document gives as text, and that are written otherwise, too."""


def find_kubeconform() -> str | None:
    """The program, where it is installed: of the Go module github.com/yannh/kubeconform, cmd/kubeconform."""
    return shutil.which("kubeconform")


def write_schemas(source: Path, folder: Path) -> None:
    """A schema for each kind of an OpenAPI document, in which no other field may stand."""
    document = json.loads(source.read_text(encoding="utf-8"))
    definitions = {}
    for name, definition in document["definitions"].items():
        closed = {"additionalProperties": False} if definition.get("properties") else {}
        definitions[name] = _PLAIN.get(name, {**definition, **closed})
        for kind in definition.get("x-kubernetes-group-version-kind", ()):
            written = "-".join(
                filter(None, (kind["kind"], kind["group"].partition(".")[0], kind["version"]))
            )
            schema = {"$ref": f"{_DEFINITIONS}#/definitions/{name}"}
            (folder / f"{written.lower()}.json").write_text(json.dumps(schema), encoding="utf-8")
    (folder / _DEFINITIONS).write_text(json.dumps({"definitions": definitions}), encoding="utf-8")


def ask(program: str, objects: list[dict[str, Any]], source: Path, work: Path) -> list[bool | None]:
    """Whether it takes each object; None where it has no schema for its kind.

    Args:
        source: the OpenAPI document.
        work: an empty folder.
    """
    schemas, folder = work / "schemas", work / "objects"
    schemas.mkdir()
    folder.mkdir()
    write_schemas(source, schemas)
    for number, data in enumerate(objects):
        (folder / f"{number}.json").write_text(json.dumps(_without_nulls(data)), encoding="utf-8")
    location = f"{schemas}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    command = [program, "-strict", "-verbose", "-output", "json", "-schema-location", location, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    taken: list[bool | None] = [None] * len(objects)
    for resource in json.loads(done.stdout)["resources"]:
        if "could not find schema" not in resource["msg"]:
            taken[int(Path(resource["filename"]).stem)] = resource["status"] == "statusValid"
    return taken


def _without_nulls(value: Any) -> Any:
    """The value as the server reads it: null is as if it were not written."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
