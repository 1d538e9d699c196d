"""Trees that mean no good, or none of ours: no crash, no endless wait, and everything else is judged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from declared_manifests import BAD_TAG, SOUND, TAG, Files, Run

OWN = "deployment.yaml"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder within another, with one manifest that has one finding."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / OWN).write_text(BAD_TAG)
    return folder


def judged(report: Run, folder: Path, code: int, *more: str) -> dict[str, object]:
    """The report of a folder in which the one manifest was judged, whatever else was there."""
    given, found = report(str(folder), *TAG, *more)
    assert given == code, found
    assert [each["object"]["name"] for each in found["findings"]] == ["web"]
    return found


def test_a_link_to_a_folder_above_is_left_out(tree: Path, report: Run) -> None:
    (tree.parent / "outside.yaml").write_text(BAD_TAG.replace("web", "outside"))
    (tree / "up").symlink_to("..")
    (tree / "root").symlink_to("/")
    found = judged(report, tree, 1)
    assert len(found["input"]["skipped"]["link to a folder above"]) == 2  # type: ignore[index]


def test_a_link_to_a_folder_beside_is_followed(tree: Path, report: Run) -> None:
    (tree.parent / "shared").mkdir()
    (tree.parent / "shared" / "app.yaml").write_text(BAD_TAG.replace("web", "shared"))
    (tree / "shared").symlink_to("../shared")
    assert len(report(str(tree), *TAG)[1]["findings"]) == 2


def test_a_pipe_is_not_waited_for(tree: Path, report: Run) -> None:
    os.mkfifo(tree / "pipe.yaml")
    (tree / "folder.yaml").mkdir()
    found = judged(report, tree, 1)
    assert len(found["input"]["skipped"]["pipe or device"]) == 1  # type: ignore[index]


def test_a_link_to_nothing_is_an_error_by_name(tree: Path, report: Run) -> None:
    (tree / "gone.yaml").symlink_to("nowhere.yaml")
    found = judged(report, tree, 2)
    assert str(tree / "gone.yaml") in str(found["faults"])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"])
def test_a_mark_at_the_beginning_says_the_encoding(tree: Path, report: Run, encoding: str) -> None:
    mark = "" if encoding in ("utf-8-sig", "utf-16") else "\ufeff"
    (tree / OWN).write_bytes((mark + BAD_TAG.replace("\n", "\r\n")).encode(encoding))
    judged(report, tree, 1)


def test_a_list_of_objects_is_no_file_of_others(tree: Path, report: Run) -> None:
    (tree / "all.json").write_text('[{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}]')
    assert "this is a list" in str(judged(report, tree, 2)["faults"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tsconfig.json", '{ // of a compiler\n"kind": 1 }'),
        ("template.json", '{"kind": {{ .kind }}}'),
        ("numbers.json", '{"kind": 1e999}'),
        ("deep.yaml", "a: " + "[" * 5000),
        ("bytes.yaml", "\x00kind\x01"),
    ],
)
def test_what_cannot_be_read_and_is_not_ours_is_left_out(
    tree: Path, report: Run, name: str, content: str
) -> None:
    (tree / name).write_text(content)
    assert judged(report, tree, 1)["input"]["ignored"] == [str(tree / name)]  # type: ignore[index]


def test_an_object_of_flux_that_is_called_kustomization_is_an_object(tree: Path, report: Run) -> None:
    api = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    (tree / "kustomization.yaml").write_text(f"{api}metadata: {{name: x}}\nspec: {{path: ./x}}\n")
    found = judged(report, tree, 1)
    assert found["summary"]["objects"] == 2  # type: ignore[index]


@pytest.mark.parametrize(
    "named",
    [
        "https://github.com/example/shop//deploy?ref=v1",
        "github.com/example/shop",
        "git@example.com:shop.git",
        "ssh://git@example.com/shop",
    ],
)
def test_what_lies_elsewhere_is_named_and_not_fetched(
    tree: Path, report: Run, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # nothing could fetch it
    for folder, content in (("base", f"resources:\n- {named}\n"), ("prod", "resources: [../base]\n")):
        (tree / folder).mkdir()
        (tree / folder / "kustomization.yaml").write_text(content)
    reason = str(judged(report, tree, 2)["faults"])
    assert f"includes {named}, and this tool fetches nothing" in reason


def test_a_folder_that_only_looks_remote_is_read(files: Files, report: Run, tmp_path: Path) -> None:
    files(example__app_dot_yaml=SOUND)
    (tmp_path / "example.com").mkdir()
    (tmp_path / "example.com" / "app.yaml").write_text(BAD_TAG)
    (tmp_path / "kustomization.yaml").write_text("resources: [example.com/app.yaml]\n")
    assert len(report(str(tmp_path), *TAG)[1]["findings"]) == 1


def test_the_order_of_names_changes_nothing(files: Files, report: Run) -> None:
    names = files(a_dot_yaml=BAD_TAG, b_dot_yaml=BAD_TAG.replace("latest", "stable").replace("web", "b"))
    assert report(*names)[1]["findings"] == report(*names[::-1])[1]["findings"]


def test_a_misspelt_selector_is_one_finding(files: Files, report: Run) -> None:
    budget = "kind: PodDisruptionBudget\napiVersion: policy/v1\nmetadata: {name: x}\n"
    (name,) = files(a_dot_yaml=f"{budget}spec: {{maxUnavailable: 1, selector: {{matchlabels: {{a: b}}}}}}\n")
    found = report(name)[1]["findings"]
    assert [each["rule"] for each in found] == ["delivery.unknown-field"]
