"""Systems unlike the sample, each described by nothing but its system file, on the same cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from stranger import Owned, Stranger

from seatrial import cluster
from seatrial.cluster.build.tools import ensure_tools
from seatrial.declared.proposal.entry import UNKNOWN_HOST
from seatrial.kube.apply import deploy, logical_images, undeploy
from seatrial.kube.client import Kube
from seatrial.kube.snapshot import settled_changes, take_snapshot
from seatrial.waiting import NotYet, Ready, eventually

HERE = Path(__file__).parent
KIND_CONFIG = HERE.parents[1] / "fixtures" / "cluster" / "three-nodes.yaml"


@pytest.fixture(scope="module")
def owned(request: pytest.FixtureRequest) -> Iterator[Owned]:
    """The system that the test module names `SYSTEM`, on the cluster; afterwards it is gone."""
    name, progress = request.module.SYSTEM, cluster.PlainProgress()
    kubectl = str(ensure_tools(progress).kubectl)
    images = logical_images(HERE / name, kubectl=kubectl)
    up = cluster.up(KIND_CONFIG, images=images, progress=progress)
    with Kube(up.kubeconfig, up.context, name) as kube:
        try:
            deploy(kube, HERE / name, cluster.ensure_images(images, progress), kubectl=kubectl)
            _wait_for_autoscalers(kube)
            yield Owned(kube, _control_plane(kube))
        finally:
            undeploy(kube)


@pytest.fixture(scope="module")
def system(owned: Owned, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Its system file, with the address of this cluster where it needs one."""
    path = HERE / request.module.SYSTEM / "system.yaml"
    written: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    if url := written["entry"].get("url"):
        written["entry"]["url"] = url.replace(UNKNOWN_HOST, owned.node)
    if kind := written["target"].get("kind"):
        kind["config"] = str((path.parent / kind["config"]).resolve())
        written["deploy"]["kustomize"] = str((path.parent / written["deploy"]["kustomize"]).resolve())
    return written


@pytest.fixture
def stranger(owned: Owned, system: dict[str, Any], tmp_path: Path) -> Iterator[Stranger]:
    """Somebody who has the file; afterwards every object is as before."""
    before = take_snapshot(owned.kube)
    yield Stranger(tmp_path, owned.kube.kubeconfig, system)
    assert settled_changes(owned.kube, before) == []


def _wait_for_autoscalers(kube: Kube) -> None:
    """Until each has read its metrics and brought its workload to the minimum."""

    def least() -> Ready[None] | NotYet:
        for scaler in kube.objects("HorizontalPodAutoscaler"):
            wanted, target = scaler["spec"]["minReplicas"], scaler["spec"]["scaleTargetRef"]
            ready = kube.get(target["kind"], target["name"])["status"].get("readyReplicas", 0)
            if ready < wanted or not scaler["status"].get("currentMetrics"):
                return NotYet(f"{scaler['metadata']['name']}: {ready} of {wanted} ready")
        return Ready(None)

    eventually(least, within_seconds=180, what="autoscalers are at their minimum", every_seconds=1)


def _control_plane(kube: Kube) -> str:
    (node,) = kube.objects("Node", selector="node-role.kubernetes.io/control-plane")
    found = {each["type"]: each["address"] for each in node["status"]["addresses"]}
    return str(found["InternalIP"])
