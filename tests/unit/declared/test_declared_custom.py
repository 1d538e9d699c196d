"""Custom resources against the schemas of their definitions, of the input or of a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from declared_manifests import SOUND, Files, Run
from server_custom import CASES, DEFINITION, FULL, changed

from seatrial.declared.server.misfit import UNKNOWN, VALUE
from seatrial.declared.server.structural import Schemas
from seatrial.declared.server.walk import server_of

SCHEMAS = [
    "--select",
    "delivery.unknown-field,delivery.field-types,delivery.field-values,delivery.fields-together",
]


def misfits(data: dict[str, Any]) -> list[str]:
    return [f"{'.'.join(map(str, each.path))}: {each.seen}" for each in Schemas([DEFINITION]).misfits(data)]


def test_what_the_server_takes_has_no_misfit() -> None:
    assert not misfits(FULL)


@pytest.mark.parametrize(("path", "value", "takes"), CASES)
def test_each_word_of_a_schema_counts(path: str, value: Any, takes: bool) -> None:
    found = misfits(changed(path, value))
    assert (not found) == takes, found
    assert len(found) <= 1


def test_a_misspelt_field_that_is_required_is_one_misfit() -> None:
    data = changed("spec.size", KeyError)
    data["spec"]["sizes"] = 3
    (found,) = Schemas([DEFINITION]).misfits(data)
    assert (found.sort, "did you mean `size`" in found.seen) == (UNKNOWN, True)


def test_a_version_that_its_definition_does_not_serve() -> None:
    (found,) = Schemas([DEFINITION]).misfits({**FULL, "apiVersion": "test.seatrial.dev/v1alpha1"})
    assert (found.sort, found.seen) == (VALUE, "`v1alpha1` is not served, v1 is")
    assert not Schemas([DEFINITION]).misfits({**FULL, "apiVersion": "other.seatrial.dev/v1"})


def test_definitions_of_the_input_and_of_a_folder_count(files: Files, report: Run) -> None:
    wrong = yaml.safe_dump(changed("spec.size", 11))
    definition = yaml.safe_dump(DEFINITION)
    alone, together, crd = files(
        alone_dot_yaml=SOUND + "---\n" + wrong,
        together_dot_yaml=SOUND + "---\n" + definition + "---\n" + wrong,
        crds__gadgets_dot_yaml=definition,
    )
    assert report(alone, *SCHEMAS)[0] == 0
    for arguments in ([together], [alone, "--schemas", str(Path(crd).parent)]):
        code, found = report(*arguments, *SCHEMAS)
        assert code == 1
        assert [(each["path"], each["seen"]) for each in found["findings"]] == [
            ("spec.size", "11 is above 10")
        ]


def test_a_catalogue_of_json_schemas(files: Files, report: Run) -> None:
    schema = DEFINITION["spec"]["versions"][1]["schema"]["openAPIV3Schema"]
    manifest, catalogue = files(
        a_dot_yaml=SOUND + "---\n" + yaml.safe_dump(changed("spec.sizes", 3)),
        catalogue__test_dot_seatrial_dot_dev__gadget_v1_dot_json=json.dumps(schema),
    )
    folder = str(Path(catalogue).parents[1])
    code, found = report(manifest, *SCHEMAS, "--schemas", folder)
    assert (code, [each["path"] for each in found["findings"]]) == (1, ["spec.sizes"])


def test_a_folder_without_schemas_is_an_error(files: Files, report: Run) -> None:
    manifest, nothing = files(a_dot_yaml=SOUND, none__values_dot_yaml="a: 1\n")
    code, found = report(manifest, "--schemas", str(Path(nothing).parent))
    assert (code, "no file of the folder holds a schema" in found["error"]) == (2, True)
    code, found = report(manifest, "--schemas", str(Path(nothing).parent / "gone"))
    assert (code, "there is no such folder" in found["error"]) == (2, True)


def test_a_custom_resource_may_have_a_finalizer_without_a_domain() -> None:
    """The API server asks for a domain in those of its own kinds only."""
    metadata = {"name": "shop", "finalizers": ["resources-finalizer.argocd.argoproj.io", "a b"]}
    custom = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata}
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    places = [[misfit.path for misfit in server_of().misfits(data)] for data in (custom, own)]
    second = ("metadata", "finalizers", 1)
    assert places == [[second], [("metadata", "finalizers", 0), second]]
