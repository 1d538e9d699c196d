"""A cluster that is up is adopted, and offers what the suites need: metrics, volumes, enforced policies."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from netbench import WORKERS, Bench, bench, pod
from tiny import KIND_CONFIG, PYTHON, Access

from seatrial import cluster
from seatrial.cluster.build import tools
from seatrial.cluster.docker import docker, inspect
from seatrial.cluster.shell import run
from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube
from seatrial.waiting import NotYet, Ready, eventually


class Telling:
    """Progress that keeps what it is told, by stage."""

    def __init__(self) -> None:
        self.skips: dict[str, str] = {}

    @contextmanager
    def stage(self, title: str) -> Iterator[Any]:
        yield _Stage(self, title)


class _Stage:
    def __init__(self, owner: Telling, title: str) -> None:
        self._owner, self._title = owner, title

    def note(self, text: str) -> None:
        pass

    def skipped(self, reason: str) -> None:
        self._owner.skips[self._title] = reason


@pytest.fixture(scope="module")
def pods(kube: Kube, access: Access) -> Iterator[Bench]:
    with bench(kube, access) as made:
        yield made


def containers() -> dict[str, tuple[str, str]]:
    """Node name -> the id of its container and when it was started."""
    names = ("seatrial-control-plane", *WORKERS)
    found = {name: inspect("container", name) for name in names}
    return {name: (told["Id"], told["State"]["StartedAt"]) for name, told in found.items() if told}


def test_a_healthy_cluster_is_adopted_and_not_touched(access: Access) -> None:
    before = containers()
    adopted = cluster.up(KIND_CONFIG, images=[PYTHON], progress=Telling())
    assert adopted.nodes == ("seatrial-control-plane", *WORKERS)
    assert adopted.context == access.context
    assert containers() == before


def test_images_the_nodes_have_are_not_loaded_again(access: Access) -> None:
    told = Telling()
    cluster.up(KIND_CONFIG, images=[PYTHON], progress=told)
    assert told.skips["images into the nodes"] == "the nodes have them"


def test_the_status_names_the_cluster_and_its_nodes(access: Access) -> None:
    status = cluster.status(KIND_CONFIG)
    assert status.problem == ""
    assert status.nodes == dict.fromkeys(("seatrial-control-plane", *WORKERS), "Ready")
    assert status.cluster is not None
    assert status.cluster.kubeconfig == access.kubeconfig
    assert status.sealed


def test_a_lost_kubeconfig_is_written_again(access: Access, tmp_path: Path) -> None:
    fresh = cluster.up(KIND_CONFIG, progress=Telling(), kubeconfig=tmp_path / "access" / "kubeconfig")
    kube = Kube(fresh.kubeconfig, fresh.context, "default")
    try:
        assert len(kube.objects("Node", namespace="")) == 3
    finally:
        kube.close()


def test_a_machine_without_kubectl_takes_it_out_of_the_node_image(
    access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path))
    kubectl = tools._own_kubectl()
    assert not kubectl.is_symlink()
    asked = run([kubectl, "version", f"--kubeconfig={access.kubeconfig}"], doing="asking", within_seconds=30)
    assert asked.count("v1.36.3") == 2
    assert [file.name for file in kubectl.parent.iterdir()] == ["kubectl"]


def test_an_image_the_engine_does_not_have_cannot_be_loaded(access: Access) -> None:
    running = cluster.status(KIND_CONFIG).cluster
    assert running is not None
    with pytest.raises(SeatrialError, match="seatrial/nobody:1"):
        cluster.load_images(running, ["seatrial/nobody:1"], Telling())


def test_the_metrics_of_every_node_are_served(pods: Bench) -> None:
    def probe() -> Ready[None] | NotYet:
        told = json.loads(pods.kubectl("get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes"))
        measured = {item["metadata"]["name"] for item in told["items"]}
        missing = {"seatrial-control-plane", *WORKERS} - measured
        return NotYet(f"no metrics of {sorted(missing)}") if missing else Ready(None)

    eventually(probe, within_seconds=90, what="the metrics of every node", every_seconds=1)


def test_a_volume_binds_and_keeps_what_a_pod_wrote(kube: Kube, access: Access, pods: Bench) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Mi"}}}
    kube.create(
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "kept"}, "spec": claim}
    )
    spec = {
        "restartPolicy": "Never",
        "volumes": [{"name": "kept", "persistentVolumeClaim": {"claimName": "kept"}}],
        "volumeMounts": [{"name": "kept", "mountPath": "/kept"}],
    }
    write = "open('/kept/word', 'w').write('anchor')"
    read = "assert open('/kept/word').read() == 'anchor'"
    kube.create(pod("writer", access.python_image, WORKERS[1], write, **dict(spec)))
    pods.await_pod("writer", "Succeeded")
    kube.create(pod("reader", access.python_image, WORKERS[1], read, **dict(spec)))
    pods.await_pod("reader", "Succeeded")
    assert kube.get("PersistentVolumeClaim", "kept")["status"]["phase"] == "Bound"


@pytest.mark.parametrize("number", [0, 1])
def test_a_network_policy_is_enforced_and_undone(pods: Bench, number: int) -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"closed-{number}"},
        "spec": {"podSelector": {"matchLabels": {"app": f"server-{number}"}}, "policyTypes": ["Ingress"]},
    }
    server = f"server-{number}"
    assert pods.connect(server, 80)["outcome"] == "connected"
    pods.kube.create(policy)
    pods.await_outcome(server, 80, "refused")
    allow = {"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "client"}}}]}]}
    pods.kube.patch("NetworkPolicy", f"closed-{number}", {"spec": allow})
    pods.await_outcome(server, 80, "connected")
    pods.kube.delete("NetworkPolicy", f"closed-{number}")
    pods.await_outcome(server, 80, "connected")


@pytest.fixture
def foreign(tmp_path: Path, access: Access) -> Iterator[Path]:
    """A configuration named like a kind cluster that somebody else made: one container with its label."""
    name = f"foreign-{uuid.uuid4().hex[:8]}"
    config = tmp_path / "cluster.yaml"
    config.write_text(f"kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nname: {name}\n")
    label = f"io.x-k8s.kind.cluster={name}"
    node = f"{name}-control-plane"
    docker(
        "create",
        "--name",
        node,
        "--label",
        label,
        "--network",
        "none",
        access.python_image,
        doing="making it",
    )
    yield config
    docker("rm", "--force", node, doing="removing it")


def test_a_foreign_cluster_of_the_same_name_is_left_alone(foreign: Path) -> None:
    name = foreign.read_text().rpartition(" ")[2].strip()
    before = inspect("container", f"{name}-control-plane")
    for command in (
        lambda: cluster.up(foreign, progress=Telling(), kubeconfig=foreign.parent / "kubeconfig"),
        lambda: cluster.down(
            foreign, progress=Telling(), kubeconfig=foreign.parent / "kubeconfig", engine=False
        ),
        lambda: cluster.status(foreign, kubeconfig=foreign.parent / "kubeconfig"),
    ):
        with pytest.raises(SeatrialError, match="that Seatrial did not make"):
            command()
    assert inspect("container", f"{name}-control-plane") == before
