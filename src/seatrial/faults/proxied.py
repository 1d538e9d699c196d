"""The pod of the proxy that stands before a dependency, and what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.exec import run_in_pod
from seatrial.kube.generator_job import helper_pod
from seatrial.kube.ours import PART

CONTAINER = "proxy"
BEFORE = "seatrial.dev/before"
"""Label of the proxy's pod: the Service before whose pods it stands."""
PROGRAM = ("python3", "-m", "seatrial.traffic.proxy")
GRACE_SECONDS = 6
"""It goes on for 3 s after it was told to end, while clients look up who is there now."""
TELL_SECONDS = 20.0
PRIVILEGED_PORTS = 1024
_RESOURCES = {
    "requests": {"cpu": "50m", "memory": "32Mi"},
    "limits": {"cpu": "1", "memory": "128Mi"},
}


def labels_of(mark: str) -> dict[str, str]:
    """The labels by which network policies and the Service find the proxy."""
    return {PART: f"proxy-{mark}"}


def proxy_pod(
    mark: str, service: str, image: str, ports: Mapping[str, int], upstreams: Iterable[str]
) -> Object:
    """A pod that carries what comes to these ports to the same ports of the upstreams.

    It names its ports as the dependency's pods do, for a Service may lead to a port by its name.
    """
    command = [*PROGRAM, "serve"]
    for port in sorted(set(ports.values())):
        command += ["--port", str(port)]
    for address in upstreams:
        command += ["--to", address]
    spec = {
        **helper_pod(CONTAINER, image, command, _RESOURCES),
        "terminationGracePeriodSeconds": GRACE_SECONDS,
    }
    spec["containers"][0]["ports"] = [{"name": name, "containerPort": port} for name, port in ports.items()]
    if min(ports.values()) < PRIVILEGED_PORTS:
        # A safe sysctl, which pod security `restricted` lets pass; without it only root listens there.
        spec["securityContext"]["sysctls"] = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": f"seatrial-proxy-{mark}", "labels": {**labels_of(mark), BEFORE: service}},
        "spec": spec,
    }  # fmt: skip


def tell(kube: Kube, pod: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """Hand a message to the proxy, and give its answer: its counts, and where it cannot connect to.

    Raises:
        SeatrialError: it does not answer, and why.
    """
    command = (*PROGRAM, "tell", json.dumps(message))
    ran = run_in_pod(kube, pod, CONTAINER, command, timeout_seconds=TELL_SECONDS)
    try:
        answer = json.loads(ran.stdout)
    except ValueError:
        answer = {"error": ran.reason or ran.stderr.strip()[-200:] or f"exit code {ran.exit_code}"}
    if "error" in answer:
        raise SeatrialError(f"the proxy in pod/{pod} does not answer: {answer['error']}")
    return dict(answer)
