"""Cluster up and down: the stages in their order, and what they leave behind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from seatrial.cluster import hermetic, network, pod_weight
from seatrial.cluster.build.images import ensure_images, was_built
from seatrial.cluster.build.tools import Tools, ensure_kind, ensure_tools
from seatrial.cluster.docker import docker
from seatrial.cluster.engine import Engine, ensure_engine, find_engine, stop_engine
from seatrial.cluster.engine_install import has_sys_resource
from seatrial.cluster.kind import KindCluster
from seatrial.cluster.kind_config import Host, read_configuration, render
from seatrial.cluster.lock import exclusive
from seatrial.cluster.paths import default_kubeconfig, fixtures_root
from seatrial.cluster.progress import Progress, Stage
from seatrial.cluster.state import Cluster
from seatrial.errors import SeatrialError
from seatrial.waiting import NotYet, Ready, eventually

NODE_IMAGE = "seatrial/node"
METRICS_IMAGE = "seatrial/metrics-server"
_LOCK = "cluster"
_LOCK_BOUND_SECONDS = 1800.0  # a cold build of everything takes up to 20 minutes
_SYSTEM_BOUND_SECONDS = 150.0  # 20-40 s on an idle machine


def up(
    config: Path,
    *,
    images: Sequence[str] = (),
    progress: Progress,
    kubeconfig: Path | None = None,
) -> Cluster:
    """Have the cluster of `config`, with its engine, tools and images; adopt what is healthy.

    Args:
        config: a kind configuration with a name, such as fixtures/cluster/three-nodes.yaml.
        images: logical names of images to load into the nodes too.
        progress: is told the stages, some of them side by side.
        kubeconfig: where the access data go; `.seatrial/kubeconfig` of the project when left out.

    Raises:
        SeatrialError: with what was tried and what to do.
    """
    configuration = read_configuration(config)
    with exclusive(_LOCK, within_seconds=_LOCK_BOUND_SECONDS, purpose="seatrial up", say=_told(progress)):
        engine = ensure_engine(progress)
        with ThreadPoolExecutor(max_workers=2, thread_name_prefix="up") as pool:
            getting_kind = pool.submit(ensure_kind, progress)
            tags = ensure_images([NODE_IMAGE, METRICS_IMAGE, *images], progress)
            getting_kind.result()
        tools = ensure_tools(progress)  # after the images: the node's has kubectl in it
        kind = _manager(configuration, tags[NODE_IMAGE], engine, tools, kubeconfig)
        with progress.stage(f"cluster {kind.cluster_name}") as stage:
            network.ensure_network()
            if was_built(tags[NODE_IMAGE]):
                network.seal_host()  # before there are nodes: not even their first packet leaves
            kind.create(say=stage.note)
            _finish(kind, configuration, tags, stage)
        _load(kind, [tags[name] for name in images], progress)
        return _cluster(kind)


def _told(progress: Progress) -> Any:
    def say(text: str) -> None:
        with progress.stage("another run") as stage:
            stage.note(text)

    return say


def _manager(
    configuration: dict[str, Any], image: str, engine: Engine, tools: Tools, kubeconfig: Path | None
) -> KindCluster:
    host = Host(engine.cgroup_version, has_sys_resource())
    access = kubeconfig or default_kubeconfig()
    return KindCluster(render(configuration, image, host), access.parent / "kind.yaml", access, tools)


def _finish(kind: KindCluster, configuration: dict[str, Any], tags: dict[str, str], stage: Stage) -> None:
    """What follows kind's own work; each step is safe to repeat, so adopted clusters pass through too."""
    stage.note("sealing it against the outside")
    hermetic.seal_nodes(kind, hermetic.service_subnet(configuration))
    pod_weight.prefer_pods(kind)
    _keep_names(kind)
    if was_built(tags[NODE_IMAGE]):
        hermetic.close_dns(kind, stage.note)
    stage.note("metrics-server")
    kind.load_images([tags[METRICS_IMAGE]], kind.node_names()[:1])  # it runs on the control plane
    manifests = (fixtures_root() / "cluster" / "addons" / "metrics-server.yaml").read_text()
    kind.kubectl_run(
        "apply",
        "--server-side",
        "--force-conflicts",
        "--filename=-",
        doing="installing metrics-server",
        stdin=manifests.replace(f"image: {METRICS_IMAGE}\n", f"image: {tags[METRICS_IMAGE]}\n"),
    )
    stage.note("waiting for the nodes and the system's own workloads")
    kind.await_nodes()
    _await_system(kind)
    kind.finish()


def _keep_names(kind: KindCluster) -> None:
    """CoreDNS on the control plane: no fault that stops a worker takes the names along.

    Seen with both of its pods on one worker: the loss of that node was an outage of all names for 18 s.
    """
    pods = {"spec": {"template": {"spec": {"nodeSelector": {"node-role.kubernetes.io/control-plane": ""}}}}}
    kind.kubectl_run(
        "--namespace=kube-system", "patch", "deployment/coredns", "--type=merge",
        f"--patch={json.dumps(pods)}",
        doing="keeping CoreDNS on the control plane",
    )  # fmt: skip


