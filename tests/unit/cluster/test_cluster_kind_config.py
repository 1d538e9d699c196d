"""What kind is told: the file's nodes, the node image, and what the kernel of this machine needs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import yaml

from seatrial.cluster import kind_config
from seatrial.cluster.kind_config import Host
from seatrial.cluster.paths import fixtures_root
from seatrial.errors import BadInput

THREE_NODES = fixtures_root() / "cluster" / "three-nodes.yaml"
SHIPPED_PATCHES = kind_config.read_configuration(THREE_NODES)["kubeadmConfigPatches"]
MODERN = Host(cgroup_version=2, has_sys_resource=True)


def test_the_shipped_cluster_has_three_nodes_and_publishes_on_this_machine_only() -> None:
    configuration = kind_config.read_configuration(THREE_NODES)
    assert configuration["name"] == "seatrial"
    assert [node["role"] for node in configuration["nodes"]] == ["control-plane", "worker", "worker"]
    assert kind_config.host_ports(configuration) == [("127.0.0.1", 30080), ("127.0.0.1", 30090)]


def test_every_node_gets_the_image_and_a_modern_kernel_needs_no_patch() -> None:
    rendered = kind_config.render(kind_config.read_configuration(THREE_NODES), "seatrial/node:abc", MODERN)
    assert {node["image"] for node in rendered["nodes"]} == {"seatrial/node:abc"}
    assert rendered["kubeadmConfigPatches"] == SHIPPED_PATCHES
    assert "containerdConfigPatches" not in rendered


def test_the_shipped_cluster_misses_a_lost_node_after_four_reports_and_well_within_the_objective() -> None:
    patches = {found["kind"]: found for found in map(yaml.safe_load, SHIPPED_PATCHES)}
    arguments = patches["ClusterConfiguration"]["controllerManager"]["extraArgs"]
    report = seconds(patches["KubeletConfiguration"]["nodeStatusUpdateFrequency"])
    lease = patches["KubeletConfiguration"]["nodeLeaseDurationSeconds"] / 4
    grace, period = (
        seconds(arguments[name]) for name in ("node-monitor-grace-period", "node-monitor-period")
    )
    assert report == lease
    assert grace >= 4 * report
    objectives = yaml.safe_load((fixtures_root() / "systems" / "chandlery.yaml").read_text())["objectives"]
    assert grace + period + 5 <= objectives["recovery_seconds"], "no time is left to withdraw the endpoints"


def test_the_shipped_patches_and_those_of_an_old_kernel_stand_side_by_side() -> None:
    host = Host(cgroup_version=1, has_sys_resource=True)
    rendered = kind_config.render(kind_config.read_configuration(THREE_NODES), "i", host)
    assert rendered["kubeadmConfigPatches"][:-1] == SHIPPED_PATCHES
    assert "failCgroupV1: false" in rendered["kubeadmConfigPatches"][-1]


def test_one_worker_is_for_the_stores_so_that_the_other_can_be_lost_without_them() -> None:
    nodes = kind_config.read_configuration(THREE_NODES)["nodes"]
    labelled = [node["role"] for node in nodes if "seatrial.dev/stores" in node.get("labels", {})]
    assert labelled == ["worker"]


def seconds(text: str) -> int:
    assert text.endswith("s")
    return int(text[:-1])


def test_cgroup_v1_lets_the_kubelet_start() -> None:
    rendered = kind_config.render({"name": "x"}, "i", Host(cgroup_version=1, has_sys_resource=True))
    assert "failCgroupV1: false" in rendered["kubeadmConfigPatches"][0]
    assert "containerdConfigPatches" not in rendered


def test_without_sys_resource_the_runtime_leaves_memory_scores_alone() -> None:
    rendered = kind_config.render({"name": "x"}, "i", Host(cgroup_version=2, has_sys_resource=False))
    assert "restrict_oom_score_adj = true" in rendered["containerdConfigPatches"][0]
    assert "kubeadmConfigPatches" not in rendered


def test_rendering_keeps_a_nodes_own_image_and_the_users_patches_and_changes_nothing_given() -> None:
    given = {"name": "x", "nodes": [{"role": "worker", "image": "own:1"}], "kubeadmConfigPatches": ["mine"]}
    rendered = kind_config.render(given, "i", Host(cgroup_version=1, has_sys_resource=False))
    assert rendered["nodes"] == [{"image": "own:1", "role": "worker"}]
    assert rendered["kubeadmConfigPatches"][0] == "mine"
    assert given["kubeadmConfigPatches"] == ["mine"]
    assert "containerdConfigPatches" not in given


@pytest.mark.parametrize(
    "content",
    ["", "[]", "kind: Cluster\n", "kind: Deployment\nname: x\n", "name: x\n", "kind: [\n", "\0"],
)
def test_a_file_that_is_no_named_cluster_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text(content)
    with pytest.raises(BadInput) as refused:
        kind_config.read_configuration(file)
    assert str(file) in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        kind_config.read_configuration(tmp_path / "no.yaml")
    assert "no.yaml: No such file" in str(refused.value)


def test_a_port_another_program_listens_on_is_found() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert kind_config.taken_ports([("127.0.0.1", port)]) == [f"127.0.0.1:{port}"]
    assert kind_config.taken_ports([("127.0.0.1", port)]) == []
