"""Commands on the nodes of an own kind cluster, through the container engine that runs them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from seatrial.errors import FaultRefused, SeatrialError

KIND_LABEL = "io.x-k8s.kind.cluster"
COMMAND_SECONDS = 20.0


def require_kind_node(engine: str, node: str) -> None:
    """Check that the engine runs a container of that name and that it is a kind node.

    Raises:
        FaultRefused: it is not; nothing was done.
    """
    template = '{{index .Config.Labels "' + KIND_LABEL + '"}}'
    found = _run([engine, "inspect", "--type", "container", "--format", template, node])
    if found.returncode != 0 or not found.stdout.strip():
        raise FaultRefused(
            f"node {node} is no kind node of this machine's engine, nothing was disturbed",
            where=f"{engine} inspect {node}: {found.stderr.strip() or 'no label ' + KIND_LABEL}",
            next_step="give `target.context`, not `target.kind`, for a cluster that kind does not run here",
        )


def kill_containers(engine: str, node: str, container_ids: Sequence[str]) -> None:
    """SIGKILL every process of these containers, from the node.

    Raises:
        SeatrialError: the runtime refused; names its answer.
    """
    for identifier in container_ids:
        command = [
            "ctr",
            "--namespace",
            "k8s.io",
            "tasks",
            "kill",
            "--all",
            "--signal",
            "SIGKILL",
            identifier,
        ]
        done = _run([engine, "exec", node, *command])
        if done.returncode != 0:
            raise SeatrialError(
                f"the container could not be killed: {done.stderr.strip() or done.stdout.strip()}",
                where=f"{engine} exec {node} {' '.join(command)}",
            )


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
    except FileNotFoundError as error:
        raise FaultRefused(
            f"the container engine {command[0]!r} is not installed, nothing was disturbed",
            next_step="name the engine that runs the kind nodes",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SeatrialError(
            f"the container engine did not answer within {COMMAND_SECONDS:g} s", where=" ".join(command)
        ) from error
