"""Our manager for kind clusters: pytest-kubernetes' KindManagerBase, which also adopts, repairs and replaces.

The cluster's name is ours (`seatrial`, from the configuration file). A mark on each node says which settings
it was made with and that it was finished: a cluster without it was left half-made.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from pytest_kubernetes.options import ClusterOptions
from pytest_kubernetes.providers.kind import KindManagerBase

from seatrial.cluster.docker import docker, inspect
from seatrial.cluster.keys import content_key
from seatrial.cluster.shell import run, succeeds
from seatrial.cluster.tools import Tools
from seatrial.errors import BadInput, SeatrialError
from seatrial.waiting import NotYet, Ready, eventually

_CREATE_BOUND_SECONDS = 240
_NODES_READY_BOUND_SECONDS = 120.0  # 10-20 s after kind is done; a busy machine takes longer
_ADOPT_BOUND_SECONDS = 60.0  # a node that was started again is Ready in 3 s
_MARK = "/etc/seatrial/made-from"
_OOM_PATCH = '[plugins."io.containerd.grpc.v1.cri"]\n  restrict_oom_score_adj = true\n'
_CGROUP_V1_PATCH = "kind: KubeletConfiguration\napiVersion: kubelet.config.k8s.io/v1beta1\nfailCgroupV1: false\n"


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
            "The cluster's configuration cannot be read.", where=f"{config}: {missing.strerror}",
            next_step="Name an existing file, such as fixtures/cluster/three-nodes.yaml.",
        ) from missing  # fmt: skip
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
        (mapping.get("listenAddress", "0.0.0.0"), int(mapping["hostPort"]))  # noqa: S104
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


class KindCluster(KindManagerBase):  # type: ignore[misc]
    """One named kind cluster, with its kubeconfig in a file of ours."""

    def __init__(self, configuration: dict[str, Any], rendered: Path, kubeconfig: Path, tools: Tools) -> None:
        """Describe the cluster; nothing is started.

        Args:
            configuration: the rendered configuration.
            rendered: the file it is written to for kind.
            kubeconfig: the file the access data go to.
            tools: kind and kubectl.
        """
        self._tools = tools
        self._configuration = configuration
        rendered.parent.mkdir(parents=True, exist_ok=True)
        rendered.write_text(yaml.safe_dump(configuration, sort_keys=False))
        super().__init__(provider_config=str(rendered), kubeconfig=kubeconfig)
        self._cluster_options.cluster_timeout = _CREATE_BOUND_SECONDS
        self.key = content_key((yaml.safe_dump(configuration, sort_keys=True),))
        self.context = f"kind-{self.cluster_name}"

    @property
    def _exec_path(self) -> Path:
        return self._tools.kind

    def create(
        self, cluster_options: ClusterOptions | None = None, timeout: int = 20, **kwargs: Any
    ) -> None:
        """Adopt the cluster when it is healthy and made from these settings; else replace it. Keeps what it adopts.

        Raises:
            SeatrialError: a port is taken, or kind fails.
        """
        say: Callable[[str], None] = kwargs.get("say", lambda text: None)
        if cluster_options:
            self._cluster_options = self._cluster_options | cluster_options
        self._created = False
        reason = self.unfit(say)
        if not reason:
            self.export_kubeconfig()
            say("adopted the running cluster")
            return
        if self.node_names():
            say(f"replacing the cluster: {reason}")
            self.remove()
        self._on_create(self._cluster_options, say=say)
        self._created = True

    def _on_create(self, cluster_options: ClusterOptions, **kwargs: Any) -> None:
        taken = taken_ports(host_ports(self._configuration))
        if taken:
            raise SeatrialError(
                f"The cluster publishes {', '.join(taken)}, and another program listens there.",
                where="fixtures/cluster/three-nodes.yaml",
                next_step=f"Find it with `ss -ltnp 'sport = :{taken[0].rpartition(':')[2]}'` and stop it.",
            )
        kwargs.get("say", lambda text: None)("creating the nodes")
        kubeconfig = Path(str(cluster_options.kubeconfig_path))
        kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        run(
            [self._exec_path, "create", "cluster", "--config", str(cluster_options.provider_config),
             "--kubeconfig", kubeconfig],
            doing="creating the kind cluster",
            within_seconds=_CREATE_BOUND_SECONDS,
            next_step="`docker ps -a` shows the nodes; `seatrial down` removes what is left of them.",
        )  # fmt: skip

    def unfit(self, say: Callable[[str], None]) -> str:
        """Why the cluster cannot be adopted; empty when it can. Stopped nodes are started first."""
        nodes = self.node_names()
        wanted = len(self._configuration["nodes"])
        if len(nodes) != wanted:
            return f"it has {len(nodes)} of {wanted} nodes"
        for node in nodes:
            if not (inspect("container", node) or {}).get("State", {}).get("Running"):
                say(f"starting the stopped node {node}")
                if not succeeds(["docker", "start", node], within_seconds=60):
                    return f"its node {node} does not start"
        for node in nodes:
            if self.mark(node) != self.key:
                return f"its node {node} was made from other settings, or was left half-made"
        try:
            self.export_kubeconfig()
            self.await_nodes(_ADOPT_BOUND_SECONDS)
        except SeatrialError as ill:
            return ill.what
        return ""

    def node_names(self) -> list[str]:
        """The containers that are its nodes, running or not."""
        label = f"label=io.x-k8s.kind.cluster={self.cluster_name}"
        told = docker("ps", "--all", "--filter", label, "--format", "{{.Names}}", doing="listing the nodes")
        return sorted(told.split())

    def mark(self, node: str) -> str:
        """The key of the settings that a finished node was made from; empty when it has none."""
        try:
            return docker("exec", node, "cat", _MARK, doing="reading a node's mark").strip()
        except SeatrialError:
            return ""

    def finish(self) -> None:
        """Mark every node as finished. Call it last: an interrupted start then leaves no mark."""
        for node in self.node_names():
            docker("exec", node, "sh", "-c", f"mkdir -p /etc/seatrial && echo {self.key} > {_MARK}",
                   doing=f"marking {node}")  # fmt: skip

    def await_nodes(self, within_seconds: float = _NODES_READY_BOUND_SECONDS) -> None:
        """Wait until every node is Ready.

        Raises:
            WaitExpired: with the nodes that are not.
        """
        wanted = len(self._configuration["nodes"])

        def probe() -> Ready[None] | NotYet:
            try:
                told = self.kubectl_json("get", "nodes")
            except SeatrialError as unreachable:
                return NotYet(unreachable.what.splitlines()[-1].strip())
            ready = [node["metadata"]["name"] for node in told["items"] if _is_ready(node)]
            return Ready(None) if len(ready) == wanted else NotYet(f"Ready: {', '.join(ready) or 'none'}")

        eventually(probe, within_seconds=within_seconds, what=f"{wanted} nodes Ready", every_seconds=0.5)

    def kubectl_run(self, *arguments: str, doing: str, within_seconds: float = 60.0, stdin: str | None = None) -> str:
        """Run kubectl against this cluster.

        Raises:
            SeatrialError: it failed or took too long.
        """
        return run(
            [self._tools.kubectl, "--kubeconfig", str(self.kubeconfig), "--context", self.context, *arguments],
            doing=doing,
            within_seconds=within_seconds,
            stdin=stdin,
        )

    def kubectl_json(self, *arguments: str) -> dict[str, Any]:
        """What `kubectl ... -o json` says."""
        told = self.kubectl_run(*arguments, "--output=json", "--request-timeout=10s", doing="asking the API server")
        return cast("dict[str, Any]", json.loads(told))

    def export_kubeconfig(self) -> None:
        """Write the access data to our file."""
        kubeconfig = Path(str(self.kubeconfig))
        kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        run([self._exec_path, "export", "kubeconfig", "--name", self.cluster_name, "--kubeconfig", kubeconfig],
            doing="writing the kubeconfig", within_seconds=60)  # fmt: skip

    def remove(self) -> None:
        """Remove the nodes and their volumes, and our kubeconfig."""
        run([self._exec_path, "delete", "cluster", "--name", self.cluster_name, "--kubeconfig", str(self.kubeconfig)],
            doing="removing the kind cluster", within_seconds=120)  # fmt: skip
        Path(str(self.kubeconfig)).unlink(missing_ok=True)

    def _on_delete(self) -> None:
        self.remove()

    def load_image(self, image: str) -> None:
        """Load one image of the engine's store into every node."""
        self.load_images([image])

    def load_images(self, images: Sequence[str]) -> None:
        """Load images of the engine's store into every node that lacks one of them.

        Raises:
            SeatrialError: an image is not in the engine's store, or a node does not take it.
        """
        missing = {node: [image for image in images if image not in self.images_on(node)] for node in self.node_names()}
        nodes = [node for node, lacking in missing.items() if lacking]
        wanted = [image for image in images if any(image in lacking for lacking in missing.values())]
        if nodes:
            run(
                [self._exec_path, "load", "docker-image", *wanted, "--name", self.cluster_name, "--nodes",
                 ",".join(nodes)],
                doing=f"loading {', '.join(wanted)}",
                within_seconds=600,
                next_step="`docker image ls` shows what the engine has.",
            )  # fmt: skip

    def images_on(self, node: str) -> set[str]:
        """The tags in a node's store, written as the engine writes them."""
        told = docker("exec", node, "crictl", "images", "--output=json", doing=f"listing the images of {node}")
        tags = {tag for image in json.loads(told)["images"] for tag in image.get("repoTags") or []}
        return tags | {tag.removeprefix("docker.io/").removeprefix("library/") for tag in tags}


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
