"""Which port of a kind node a port of this machine leads to, as the container engine says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from seatrial.cluster.docker import KIND_LABEL, docker
from seatrial.errors import SeatrialError


def published_to(port: int, *, server_port: int) -> int | None:
    """The node's port that this machine's `port` leads to, in the kind cluster of that API server.

    Args:
        server_port: this machine's port that leads to the API server: it tells which cluster is meant.

    Returns:
        None where no node of it publishes the port, or no engine can be asked.
    """
    try:
        nodes = docker("ps", "--quiet", "--filter", f"label={KIND_LABEL}", doing="listing kind nodes").split()
        told = docker("inspect", *nodes, doing="inspecting kind nodes") if nodes else "[]"
    except SeatrialError:
        return None
    return port_of(json.loads(told), port, server_port)


def port_of(containers: Iterable[dict[str, Any]], port: int, server_port: int) -> int | None:
    """The same, from what the engine says of its containers."""
    by_cluster: dict[str, dict[int, int]] = {}
    for each in containers:
        cluster = str((each["Config"].get("Labels") or {}).get(KIND_LABEL, ""))
        by_cluster.setdefault(cluster, {}).update(_published(each))
    return next((ports.get(port) for ports in by_cluster.values() if server_port in ports), None)


def _published(container: dict[str, Any]) -> Iterator[tuple[int, int]]:
    for inside, bindings in (container["NetworkSettings"].get("Ports") or {}).items():
        number, _, protocol = inside.partition("/")
        if protocol == "tcp":
            yield from ((int(binding["HostPort"]), int(number)) for binding in bindings or ())
