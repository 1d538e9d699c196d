"""Declared rules as pytest items: readable ids, each outcome, and no cluster."""

from __future__ import annotations

import pytest
from declared_manifests import BAD_TAG, SOUND, waived

from seatrial.lint.live import _as_written, _is_owned

SUITE = """
from seatrial.lint.suite import declared

TestDeclared, pytest_generate_tests = declared("container")
"""


@pytest.fixture
def run_suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> object:
    """Runs the container family on some manifests; returns pytest's result."""
    for name in ("SEATRIAL_RUN", "SEATRIAL_SYSTEM", "SEATRIAL_SEED"):
        monkeypatch.delenv(name, raising=False)

    def run(text: str) -> pytest.RunResult:
        pytester.makepyfile(test_declared=SUITE)
        pytester.makefile(".yaml", shop=text)
        arguments = ["--manifests", "shop.yaml", "-p", "no:cacheprovider", "-v"]
        return pytester.runpytest_inprocess(*arguments)

    return run


def test_each_rule_is_judged_for_each_workload(run_suite: pytest.RunResult) -> None:
    text = (
        BAD_TAG
        + "---\n"
        + SOUND.replace("web", "api")
        + "---\n"
        + waived("moves; until 2999-01-31").replace("name: web", "name: job", 1)
    )
    result = run_suite(text)  # type: ignore[operator]
    result.stdout.fnmatch_lines_random(
        [
            "*TestDeclared::test_image_tag[[]web[]] FAILED*",
            "*TestDeclared::test_image_tag[[]api[]] PASSED*",
            "*TestDeclared::test_image_tag[[]job[]] SKIPPED*",
            "FAILED container.image-tag [[]web[]]  An image MUST be named by a fixed tag*",
            "  seen     web: `example/web:latest` is a moving tag",
            "*shop.yaml:11 spec.template.spec.containers[[]0[]].image",
            "  next     Name the released version*",
        ]
    )
    assert result.ret == 1
    assert not any("test_image_digest" in line for line in result.outlines), "optional rules are not "
    "applied"


def test_nothing_to_judge_is_an_error_not_a_pass(run_suite: pytest.RunResult) -> None:
    result = run_suite("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")  # type: ignore[operator]
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*there is no workload to judge in shop.yaml*"])
    assert "passed" not in result.outlines[-1]


def managed(manager: str, subresource: str = "") -> dict[str, object]:
    return {"manager": manager, "subresource": subresource, "fieldsV1": {"f:spec": {"f:replicas": {}}}}


@pytest.mark.parametrize(
    ("fields", "written"),
    [([], False), ([managed("controller", "scale")], False), ([managed("seatrial")], True)],
    ids=["filled in by the server", "set by an autoscaler", "written by its owner"],
)
def test_live_replicas_count_only_if_someone_declared_them(fields: list[object], written: bool) -> None:
    live = {
        "kind": "Deployment",
        "metadata": {"name": "web", "managedFields": fields},
        "spec": {"replicas": 4, "x": 1},
    }
    assert ("replicas" in _as_written(live)["spec"]) is written
    assert _as_written(live)["spec"]["x"] == 1


def test_live_objects_made_by_controllers_are_left_out() -> None:
    owner = {"kind": "ReplicaSet", "name": "web-1", "controller": True}
    assert _is_owned({"metadata": {"ownerReferences": [owner]}})
    assert not _is_owned({"metadata": {"ownerReferences": [{**owner, "controller": False}]}})
    assert not _is_owned({"metadata": {}})


SYSTEM = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: nowhere, namespace: shop}
entry: {url: "http://127.0.0.1:1"}
workloads: {basket: {kind: Deployment, name: web, stateless: true}}
journeys: {look: {request: {path: /}}}
waivers:
- {rule: container.image-tag, object: Deployment/web, reason: moves with the registry, until: 2999-01-31}
"""


def test_the_system_file_gives_roles_and_waivers(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEATRIAL_RUN", raising=False)
    pytester.makepyfile(test_declared=SUITE)
    pytester.makefile(".yaml", shop=BAD_TAG, system=SYSTEM)
    arguments = ["--manifests", "shop.yaml", "--system", "system.yaml", "-p", "no:cacheprovider", "-v"]
    result = pytester.runpytest_inprocess(*arguments)
    result.stdout.fnmatch_lines(["*TestDeclared::test_image_tag[[]basket[]] SKIPPED*"])
    assert result.ret == 0
