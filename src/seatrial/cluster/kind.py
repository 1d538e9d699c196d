"""Our manager for kind clusters: pytest-kubernetes' KindManagerBase, which also adopts, repairs and replaces.

The cluster's name is ours (`seatrial`, from the configuration file). A mark on each node says which settings
it was made with and that it was finished: a cluster without it was left half-made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import yaml
from pytest_kubernetes.options import ClusterOptions
from pytest_kubernetes.providers.kind import KindManagerBase

from seatrial.cluster.build.tools import Tools
from seatrial.cluster.docker import docker, inspect
from seatrial.cluster.keys import content_key
from seatrial.cluster.kind_config import host_ports, taken_ports
from seatrial.cluster.meters import kind_steps
from seatrial.cluster.network import NETWORK, nodes_of
from seatrial.cluster.shell import run, run_logged, succeeds
from seatrial.errors import SeatrialError
from seatrial.waiting import NotYet, Ready, eventually

_CREATE_BOUND_SECONDS = 240
_NODES_READY_BOUND_SECONDS = 120.0  # 10-20 s after kind is done; a busy machine takes longer
_ADOPT_BOUND_SECONDS = 60.0  # a node that was started again is Ready in 3 s
_MARK = "/etc/seatrial/made-from"


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
        self._cluster_options: ClusterOptions
        super().__init__(provider_config=str(rendered), kubeconfig=kubeconfig)
        self._cluster_options.cluster_timeout = _CREATE_BOUND_SECONDS
        self.key = content_key((NETWORK, yaml.safe_dump(configuration, sort_keys=True)))
        self.context = f"kind-{self.cluster_name}"

    @property
    def _exec_path(self) -> Path:
        return self._tools.kind

    def create(
        self,
        cluster_options: ClusterOptions | None = None,
        timeout: int = 20,  # noqa: ARG002  the base class has it; our waits have their own bounds
        **kwargs: Any,
    ) -> None:
        """Adopt the cluster when it is healthy and made from these settings, else replace it.

        Raises:
            SeatrialError: a port is taken, or kind fails.
        """
        say: Callable[[str], None] = kwargs.get("say", lambda _: None)
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
        kwargs.get("say", lambda _: None)("creating the nodes")
        kubeconfig = Path(str(cluster_options.kubeconfig_path))
        kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        run_logged(
            [
                *(self._exec_path, "create", "cluster"),
                *("--config", str(cluster_options.provider_config), "--kubeconfig", kubeconfig),
            ],
            doing="creating the kind cluster",
            within_seconds=_CREATE_BOUND_SECONDS,
            meter=kind_steps,
            about_seconds=60,
            environment={"KIND_EXPERIMENTAL_DOCKER_NETWORK": NETWORK},
            next_step="`docker ps -a` shows the nodes; `seatrial down` removes what is left of them.",
        )

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
        """The containers that are its nodes, running or not; the control plane first."""
        return list(nodes_of(self.cluster_name))

    def workload_nodes(self) -> list[str]:
        """The nodes that take ordinary pods: the workers, or all where there are none."""
        nodes = self.node_names()
        return [node for node in nodes if "control-plane" not in node] or nodes

    def mark(self, node: str) -> str:
        """The key of the settings that a finished node was made from; empty when it has none."""
        try:
            return docker("exec", node, "cat", _MARK, doing="reading a node's mark").strip()
        except SeatrialError:
            return ""

    def finish(self) -> None:
        """Mark every node as finished. Call it last: an interrupted start then leaves no mark."""
        for node in self.node_names():
            docker(
                "exec",
                node,
                "sh",
                "-c",
                f"mkdir -p /etc/seatrial && echo {self.key} > {_MARK}",
                doing=f"marking {node}",
            )

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

    def kubectl_run(
        self, *arguments: str, doing: str, within_seconds: float = 60.0, stdin: str | None = None
    ) -> str:
        """Run kubectl against this cluster.

        Raises:
            SeatrialError: it failed or took too long.
        """
        return run(
            [
                self._tools.kubectl,
                *("--kubeconfig", str(self.kubeconfig), "--context", self.context),
                *arguments,
            ],
            doing=doing,
            within_seconds=within_seconds,
            stdin=stdin,
        )

    def kubectl_json(self, *arguments: str) -> dict[str, Any]:
        """What `kubectl ... -o json` says."""
        told = self.kubectl_run(
            *arguments, "--output=json", "--request-timeout=10s", doing="asking the API server"
        )
        return cast("dict[str, Any]", json.loads(told))

    def export_kubeconfig(self) -> None:
        """Write the access data to our file."""
        kubeconfig = Path(str(self.kubeconfig))
        kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        run(
            [
                *(self._exec_path, "export", "kubeconfig", "--name", self.cluster_name),
                *("--kubeconfig", kubeconfig),
            ],
            doing="writing the kubeconfig",
            within_seconds=60,
        )

    def remove(self) -> None:
        """Remove the nodes and their volumes, and our kubeconfig."""
        run(
            [
                *(self._exec_path, "delete", "cluster", "--name", self.cluster_name),
                *("--kubeconfig", str(self.kubeconfig)),
            ],
            doing="removing the kind cluster",
            within_seconds=120,
        )
        Path(str(self.kubeconfig)).unlink(missing_ok=True)

    def _on_delete(self) -> None:
        self.remove()

    def load_image(self, image: str) -> None:
        """Load one image of the engine's store into every node."""
        self.load_images([image], self.node_names())

    def lacking(self, images: Sequence[str], nodes: Sequence[str]) -> dict[str, list[str]]:
        """Node -> those of `images` it does not have; nodes that have all are left out."""
        found = {node: self.images_on(node) for node in nodes}
        missing = {node: [image for image in images if image not in has] for node, has in found.items()}
        return {node: wanted for node, wanted in missing.items() if wanted}

    def load_images(self, images: Sequence[str], nodes: Sequence[str]) -> None:
        """Load images of the engine's store into those of `nodes` that lack one of them.

        Raises:
            SeatrialError: an image is not in the engine's store, or a node does not take it.
        """
        missing = self.lacking(images, nodes)
        wanted = [image for image in images if any(image in names for names in missing.values())]
        if missing:
            run_logged(
                [
                    self._exec_path,
                    *("load", "docker-image", *wanted),
                    *("--name", self.cluster_name, "--nodes", ",".join(missing)),
                ],
                doing=f"loading {', '.join(wanted)}",
                within_seconds=600,
                about_seconds=10.0 * len(wanted),
                next_step="`docker image ls` shows what the engine has.",
            )

    def images_on(self, node: str) -> set[str]:
        """The tags in a node's store, written as the engine writes them."""
        told = docker(
            "exec", node, "crictl", "images", "--output=json", doing=f"listing the images of {node}"
        )
        tags = {tag for image in json.loads(told)["images"] for tag in image.get("repoTags") or []}
        return tags | {tag.removeprefix("docker.io/").removeprefix("library/") for tag in tags}


def _is_ready(node: dict[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
