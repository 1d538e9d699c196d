"""What kubelet does by the probes of a pod that runs, with the arithmetic of when it acts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.model.pod_resources import staying

READINESS, LIVENESS = "readinessProbe", "livenessProbe"


@dataclass(frozen=True)
class LiveProbe:
    """One probe as the API server has it, its defaults filled in. Times in seconds.

    Attributes:
        handler: httpGet, tcpSocket, grpc or exec.
        port: that is asked; 0 for a command.
        path: of an HTTP probe.
        encrypted: an HTTP probe over TLS.
        elsewhere: the host that it asks in place of the pod's address; or empty.
        grace_seconds: how long a container has to end that this probe kills; None for the pod's own time.
    """

    container: str
    handler: str
    port: int
    path: str
    encrypted: bool
    elsewhere: str
    period_seconds: int
    timeout_seconds: int
    threshold: int
    delay_seconds: int
    grace_seconds: int | None

    def __str__(self) -> str:
        match self.handler:
            case "httpGet":
                return f"GET {self.path} of port {self.port}"
            case "exec":
                return "a command in the container"
            case "grpc":
                return f"a gRPC health check of port {self.port}"
        return f"a connection to port {self.port}"

    @property
    def begins(self) -> str:
        """How what it sends begins, where that can be read on the way; empty where it cannot."""
        return f"GET {self.path} " if self.handler == "httpGet" and not self.encrypted else ""

    @property
    def refused_at_least_seconds(self) -> float:
        """How long at least until it acts: the first look that finds nothing comes at once."""
        return float(self.period_seconds * (self.threshold - 1))

    @property
    def unanswered_at_most_seconds(self) -> float:
        """How long until it acts when nothing answers any more: each look lasts its whole timeout."""
        each = max(self.period_seconds, self.timeout_seconds)
        return float(self.period_seconds + each * (self.threshold - 1) + self.timeout_seconds)


def live_probes(pod: Mapping[str, Any], kind: str) -> Iterator[LiveProbe]:
    """The probes of that kind of a pod's containers, sidecars included, in their order."""
    for container in staying(pod["spec"]):
        if given := container.get(kind):
            yield _read(container, given)


def _read(container: Mapping[str, Any], given: Mapping[str, Any]) -> LiveProbe:
    handler = next(name for name in ("httpGet", "tcpSocket", "grpc", "exec") if name in given)
    asked = given[handler] or {}
    grace = given.get("terminationGracePeriodSeconds")
    return LiveProbe(
        str(container["name"]), handler, _port(container, asked.get("port")), str(asked.get("path") or "/"),
        asked.get("scheme") == "HTTPS", str(asked.get("host") or ""), int(given.get("periodSeconds") or 10),
        int(given.get("timeoutSeconds") or 1), int(given.get("failureThreshold") or 3),
        int(given.get("initialDelaySeconds") or 0), None if grace is None else int(grace),
    )  # fmt: skip


def _port(container: Mapping[str, Any], port: int | str | None) -> int:
    """The number of a port that is given by number or by its name in the container."""
    if isinstance(port, str) and not port.isdigit():
        named = {one.get("name"): one["containerPort"] for one in container.get("ports") or ()}
        return int(named.get(port, 0))
    return int(port or 0)
