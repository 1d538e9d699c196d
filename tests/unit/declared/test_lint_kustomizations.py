"""Whole repositories of kustomizations: each is a world of its own, and few of them need a process."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from declared_manifests import BAD_TAG, SOUND, TAG, Files, Run

from seatrial.lint import rendering

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl renders kustomizations")
BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
"""
ACROSS = ["--select", "delivery.unique-object,orchestration.one-budget,orchestration.disruption-budget"]


@pytest.fixture
def repository(files: Files, tmp_path: Path) -> Path:
    """One base; three overlays that include it, of which one only lists it."""
    files(
        base__kustomization_dot_yaml="resources: [web.yaml, budget.yaml]\n",
        base__web_dot_yaml=BAD_TAG,
        base__budget_dot_yaml=BUDGET,
        overlays__dev__kustomization_dot_yaml="resources: [../../base]\n",
        overlays__prod__kustomization_dot_yaml="resources: [../../base]\npatches: [{path: more.yaml}]\n",
        overlays__prod__more_dot_yaml=BAD_TAG.partition("  template:")[0].replace(
            "replicas: 2", "replicas: 5"
        ),
        overlays__test__kustomization_dot_yml="bases: [../../base]\nnamePrefix: test-\n",
    )
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders for which a process was started."""
    folders: list[str] = []
    run = rendering._run

    def counted(command: list[str], folder: str, tool: str) -> object:
        folders.append(Path(folder).name)
        return run(command, folder, tool)

    monkeypatch.setattr(rendering, "_run", counted)
    return folders


@needs_kubectl
def test_overlays_of_one_base_do_not_meet(repository: Path, report: Run, started: list[str]) -> None:
    code, found = report(str(repository), *ACROSS)
    assert (code, found["findings"]) == (0, [])
    assert found["summary"]["workloads"] == 3, "the base is judged by way of its overlays"
    assert sorted(started) == ["prod", "test"], "what only lists files is these files"
    assert not found["input"]["skipped"]


@needs_kubectl
def test_what_several_overlays_share_is_found_once_at_its_file(repository: Path, report: Run) -> None:
    code, found = report(str(repository), *TAG)
    assert code == 1
    assert [(each["file"], each["line"]) for each in found["findings"]] == [
        (str(repository / "base" / "web.yaml"), 11)
    ]


def test_a_base_alone_is_judged_and_its_file_names_the_folder(
    repository: Path, report: Run, started: list[str]
) -> None:
    for name in ("base", "base/kustomization.yaml"):
        code, found = report(str(repository / name), *TAG)
        assert (code, found["summary"]["objects"]) == (1, 2)
    assert not started


def test_the_same_object_twice_in_one_world_is_still_found(files: Files, report: Run, tmp_path: Path) -> None:
    files(kustomization_dot_yaml="resources: [a.yaml, b.yaml]\n", a_dot_yaml=SOUND, b_dot_yaml=BAD_TAG)
    assert report(str(tmp_path), *ACROSS)[0] == 1


def test_files_that_nobody_names_are_judged_or_said(files: Files, report: Run, tmp_path: Path) -> None:
    """Beside a kustomization they are said; in a folder of their own they are manifests."""
    files(
        kustomization_dot_yaml="resources: [a.yaml, sub/c.yaml]\n",
        a_dot_yaml=SOUND,
        beside_dot_yaml=BAD_TAG,
        sub__c_dot_yaml=SOUND.replace("web", "api"),
        examples__d_dot_yaml=BAD_TAG,
    )
    code, found = report(str(tmp_path), *TAG)
    assert [each["file"] for each in found["findings"]] == [str(tmp_path / "examples/d.yaml")]
    assert found["input"]["skipped"] == {"file beside a kustomization": [str(tmp_path / "beside.yaml")]}
    assert (code, found["summary"]["workloads"]) == (1, 3)


def test_files_named_beside_one_kustomization_are_one_input_with_it(
    files: Files, report: Run, tmp_path: Path
) -> None:
    files(app__kustomization_dot_yaml="resources: [a.yaml]\n", app__a_dot_yaml=SOUND.replace("2", "3", 1))
    (budget,) = files(budget_dot_yaml=BUDGET)
    assert report(str(tmp_path / "app"), budget, *ACROSS)[0] == 0
    assert report(str(tmp_path / "app"), *ACROSS)[0] == 1


@needs_kubectl
@pytest.mark.parametrize("other", ["../two", "../one"])
def test_kustomizations_in_a_circle_are_an_error_by_name(
    files: Files, report: Run, tmp_path: Path, other: str
) -> None:
    files(
        one__kustomization_dot_yaml=f"resources: [{other}]\n",
        two__kustomization_dot_yaml="resources: [../one]\n",
        three__kustomization_dot_yaml="resources: [a.yaml]\n",
        three__a_dot_yaml=BAD_TAG,
    )
    code, found = report(str(tmp_path), *TAG)
    assert (code, len(found["findings"])) == (2, 1)
    assert [Path(each["object"]).name for each in found["faults"]] == ["one" if other == "../two" else "two"]


def test_a_component_that_nothing_includes_is_said(files: Files, report: Run, tmp_path: Path) -> None:
    files(
        part__kustomization_dot_yaml="kind: Component\nresources: [a.yaml]\n",
        part__a_dot_yaml=BAD_TAG,
        b_dot_yaml=SOUND,
    )
    code, found = report(str(tmp_path), *TAG)
    assert code == 0
    assert found["summary"]["left_out"].startswith("1 kustomize component that nothing includes")


@needs_kubectl
def test_of_a_rendering_that_fails_only_the_reason_is_told(files: Files, report: Run, tmp_path: Path) -> None:
    files(
        bad__kustomization_dot_yaml="commonLabels: {a: b}\nbases: [../none]\nresources: [none.yaml]\n",
        good__a_dot_yaml=BAD_TAG,
    )
    code, found = report(str(tmp_path), *TAG)
    assert (code, len(found["findings"])) == (2, 1)
    (fault,) = found["faults"]
    assert fault["reason"].startswith("kustomize could not render this folder: accumulating resources")
    assert "arning" not in fault["reason"]
    assert "\n" not in fault["reason"]


LOGS = """\
# Warning: 'commonLabels' is deprecated. Please use 'labels' instead.
W1126 10:00:00.123456   71 warnings.go:70] unrecognized format
2026/11/26 10:00:00 well, this is a log
level=info msg=fetching
Error: no such file
use --debug
"""


def test_log_lines_of_the_tool_are_left_out() -> None:
    assert rendering._reason(LOGS) == "no such file use --debug"
    last = 'E1126 10:00:00.190642   54 run.go:72] "command failed" err="no such \\"file\\": x"'
    assert rendering._reason(f"W1126 10:00:00.1 7 warnings.go:70] well\n{last}\n") == 'no such "file": x'
    assert rendering._reason("it broke") == "it broke"
    assert rendering._reason("# Warning: only this\n") == "# Warning: only this"
    assert rendering._reason("") == ""


@needs_kubectl
def test_what_lies_in_plain_files_is_there_for_each_kustomization(
    files: Files, report: Run, tmp_path: Path
) -> None:
    """Shared settings are applied beside; those of another overlay are not."""
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
    asks = SOUND.replace("image:", "envFrom: [{configMapRef: {name: settings}}], image:")
    files(
        one__kustomization_dot_yaml="resources: [settings.yaml]\n",
        one__settings_dot_yaml=settings,
        two__kustomization_dot_yaml="resources: [web.yaml]\n",
        two__web_dot_yaml=asks,
    )
    rule = ["--select", "delivery.config-map-exists"]
    assert report(str(tmp_path), *rule)[1]["findings"]
    files(shared__settings_dot_yaml=settings)
    assert not report(str(tmp_path), *rule)[1]["findings"]
