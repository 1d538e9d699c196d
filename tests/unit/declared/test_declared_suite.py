"""Declared rules as pytest items: readable ids, each outcome, and no cluster."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest
from declared_manifests import BAD_TAG, SOON, SOUND, waived

from seatrial.errors import BadInput
from seatrial.lint.live import _as_written, _is_owned
from seatrial.lint.suite import _judged

SUITE = """
from seatrial.lint.suite import declared

TestDeclared, pytest_generate_tests = declared("container")
"""


SYSTEM = f"""
apiVersion: seatrial/v1
kind: System
metadata: {{name: shop}}
target: {{context: nowhere, namespace: shop}}
entry: {{url: "http://127.0.0.1:1"}}
workloads: {{basket: {{kind: Deployment, name: web, stateless: true}}}}
journeys: {{look: {{request: {{path: /}}}}}}
waivers:
- {{rule: container.image-tag, object: Deployment/cart, reason: moves with the registry, until: {SOON}}}
"""


def test_each_rule_is_judged_for_each_workload(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run for all of it, since a pytest within pytest costs seconds."""
    for name in ("SEATRIAL_RUN", "SEATRIAL_SYSTEM", "SEATRIAL_SEED"):
        monkeypatch.delenv(name, raising=False)
    waived_here = waived(f"moves; until {SOON}").replace("name: web", "name: job", 1)
    waived_in_system = BAD_TAG.replace("web", "cart")
    documents = [BAD_TAG, SOUND.replace("web", "api"), waived_here, waived_in_system]
    pytester.makepyfile(test_declared=SUITE)
    pytester.makefile(".yaml", shop="---\n".join(documents), system=SYSTEM)
    options = ["-p", "no:cacheprovider", "--assert=plain", "-v"]
    result = pytester.runpytest_inprocess("--manifests", "shop.yaml", "--system", "system.yaml", *options)
    result.stdout.fnmatch_lines_random(
        [
            "*TestDeclared::test_image_tag[[]basket[]] FAILED*",
            "*TestDeclared::test_image_tag[[]api[]] PASSED*",
            "*TestDeclared::test_image_tag[[]job[]] SKIPPED*",
            "*TestDeclared::test_image_tag[[]cart[]] SKIPPED*",
            "FAILED container.image-tag [[]basket[]]  An image MUST be named by a fixed tag*",
            "  observed web: `example/web:latest` is a moving tag",
            "*shop.yaml:11 spec.template.spec.containers[[]0[]].image",
            "  next     Name the released version*",
        ]
    )
    assert result.ret == 1
    assert not any("test_image_digest" in line for line in result.outlines), "an optional rule"


class Options:
    """What is asked of pytest's configuration."""

    def __init__(self, manifests: Path) -> None:
        self.stash = pytest.Stash()
        self._manifests = str(manifests)

    def getoption(self, name: str, _default: object = None) -> str | None:
        return self._manifests if name == "seatrial_manifests" else None


def test_nothing_to_judge_is_an_error_not_a_pass(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    judged = _judged(Options(path))  # type: ignore[arg-type]
    assert isinstance(judged, BadInput)
    assert "there is no workload to judge" in judged.what


def managed(manager: str, subresource: str = "") -> dict[str, object]:
    return {"manager": manager, "subresource": subresource, "fieldsV1": {"f:spec": {"f:replicas": {}}}}


WEB = {("Deployment", "web")}
"""What autoscalers scale, by kind and name."""


@pytest.mark.parametrize(
    ("replicas", "fields", "scaled", "written"),
    [
        (1, [], (), False),
        (4, [managed("controller", "scale")], WEB, False),
        (4, [], WEB, False),
        (1, [managed("somebody", "scale")], (), True),
        (4, [], {("StatefulSet", "web")}, True),
        (4, [managed("seatrial")], WEB, True),
    ],
    ids=[
        "filled in by the server", "set by an autoscaler", "set by one, and not told",
        "scaled by hand", "put back by a fault, and not told", "written by its owner",
    ],
)  # fmt: skip
def test_live_replicas_count_only_if_someone_declared_them(
    replicas: int, fields: list[object], scaled: Collection[tuple[str, str]], written: bool
) -> None:
    live = {
        "kind": "Deployment",
        "metadata": {"name": "web", "managedFields": fields},
        "spec": {"replicas": replicas, "x": 1},
    }
    assert ("replicas" in _as_written(live, scaled)["spec"]) is written
    assert _as_written(live, scaled)["spec"]["x"] == 1


def test_live_objects_made_by_controllers_are_left_out() -> None:
    owner = {"kind": "ReplicaSet", "name": "web-1", "controller": True}
    assert _is_owned({"metadata": {"ownerReferences": [owner]}})
    assert not _is_owned({"metadata": {"ownerReferences": [{**owner, "controller": False}]}})
    assert not _is_owned({"metadata": {}})
