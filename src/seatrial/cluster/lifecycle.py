"""Cluster up, down and status: the stages in their order, and what they leave behind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from seatrial.cluster import hermetic
from seatrial.cluster.docker import docker
from seatrial.cluster.engine import Engine, ensure_engine, find_engine, has_sys_resource, stop_engine
from seatrial.cluster.images import ensure_images, was_built
from seatrial.cluster.kind import Host, KindCluster, read_configuration, render
from seatrial.cluster.lock import exclusive
from seatrial.cluster.paths import default_kubeconfig, fixtures_root
from seatrial.cluster.progress import Progress, Stage
from seatrial.cluster.tools import Tools, ensure_tools
from seatrial.errors import SeatrialError
from seatrial.waiting import NotYet, Ready, eventually

NODE_IMAGE = "seatrial/node"
METRICS_IMAGE = "seatrial/metrics-server"
_LOCK = "cluster"
_LOCK_BOUND_SECONDS = 1800.0  # a cold build of everything takes up to 20 minutes
_SYSTEM_BOUND_SECONDS = 150.0  # 20-40 s on an idle machine


@dataclass(frozen=True)
class Cluster:
    """A cluster that is up.

    Args:
        name: kind's name for it.
        context: the context in the kubeconfig.
        kubeconfig: our own file.
        nodes: the names of its nodes, control plane first.
    """

    name: str
    context: str
    kubeconfig: Path
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class ClusterStatus:
    """What is there, without changing anything.

    Args:
        engine: the engine that answers, or None.
        nodes: node name -> "Ready", "NotReady" or the state of its container when the API server does not answer.
        sealed: whether the host keeps the nodes' packets on this machine.
        cluster: the cluster when it is whole and Ready, else None.
        problem: why there is no `cluster`; empty when there is.
    """

    engine: Engine | None
    nodes: dict[str, str] = field(default_factory=dict)
    sealed: bool = False
    cluster: Cluster | None = None
    problem: str = ""


def up(
    config: Path,
    *,
    images: Sequence[str] = (),
    progress: Progress,
    kubeconfig: Path | None = None,
) -> Cluster:
    """Have the cluster of `config`: engine, tools, images, nodes, network rules, metrics; adopt what is healthy.

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
            getting_tools = pool.submit(ensure_tools, progress)
            tags = ensure_images([NODE_IMAGE, METRICS_IMAGE, *images], progress)
            tools = getting_tools.result()
        kind = _manager(configuration, tags[NODE_IMAGE], engine, tools, kubeconfig)
        with progress.stage(f"cluster {kind.cluster_name}") as stage:
            kind.create(say=stage.note)
            _finish(kind, configuration, tags, stage)
        load_images(_cluster(kind), [tags[name] for name in images], progress)
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
    """Everything after kind's own work; each step is safe to repeat, so an adopted cluster goes through it too."""
    stage.note("sealing it against the outside")
    hermetic.seal_nodes(kind, hermetic.service_subnet(configuration))
    if was_built(tags[NODE_IMAGE]):
        hermetic.seal_host()
        hermetic.close_dns(kind, stage.note)
    stage.note("metrics-server")
    kind.load_images([tags[METRICS_IMAGE]])
    manifests = (fixtures_root() / "cluster" / "addons" / "metrics-server.yaml").read_text()
    kind.kubectl_run(
        "apply", "--server-side", "--force-conflicts", "--filename=-",
        doing="installing metrics-server",
        stdin=manifests.replace(f"image: {METRICS_IMAGE}\n", f"image: {tags[METRICS_IMAGE]}\n"),
    )  # fmt: skip
    stage.note("waiting for the nodes and the system's own workloads")
    kind.await_nodes()
    _await_system(kind)
    kind.finish()


