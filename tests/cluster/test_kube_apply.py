"""Deploying a folder: rolled out, repeated, pruned, taken away; and the reasons when it does not work."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from tiny import PYTHON, WORKLOAD, Access

from seatrial.errors import BadInput, WaitExpired
from seatrial.kube.apply import deploy, drift, logical_images, undeploy
from seatrial.kube.client import FIELD_MANAGER, Kube
from seatrial.kube.evidence import collect_evidence
from seatrial.kube.snapshot import compare, take_snapshot
from seatrial.kube.spoiled import mark_spoiled, spoiled_by, throw_away


@pytest.fixture
def target(make_kube: Callable[[str], Kube]) -> Iterator[Kube]:
    """A namespace that does not exist yet."""
    kube = make_kube(f"seatrial-test-{uuid.uuid4().hex[:8]}")
    yield kube
    undeploy(kube)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(WORKLOAD, tmp_path / "workload"))


AUTOSCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 4,
    },
}


def add(folder: Path, name: str, *objects: dict[str, object]) -> None:
    (folder / name).write_text(yaml.safe_dump_all(objects))
    path = folder / "kustomization.yaml"
    content = yaml.safe_load(path.read_text())
    content["resources"].append(name)
    path.write_text(yaml.safe_dump(content))


def test_the_logical_images_of_a_folder_are_found() -> None:
    assert logical_images(WORKLOAD) == [PYTHON]


def test_deployed_repeated_pruned_and_taken_away(target: Kube, access: Access, folder: Path) -> None:
    images = {PYTHON: access.python_image}
    add(
        folder,
        "extra.yaml",
        AUTOSCALER,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "extra"}},
    )
    notes: list[str] = []
    done = deploy(target, folder, images, within_seconds=120, note=notes.append)
    assert done.pruned == ()
    assert "Deployment/web" in done.applied
    assert any("ready" in note or "new version" in note for note in notes)
    web = target.get("Deployment", "web")
    assert web["status"]["readyReplicas"] == 2
    assert web["spec"]["template"]["spec"]["containers"][0]["image"] == access.python_image

    # What an autoscaler would do; then a second deploy of the same folder, without the extra map.
    target.scale("Deployment", "web", 3)
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    (folder / "extra.yaml").write_text(yaml.safe_dump(AUTOSCALER))
    assert "extra.yaml" in kustomization["resources"]
    before = take_snapshot(target)
    again = deploy(target, folder, images, within_seconds=120)
    assert again.pruned == ("ConfigMap/extra",)
    assert target.get("Deployment", "web")["spec"]["replicas"] == 3, "an autoscaler's replicas are left alone"
    assert target.get("Deployment", "web")["metadata"]["generation"] == 2, "nothing else was changed"
    assert compare(before, take_snapshot(target)) == ["configmap/extra is gone"]

    # The manifests write no number any more: it stays all the same, and is no longer ours.
    manifest = next(path for path in folder.glob("*.yaml") if "kind: Deployment" in path.read_text())
    objects = list(yaml.safe_load_all(manifest.read_text()))
    for item in objects:
        if item["kind"] == "Deployment" and item["metadata"]["name"] == "web":
            del item["spec"]["replicas"]
    manifest.write_text(yaml.safe_dump_all(objects))
    for _ in range(2):
        deploy(target, folder, images, within_seconds=120)
        web = target.get("Deployment", "web")
        assert web["spec"]["replicas"] == 3, "leaving the number out of the manifest must not change it"
        ours = [e for e in web["metadata"]["managedFields"] if e["manager"] == FIELD_MANAGER]
        assert all("f:replicas" not in entry["fieldsV1"]["f:spec"] for entry in ours)

    removed = undeploy(target)
    assert f"Namespace/{target.namespace}" in removed
    assert target.find("Namespace", target.namespace) is None
    assert undeploy(target) == []


def with_volume(folder: Path) -> None:
    """Gives the StatefulSets of the folder a volume that is kept."""
    request = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    for manifest in folder.glob("*.yaml"):
        objects = list(yaml.safe_load_all(manifest.read_text()))
        for item in objects:
            if item.get("kind") == "StatefulSet":
                item["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": request}]
        manifest.write_text(yaml.safe_dump_all(objects))


def test_volumes_that_a_flawed_version_wrote_to_are_made_anew(
    target: Kube, access: Access, folder: Path
) -> None:
    images = {PYTHON: access.python_image}
    with_volume(folder)
    deploy(target, folder, images, within_seconds=120)
    assert spoiled_by(target) == ""
    mark_spoiled(target, "late")
    deploy(target, folder, images, within_seconds=120)
    assert spoiled_by(target) == "late", "applying the folder again does not take the mark away"
    before = target.get("PersistentVolumeClaim", "data-store-0")["metadata"]["uid"]
    assert throw_away(target) == ["data-store-0"]
    assert spoiled_by(target) == ""
    deploy(target, folder, images, within_seconds=120)
    assert target.get("PersistentVolumeClaim", "data-store-0")["metadata"]["uid"] != before


def test_a_namespace_that_was_there_before_stays(kube: Kube, access: Access, folder: Path) -> None:
    deploy(kube, folder, {PYTHON: access.python_image}, within_seconds=120)
    undeploy(kube)
    assert kube.find("Deployment", "web") is None
    assert kube.get("Namespace", kube.namespace)["status"]["phase"] == "Active"


def test_a_crashing_pod_is_reported_with_its_last_line(target: Kube, access: Access, folder: Path) -> None:
    (folder / "store.py").write_text("raise SystemExit('no such database: orders')\n")
    with pytest.raises(WaitExpired) as caught:
        deploy(target, folder, {PYTHON: access.python_image}, within_seconds=15)
    assert "store: " in caught.value.where
    assert "exit code 1" in caught.value.where
    assert "no such database: orders" in caught.value.where
    assert target.namespace in caught.value.next_step

    evidence = folder.parent / "evidence"
    written = {path.name for path in collect_evidence(target, evidence)}
    assert {"events.txt", "pods.txt", "pods.json", "endpointslices.json", "deployments.json"} <= written
    logs = [path.read_text() for path in evidence.glob("store-0.store.*log")]
    assert any("no such database: orders" in log for log in logs)
    assert "store-0" in (evidence / "pods.txt").read_text()
    assert "BackOff" in (evidence / "events.txt").read_text()


def test_an_image_that_cannot_be_had_is_named(target: Kube, folder: Path) -> None:
    with pytest.raises(WaitExpired) as caught:
        deploy(target, folder, {PYTHON: "127.0.0.1:1/nothing:here"}, within_seconds=8)
    assert "127.0.0.1:1/nothing:here" in caught.value.where


def test_an_object_in_another_namespace_is_not_applied(target: Kube, access: Access, folder: Path) -> None:
    metadata = {"name": "x", "namespace": "kube-system"}
    add(folder, "foreign.yaml", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    with pytest.raises(BadInput, match="lies in namespace 'kube-system'"):
        deploy(target, folder, {PYTHON: access.python_image})
    assert target.find("Namespace", target.namespace) is None


def test_a_folder_that_cannot_be_built_is_told_in_kubectls_words(target: Kube, folder: Path) -> None:
    (folder / "web.yaml").unlink()
    with pytest.raises(BadInput, match=r"cannot be built: .*web\.yaml"):
        deploy(target, folder, {})


def test_what_is_not_as_declared_is_named_and_asking_changes_nothing(
    target: Kube, access: Access, folder: Path
) -> None:
    images = {PYTHON: access.python_image}
    deploy(target, folder, images, within_seconds=120)
    assert drift(target, folder, images) == []
    target.scale("Deployment", "web", 0)
    target.delete("Service", "web")
    before = take_snapshot(target)
    (replicas, service) = drift(target, folder, images)
    assert replicas.startswith("deployment/web: spec.replicas was ")
    assert replicas.endswith(", is 0")
    assert service == "service/web is gone"
    assert compare(before, take_snapshot(target)) == []
