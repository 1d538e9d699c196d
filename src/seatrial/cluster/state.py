"""What is there, found without changing anything."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.cluster import network
from seatrial.cluster.docker import docker
from seatrial.cluster.engine import Engine, find_engine
from seatrial.cluster.kind_config import read_configuration
from seatrial.cluster.paths import default_kubeconfig
from seatrial.errors import SeatrialError


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
        nodes: node name -> "Ready" or "NotReady", with "cordoned" when nothing may be scheduled on it; its
            container's state when the API server is silent.
        sealed: whether the host keeps the nodes' packets on this machine.
        cluster: the cluster when it is whole and Ready, else None.
        problem: why there is no `cluster`; empty when there is.
    """

    engine: Engine | None
    nodes: dict[str, str] = field(default_factory=dict)
    sealed: bool = False
    cluster: Cluster | None = None
    problem: str = ""


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
    nodes = network.nodes_of(name)
    if not nodes:
        return ClusterStatus(engine, problem=f"there is no cluster called {name}")
    access = kubeconfig or default_kubeconfig()
    sealed = network.host_is_sealed()
    wanted = len(configuration.get("nodes") or [None])
    if len(nodes) != wanted or not (access.parent / "kind.yaml").exists():
        return ClusterStatus(engine, nodes, sealed, problem=f"{len(nodes)} of {wanted} nodes are there")
    ready, problem = _readiness(name, access)
    return ClusterStatus(
        engine, ready or nodes, sealed, None if problem else _found(name, access, nodes), problem
    )


def _found(name: str, access: Path, nodes: dict[str, str]) -> Cluster:
    ordered = sorted(nodes, key=lambda node: ("control-plane" not in node, node))
    return Cluster(name, f"kind-{name}", access, tuple(ordered))


def _readiness(name: str, access: Path) -> tuple[dict[str, str], str]:
    """Node name -> Ready or NotReady, as the API server says; and what is wrong."""
    try:
        told = docker(
            "exec",
            f"{name}-control-plane",
            "kubectl",
            "--kubeconfig=/etc/kubernetes/admin.conf",
            "get",
            "nodes",
            "--output=json",
            "--request-timeout=5s",
            doing="asking the API server",
        )
    except SeatrialError as unreachable:
        return {}, unreachable.what.splitlines()[-1].strip()
    states, unready = node_states(json.loads(told)["items"])
    if unready:
        return states, f"not Ready: {', '.join(unready)}"
    return states, "" if access.exists() else f"the kubeconfig {access} is missing"


def node_states(nodes: list[dict[str, Any]]) -> tuple[dict[str, str], list[str]]:
    """Node name -> its state in words, and the names of those that are not Ready."""
    states, unready = {}, []
    for node in nodes:
        conditions = {condition["type"]: condition["status"] for condition in node["status"]["conditions"]}
        name, ready = node["metadata"]["name"], conditions.get("Ready") == "True"
        unready += [] if ready else [name]
        cordoned = ", cordoned" if node["spec"].get("unschedulable") else ""
        states[name] = ("Ready" if ready else "NotReady") + cordoned
    return states, unready