def _await_system(kind: KindCluster) -> None:
    """Wait until every workload of the system's namespaces is ready, and the metrics API serves."""

    def probe() -> Ready[None] | NotYet:
        try:
            told = kind.kubectl_json("get", "deployments,daemonsets", "--all-namespaces")
            metrics = kind.kubectl_json("get", "apiservice", "v1beta1.metrics.k8s.io")
        except SeatrialError as unreachable:
            return NotYet(unreachable.what.splitlines()[-1].strip())
        waiting = [
            item["metadata"]["name"] for item in told["items"] if _of_the_system(item) and not _is_whole(item)
        ]
        conditions = metrics.get("status", {}).get("conditions", [])
        if not any(
            condition["type"] == "Available" and condition["status"] == "True" for condition in conditions
        ):
            waiting.append("the metrics API")
        return NotYet(f"not ready: {', '.join(waiting)}") if waiting else Ready(None)

    eventually(
        probe,
        within_seconds=_SYSTEM_BOUND_SECONDS,
        what="the cluster's own workloads",
        every_seconds=0.5,
        next_step="`kubectl get pods -A` shows which pods lag; `seatrial down` and `up` start afresh.",
    )


def _of_the_system(item: dict[str, Any]) -> bool:
    return item["metadata"]["namespace"] in ("kube-system", "local-path-storage")


def _is_whole(item: dict[str, Any]) -> bool:
    status = item.get("status", {})
    if status.get("observedGeneration", 0) < item["metadata"]["generation"]:
        return False
    if item["kind"] == "DaemonSet":
        return bool(status.get("numberReady", 0) == status.get("desiredNumberScheduled", -1))
    wanted = item["spec"].get("replicas", 1)
    return bool(status.get("updatedReplicas", 0) == status.get("readyReplicas", 0) == wanted)


def _cluster(kind: KindCluster) -> Cluster:
    return Cluster(kind.cluster_name, kind.context, Path(str(kind.kubeconfig)), tuple(kind.node_names()))


def load_images(
    cluster: Cluster, tags: Sequence[str], progress: Progress, *, everywhere: bool = False
) -> None:
    """Load images of the engine's store into the nodes that take workloads; what is there is skipped.

    Args:
        cluster: from `up`.
        tags: full tags, from `ensure_images`.
        progress: is told one stage.
        everywhere: also into the control plane.

    Raises:
        SeatrialError: an image is not in the engine's store, or a node does not take it.
    """
    if tags:
        _load(_existing(cluster, ensure_tools(progress)), tags, progress, everywhere=everywhere)


def _load(kind: KindCluster, tags: Sequence[str], progress: Progress, *, everywhere: bool = False) -> None:
    if not tags:
        return
    nodes = kind.node_names() if everywhere else kind.workload_nodes()
    with progress.stage("images into the nodes") as stage:
        lacking = kind.lacking(tags, nodes)
        if not lacking:
            stage.skipped("the nodes have them")
            return
        stage.note(", ".join(sorted({tag for missing in lacking.values() for tag in missing})))
        kind.load_images(tags, nodes)


def _existing(cluster: Cluster, tools: Tools) -> KindCluster:
    configuration = yaml.safe_load((cluster.kubeconfig.parent / "kind.yaml").read_text())
    return KindCluster(configuration, cluster.kubeconfig.parent / "kind.yaml", cluster.kubeconfig, tools)


def down(config: Path, *, progress: Progress, kubeconfig: Path | None = None, engine: bool = True) -> None:
    """Remove what `up` made: nodes, host rule, kubeconfig, and the engine when it is ours. The cache stays.

    Args:
        config: the configuration the cluster was made from.
        progress: is told the stages.
        kubeconfig: as for `up`.
        engine: whether our own engine is stopped too; a foreign one never is.

    Raises:
        SeatrialError: a part does not go.
    """
    configuration = read_configuration(config)
    name = configuration["name"]
    with exclusive(_LOCK, within_seconds=_LOCK_BOUND_SECONDS, purpose="seatrial down", say=_told(progress)):
        with progress.stage(f"removing cluster {name}") as stage:
            if find_engine() is None:
                stage.skipped("no Docker engine answers")
            else:
                _remove(name, stage)
        (kubeconfig or default_kubeconfig()).unlink(missing_ok=True)
        if engine:
            with progress.stage("stopping the Docker engine") as stage:
                if not stop_engine():
                    stage.skipped("it is not ours")


def _remove(name: str, stage: Stage) -> None:
    nodes = network.nodes_of(name)
    if nodes:
        docker("rm", "--force", "--volumes", *nodes, doing="removing the nodes", within_seconds=120)
    else:
        stage.skipped("there is none")
    network.remove_network()
