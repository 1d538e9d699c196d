"""Where the CPU of a node is short, its pods come before what starts and stops pods.

In a kind node kubelet's slice, with all pods in it, weighs as much as containerd with its shims and runc.
On two cores a drain makes those busy for seconds, and pods that serve got a third of the node: the slowest
journey had a 99th percentile of 0.6 to 1.4 s in five drains, and of 0.4 to 0.9 s in five more with this
weight. Who runs real nodes reserves CPU beside the pods' instead (kubeReserved, systemReserved).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from seatrial.cluster.docker import docker
from seatrial.cluster.kind import KindCluster

SLICE = "kubelet.slice"
WEIGHT = 800  # of systemd's 1 to 10,000; everything else in a node has 100


def prefer_pods(cluster: KindCluster) -> None:
    """Give the pods of every node their weight; safe to repeat, and it outlives a restart of the node.

    Raises:
        SeatrialError: a node does not take it.
    """
    with ThreadPoolExecutor(thread_name_prefix="weight") as pool:
        list(pool.map(_prefer, cluster.node_names()))


def _prefer(node: str) -> None:
    if weight_of_pods(node) != str(WEIGHT):
        docker(
            "exec", node, "systemctl", "set-property", SLICE, f"CPUWeight={WEIGHT}",
            doing=f"weighing the pods of {node}",
        )  # fmt: skip


def weight_of_pods(node: str) -> str:
    """As systemd says it; a very large number or `[not set]` where nobody gave one.

    Raises:
        SeatrialError: the node does not answer.
    """
    told = docker(
        "exec", node, "systemctl", "show", "--property=CPUWeight", "--value", SLICE,
        doing=f"asking {node} for the weight of its pods",
    )  # fmt: skip
    return told.strip()
