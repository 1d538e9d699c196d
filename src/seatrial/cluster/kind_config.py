"""The configuration given to kind: the file's, plus what this machine's kernel needs."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from seatrial.errors import BadInput

_OOM_PATCH = '[plugins."io.containerd.grpc.v1.cri"]\n  restrict_oom_score_adj = true\n'
_CGROUP_V1_PATCH = (
    "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nfailCgroupV1: false\n"
)


@dataclass(frozen=True)
class Host:
    """What of this machine changes the configuration of the nodes."""

    cgroup_version: int
    has_sys_resource: bool


def read_configuration(config: Path) -> dict[str, Any]:
    """The kind configuration in a file.

    Raises:
        BadInput: it cannot be read, is no kind configuration, or has no name.
    """
    try:
        told = yaml.safe_load(config.read_text())
    except OSError as missing:
        raise BadInput(
            "The cluster's configuration cannot be read.",
            where=f"{config}: {missing.strerror}",
            next_step="Name an existing file, such as fixtures/cluster/three-nodes.yaml.",
        ) from missing
    except yaml.YAMLError as wrong:
        raise BadInput("The cluster's configuration is not YAML.", where=f"{config}: {wrong}") from wrong
    if not isinstance(told, dict) or told.get("kind") != "Cluster" or not told.get("name"):
        raise BadInput(
            "This is not a kind configuration with a name.",
            where=str(config),
            next_step="It needs `kind: Cluster`, `apiVersion: kind.x-k8s.io/v1alpha4` and `name:`.",
        )
    return cast("dict[str, Any]", told)


def render(configuration: dict[str, Any], image: str, host: Host) -> dict[str, Any]:
    """The configuration given to kind: the file's, with the node image and what this machine's kernel needs.

    Args:
        configuration: as `read_configuration` returns it; not changed.
        image: the full tag of the node image; a node that names its own keeps it.
        host: decides on the patches: kubelet refuses cgroup v1 unless told otherwise, and a runtime without
            CAP_SYS_RESOURCE cannot lower a process's out-of-memory score.
    """
    rendered = json.loads(json.dumps(configuration))
    nodes = rendered.get("nodes") or [{"role": "control-plane"}]
    rendered["nodes"] = [{"image": image, **node} for node in nodes]
    if host.cgroup_version == 1:
        rendered["kubeadmConfigPatches"] = [*rendered.get("kubeadmConfigPatches", []), _CGROUP_V1_PATCH]
    if not host.has_sys_resource:
        rendered["containerdConfigPatches"] = [*rendered.get("containerdConfigPatches", []), _OOM_PATCH]
    return cast("dict[str, Any]", rendered)


def host_ports(configuration: dict[str, Any]) -> list[tuple[str, int]]:
    """The addresses and ports of this machine that the nodes publish."""
    return [
        (mapping.get("listenAddress", "0.0.0.0"), int(mapping["hostPort"]))
        for node in configuration.get("nodes") or []
        for mapping in node.get("extraPortMappings") or []
        if mapping.get("hostPort")
    ]


def taken_ports(ports: Sequence[tuple[str, int]]) -> list[str]:
    """Those of `ports` that something on this machine already listens on."""
    taken = []
    for address, port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                taken.append(f"{address}:{port}")
    return taken