def _await_system(kind: KindCluster) -> None:
    """Wait until every workload of the system's namespaces is ready, and the metrics API serves."""

    def probe() -> Ready[None] | NotYet:
        try:
            told = kind.kubectl_json("get", "deployments,daemonsets", "--all-namespaces")
            metrics = kind.kubectl_json("get", "apiservice", "v1beta1.metrics.k8s.io")
        except SeatrialError as unreachable:
            return NotYet(unreachable.what.splitlines()[-1].strip())
        waiting = [item["metadata"]["name"] for item in told["items"] if _of_the_system(item) and not _is_whole(item)]
        conditions = metrics.get("status", {}).get("conditions", [])
        if not any(condition["type"] == "Available" and condition["status"] == "True" for condition in conditions):
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
    nodes = sorted(kind.node_names(), key=lambda name: ("control-plane" not in name, name))
    return Cluster(kind.cluster_name, kind.context, Path(str(kind.kubeconfig)), tuple(nodes))


def load_images(cluster: Cluster, tags: Sequence[str], progress: Progress) -> None:
    """Load images of the engine's store into every node; what a node already has is skipped.

    Args:
        cluster: from `up`.
        tags: full tags, from `ensure_images`.
        progress: is told one stage.

    Raises:
        SeatrialError: an image is not in the engine's store, or a node does not take it.
    """
    if not tags:
        return
    with progress.stage("images into the nodes") as stage:
        kind = _existing(cluster, ensure_tools(progress))
        lacking = [tag for tag in tags if any(tag not in kind.images_on(node) for node in cluster.nodes)]
        if not lacking:
            stage.skipped("the nodes have them")
            return
        stage.note(", ".join(lacking))
        kind.load_images(lacking)


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
    hermetic.unseal_host()
    nodes = _containers(name)
    if not nodes:
        stage.skipped("there is none")
        return
    docker("rm", "--force", "--volumes", *nodes, doing="removing the nodes", within_seconds=120)


def _containers(name: str) -> dict[str, str]:
    """The containers of a kind cluster with their states, without kind."""
    label = f"label=io.x-k8s.kind.cluster={name}"
    told = docker("ps", "--all", "--filter", label, "--format", "{{json .}}", doing="listing the nodes")
    return {row["Names"]: row["State"] for row in map(json.loads, told.splitlines())}


def status(config: Path, *, kubeconfig: Path | None = None) -> ClusterStatus:
    """What is there. Changes nothing, builds nothing, starts nothing.

    Raises:
        BadInput: the configuration cannot be read.
    """
    configuration = read_configuration(config)
    name = configuration["name"]
    engine = find_engine()
    if engine is None:
        return ClusterStatus(None, problem="no Docker engine answers")
    nodes = _containers(name)
    if not nodes:
        return ClusterStatus(engine, problem=f"there is no cluster called {name}")
    access = kubeconfig or default_kubeconfig()
    sealed = hermetic.host_is_sealed()
    wanted = len(configuration.get("nodes") or [None])
    if len(nodes) != wanted or not (access.parent / "kind.yaml").exists():
        return ClusterStatus(engine, nodes, sealed, problem=f"{len(nodes)} of {wanted} nodes are there")
    ready, problem = _readiness(name, access)
    return ClusterStatus(engine, ready or nodes, sealed, None if problem else _found(name, access, nodes), problem)


def _found(name: str, access: Path, nodes: dict[str, str]) -> Cluster:
    ordered = sorted(nodes, key=lambda node: ("control-plane" not in node, node))
    return Cluster(name, f"kind-{name}", access, tuple(ordered))


def _readiness(name: str, access: Path) -> tuple[dict[str, str], str]:
    """Node name -> Ready or NotReady, as the API server says; and what is wrong."""
    try:
        told = docker("exec", f"{name}-control-plane", "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf",
                      "get", "nodes", "--output=json", "--request-timeout=5s", doing="asking the API server")  # fmt: skip
    except SeatrialError as unreachable:
        return {}, unreachable.what.splitlines()[-1].strip()
    states = {}
    for node in json.loads(told)["items"]:
        conditions = {condition["type"]: condition["status"] for condition in node["status"]["conditions"]}
        states[node["metadata"]["name"]] = "Ready" if conditions.get("Ready") == "True" else "NotReady"
    unready = [node for node, state in states.items() if state != "Ready"]
    if unready:
        return states, f"not Ready: {', '.join(unready)}"
    return states, "" if access.exists() else f"the kubeconfig {access} is missing"
