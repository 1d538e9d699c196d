"""Whole folders: one bad file hides nothing, and what is no manifest is left out by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from declared_manifests import BAD_TAG, SOUND, TAG, Files, Run

BROKEN = "apiVersion: v1\nkind: Pod\nmetadata: [\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
TEMPLATE = (
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n{{- if .Values.x }}\n{{- end }}\n"
)


def names(paths: list[str]) -> list[str]:
    return [Path(path).name for path in paths]


@pytest.mark.parametrize("named", [True, False], ids=["files", "folder"])
def test_a_bad_file_is_named_and_the_others_are_judged(
    files: Files, report: Run, tmp_path: Path, named: bool
) -> None:
    given = files(a_dot_yaml=BROKEN, b_dot_yaml=BAD_TAG, c_dot_yaml=BROKEN)
    code, found = report(*(given if named else [str(tmp_path)]), *TAG)
    assert code == 2
    assert [each["object"] for each in found["findings"]] == [
        {"kind": "Deployment", "namespace": "", "name": "web"}
    ]
    assert [(each["object"], each["rule"]) for each in found["faults"]] == [
        (f"{given[0]}:4 (document 1)", "delivery.readable-file"),
        (f"{given[2]}:4 (document 1)", "delivery.readable-file"),
    ]
    assert "not valid YAML" in found["faults"][0]["reason"]


def test_a_bad_document_is_named_and_the_others_of_its_file_are_judged(files: Files, report: Run) -> None:
    code, found = report(*files(a_dot_yaml=f"- a\n---\n{BAD_TAG}---\nkind: Pod\n"), *TAG)
    assert (code, len(found["findings"])) == (2, 1)
    reasons = [each["reason"].partition(";")[0] for each in found["faults"]]
    assert reasons == [
        "a document must be an object, this is a list",
        "not a Kubernetes object: `apiVersion` is missing",
    ]


def test_nothing_but_bad_files_is_told_for_each(files: Files, report: Run) -> None:
    one, two = files(a_dot_yaml=BROKEN, b_dot_yaml="- a\n")
    code, found = report(one, two, "/nowhere/at/all.yaml")
    assert code == 2
    assert all(name in found["error"] for name in (one, two, "/nowhere/at/all.yaml"))


@pytest.mark.parametrize("pattern", ["old", "*/old", "old/", "broken.yaml", "*.yaml,old", "old/broken.yaml"])
def test_what_is_excluded_is_not_read_and_said(
    files: Files, report: Run, tmp_path: Path, pattern: str
) -> None:
    files(a_dot_json='{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}')
    files(old__broken_dot_yaml=BROKEN)
    assert report(str(tmp_path))[0] == 2
    code, found = report(str(tmp_path), "--exclude", pattern)
    assert code == 0
    assert len(found["input"]["skipped"]["excluded name"]) == 1
    assert "1 excluded name" in found["summary"]["left_out"]


def test_an_excluded_file_is_left_out_even_if_it_is_named_itself(files: Files, report: Run) -> None:
    good, bad = files(a_dot_yaml=SOUND, b_dot_yaml=BROKEN)
    assert report(good, bad, "--exclude", "b.yaml", *TAG)[0] == 0
    assert report(bad, "--exclude", "*.yaml")[0] == 2


OTHERS = {
    "values.yaml": "kind: Deployment\nreplicas: 2\n",
    "values-prod.yaml": "kind: {{ x }}\n",
    "my-values.yml": "apiVersion: [\n",
    "docker-compose.yml": "kind: [\n",
    "cloudbuild.yaml": "kind: [\n",
    "datasource.yaml": "apiVersion: 1\ndatasources: []\n",
    "openapi.json": '{"kind": "api", "paths": {}}',
    "deployment.yaml": TEMPLATE,
    "playbook.yml": "- hosts: all\n  vars: {kind: x}\n",
    "node_modules/a.yaml": BROKEN,
}


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_other_programs_are_left_out_by_name(tmp_path: Path, report: Run, name: str) -> None:
    (tmp_path / "web.yaml").write_text(SOUND)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(OTHERS[name])
    code, found = report(str(tmp_path), *TAG)
    assert (code, found["faults"]) == (0, [])
    skipped = [
        *found["input"]["ignored"],
        *(each for group in found["input"]["skipped"].values() for each in group),
    ]
    assert [path.as_posix()] == skipped or [path.parent.as_posix()] == skipped


def test_a_manifest_is_judged_whatever_its_name(files: Files, report: Run, tmp_path: Path) -> None:
    files(values_dot_yaml=BAD_TAG)
    assert report(str(tmp_path), *TAG)[0] == 1


def test_braces_in_quotes_are_no_template(files: Files, report: Run, tmp_path: Path) -> None:
    """A broken manifest stays an error, although a text in it is meant for a template language."""
    files(a_dot_yaml=SOUND, b_dot_yaml=BROKEN.replace("[", "{annotations: {a: '{{ $labels.pod }}'"))
    assert report(str(tmp_path), *TAG)[0] == 2


def test_templates_named_themselves_are_no_pass(files: Files, report: Run, tmp_path: Path) -> None:
    code, found = report(*files(templates__web_dot_yaml=TEMPLATE))
    assert (code, "render it first" in found["error"]) == (2, True)
    code, found = report(str(tmp_path / "templates"))
    assert (code, "left out: 1 template" in found["error"]) == (2, True)


def test_charts_without_helm_are_named_once_and_the_rest_is_judged(
    files: Files, report: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    files(web_dot_yaml=BAD_TAG)
    for chart in ("one", "two"):
        files(
            **{
                f"{chart}__Chart_dot_yaml": CHART,
                f"{chart}__values_dot_yaml": "kind: x\n",
                f"{chart}__templates__a_dot_yaml": TEMPLATE,
                f"{chart}__charts__below__Chart_dot_yaml": CHART,
            }
        )
    code, found = report(str(tmp_path), *TAG)
    assert (code, len(found["findings"])) == (2, 1)
    (fault,) = found["faults"]
    assert "2 folders must be rendered by helm, and it is not installed" in fault["reason"]
    assert fault["object"] == f"{tmp_path}/one, {tmp_path}/two"
    assert report(str(tmp_path), *TAG, "--exclude", "one,two")[0] == 1


def test_links_that_lead_in_a_circle_end(files: Files, report: Run, tmp_path: Path) -> None:
    files(sub__web_dot_yaml=BAD_TAG)
    (tmp_path / "sub" / "up").symlink_to("..")
    (tmp_path / "sub" / "again.yaml").symlink_to("web.yaml")
    (tmp_path / "itself").symlink_to("itself")
    code, found = report(
        str(tmp_path), str(tmp_path / "sub" / "web.yaml"), "--select", "delivery.unique-object"
    )
    assert (code, found["summary"]["workloads"]) == (0, 1)


RBAC = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all}
rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]
"""
ALONE = {
    "rights": (RBAC, 1),
    "an Ingress": (
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec:\n  tls: [{hosts: [a]}]\n"
        "  defaultBackend: {service: {name: web, port: {number: 80}}}\n",
        0,
    ),
    "an autoscaler": (
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n"
        "  {minReplicas: 2, maxReplicas: 4, "
        "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n",
        0,
    ),
    "a policy": (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
        "spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}\n",
        0,
    ),
    "a budget": (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec:\n"
        "  {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, "
        "selector: {matchLabels: {app: web}}}\n",
        0,
    ),
    "a Service": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
        "spec: {selector: {app: a}, ports: [{port: 80}]}\n",
        0,
    ),
    "a bad Service": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80000}]}\n",
        1,
    ),
}


