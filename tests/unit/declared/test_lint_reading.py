"""What the command reads, what it refuses, and its exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from declared_manifests import BAD_TAG, SOUND, TAG, Files, Run


def test_clean_is_0_and_findings_are_1(files: Files, report: Run) -> None:
    sound, bad = files(a_dot_yaml=SOUND, b_dot_yaml=BAD_TAG)
    assert report(sound, *TAG)[0] == 0
    code, found = report(bad, *TAG)
    assert code == 1
    assert found["findings"][0]["line"] == 11
    assert found["findings"][0]["path"] == "spec.template.spec.containers[0].image"


@pytest.mark.parametrize(("fail_on", "code"), [("note", 1), ("warning", 0), ("error", 0)])
def test_only_findings_from_fail_on_upwards_count(files: Files, report: Run, fail_on: str, code: int) -> None:
    (name,) = files(a_dot_yaml=SOUND)
    selected = ["--select", "orchestration.liveness-probe", "--fail-on", fail_on]
    assert report(name, *selected)[0] == code


NOTHING = {
    "an empty file": "",
    "only a Helm test": "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {helm.sh/hook: "
    "test}}\n"
    "spec: {containers: [{name: a, image: 'a:1'}]}\n",
    "an unknown kind": "apiVersion: example.com/v1\nkind: Wheel\nmetadata: {name: a}\n",
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_judged_is_never_all_good(files: Files, report: Run, name: str) -> None:
    code, found = report(*files(a_dot_yaml=NOTHING[name]))
    assert code == 2
    assert "there is nothing to judge" in found["error"]


REFUSED = {
    "no kind": ("apiVersion: v1\nmetadata: {name: a}\n", "`kind` is missing", "a.yaml:1 (document 1)"),
    "a list": ("- a\n- b\n", "this is a list", "a.yaml:1 (document 1)"),
    "a broken second document": (SOUND + "---\na: [\n", "not valid YAML", "(document 2)"),
    "a bad member of a List": (
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: w.example/v1\n  kind: Wheel\n- kind: 3\n",
        "`apiVersion` is missing",
        "a.yaml:6 (document 1)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_2_with_its_place_and_no_finding(files: Files, report: Run, name: str) -> None:
    text, what, where = REFUSED[name]
    code, found = report(*files(a_dot_yaml=text))
    assert code == 2
    assert what in found["error"]
    assert where in found["error"]


def test_a_missing_file_is_2(report: Run) -> None:
    code, found = report("/nowhere/at/all.yaml")
    assert (code, "there is no such file" in found["error"]) == (2, True)


def test_bytes_that_are_not_utf_8_are_2(tmp_path: Path, report: Run) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: \xff\xfe\n")
    code, found = report(str(path))
    assert (code, f"{path}:2" in found["error"]) == (2, True)


def test_an_unknown_rule_is_2_and_named_with_the_nearest(files: Files, report: Run) -> None:
    code, found = report(*files(a_dot_yaml=SOUND), "--select", "container.image-tags")
    assert (code, "did you mean `container.image-tag`?" in found["error"]) == (2, True)


def test_a_folder_is_read_whole_and_what_is_not_kubernetes_is_named(
    files: Files, report: Run, tmp_path: Path
) -> None:
    files(a_dot_yaml=SOUND, sub__b_dot_yml=BAD_TAG.replace("web", "api"), values_dot_yaml="replicas: 3\n")
    files(_dot_hidden__c_dot_yaml="{{ broken")
    code, found = report(str(tmp_path), *TAG)
    assert code == 1
    assert found["summary"]["workloads"] == 2
    assert found["input"]["skipped"] == {"values file": [str(tmp_path / "values.yaml")]}


def test_a_list_object_is_its_members_with_their_own_lines(files: Files, report: Run) -> None:
    member = "\n".join("  " + line for line in BAD_TAG.splitlines())
    (name,) = files(a_dot_yaml=f"apiVersion: v1\nkind: List\nitems:\n-{member[1:]}\n")
    code, found = report(name, *TAG)
    assert code == 1
    assert found["findings"][0]["line"] == 14


def test_a_typed_list_gives_its_kind_to_its_members(files: Files, report: Run) -> None:
    pod = {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    (name,) = files(a_dot_json=json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [pod]}))
    code, found = report(name, *TAG)
    assert code == 1
    assert found["findings"][0]["object"]["kind"] == "Pod"


def test_unknown_kinds_pass_through_and_are_counted(files: Files, report: Run) -> None:
    (name,) = files(a_dot_yaml=SOUND + "---\napiVersion: example.com/v1\nkind: Wheel\nmetadata: {name: w}\n")
    code, found = report(name, *TAG)
    assert (code, found["summary"]["unknown"]) == (0, {"Wheel.example.com": 1})


def test_pods_whose_owner_is_in_the_input_are_judged_once(files: Files, report: Run) -> None:
    owned = (
        "---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: web-1, ownerReferences: "
        "[{apiVersion: apps/v1, kind: Deployment, name: web, controller: true, uid: x}]}\nspec: "
        "{template: {spec: "
        "{containers: [{name: web, image: 'web:latest'}]}}}\n"
    )
    code, found = report(*files(a_dot_yaml=BAD_TAG + owned), *TAG)
    assert (code, len(found["findings"])) == (1, 1)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl renders kustomizations")
def test_a_kustomization_is_rendered_and_findings_name_the_file_behind_it(
    files: Files, report: Run, tmp_path: Path
) -> None:
    files(
        overlay__kustomization_dot_yaml="resources: [../base]\nnamePrefix: green-\n",
        base__kustomization_dot_yaml="resources: [web.yaml]\nnamespace: shop\n",
        base__web_dot_yaml=BAD_TAG,
    )
    code, found = report(str(tmp_path / "overlay"), *TAG)
    assert code == 1
    finding = found["findings"][0]
    assert finding["object"] == {"kind": "Deployment", "namespace": "shop", "name": "green-web"}
    assert (finding["file"], finding["line"]) == (str(tmp_path / "base/web.yaml"), 11)


def test_without_kubectl_a_kustomization_that_changes_things_is_not_judged(
    files: Files, report: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    files(kustomization_dot_yaml="resources: [web.yaml]\n", web_dot_yaml=BAD_TAG)
    assert report(str(tmp_path), *TAG)[0] == 1
    files(kustomization_dot_yaml="resources: [web.yaml]\nnamePrefix: x-\n")
    code, found = report(str(tmp_path), *TAG)
    assert (code, "must be rendered by kustomize" in found["error"]) == (2, True)


POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""


def test_all_files_are_one_input(files: Files, report: Run) -> None:
    """A policy, budget or Service may stand in another file than what it selects."""
    workload, policy = files(a_dot_yaml=SOUND, b__policy_dot_yaml=POLICY)
    selected = ["--select", "security.network-policy"]
    assert report(workload, *selected)[0] == 1
    assert report(workload, policy, *selected)[0] == 0
    assert report(policy, workload, *selected)[0] == 0


def test_data_of_other_programs_in_a_folder_is_ignored_even_if_it_is_no_yaml(
    files: Files, report: Run, tmp_path: Path
) -> None:
    files(a_dot_yaml=SOUND, ratings_dot_json="{rating: 5}{rating: 4}", rates_dot_yaml="a: [\n")
    code, found = report(str(tmp_path), *TAG)
    assert code == 0
    assert [Path(name).name for name in found["input"]["ignored"]] == ["rates.yaml", "ratings.json"]
    files(b_dot_yaml="kind: Pod\nmetadata: [\n")
    assert report(str(tmp_path), *TAG)[0] == 2