@pytest.mark.parametrize("name", ALONE)
def test_an_input_without_workloads_is_judged_by_what_is_in_it(files: Files, report: Run, name: str) -> None:
    """What it refers to is delivered elsewhere, so nothing is said of that."""
    text, expected = ALONE[name]
    code, found = report(*files(a_dot_yaml=text))
    assert (code, bool(found["findings"])) == (expected, expected == 1), found["findings"]


def test_two_files_with_the_same_objects_are_one_finding(files: Files, report: Run, tmp_path: Path) -> None:
    """A rendered variant of everything beside another is one fault, not one for each object and copy."""
    several = "---\n".join(_CONFIG.replace("NAME", name) for name in ("a", "b", "c"))
    files(install_dot_yaml=several, ha__install_dot_yaml=several, own_dot_yaml=_CONFIG.replace("NAME", "d"))
    code, found = report(str(tmp_path), "--select", "delivery.unique-object")
    seen = [finding["seen"] for finding in found["findings"]]
    assert code == 1
    assert seen == [
        f"it stands in {tmp_path}/ha/install.yaml and in {tmp_path}/install.yaml, as do 2 other objects"
    ]


def test_folders_side_by_side_are_versions_of_each_other(files: Files, report: Run, tmp_path: Path) -> None:
    """Clusters, regions, environments: several objects are alike; a single one is a fault."""
    for folder in ("production", "staging"):
        files(**{f"{folder}__a_dot_yaml": _CONFIG.replace("NAME", "a")})
    _, found = report(str(tmp_path), "--select", "delivery.unique-object")
    where = f"it stands in {tmp_path}/production/a.yaml and in {tmp_path}/staging/a.yaml"
    assert [finding["seen"] for finding in found["findings"]] == [where]
    for folder in ("production", "staging"):
        files(**{f"{folder}__sub__b_dot_yaml": _CONFIG.replace("NAME", "b")})
    code, found = report(str(tmp_path), "--select", "delivery.unique-object")
    assert (code, found["findings"]) == (0, [])


_CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n"
