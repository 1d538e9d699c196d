"""The helper's bad server in place of a container: Ready, and every answer a 500. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.errors import FaultRefused
from seatrial.faults.effects.fields import Path
from seatrial.kube.timeline import pods_now
from seatrial.model.timeline import Change, EndpointsSeen, PodSeen, Timeline

CONTAINERS: Path = ("spec", "template", "spec", "containers")
PROGRAM = "/helper"
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
GRACE_SECONDS = 30
"""What Kubernetes gives a pod that does not say how long it may take to end."""
DRAIN_SECONDS = 10.0
"""The longest that it answers after SIGTERM: endpoints take a while to leave everywhere."""


def bad_server(pod: Mapping[str, Any], container: str, image: str, *, journey: str) -> dict[Path, Any]:
    """What makes a container of a pod's spec the bad server; a value of None removes the field.

    It listens on the container's ports and those of its probes, whose paths it answers well. Probes that only
    the container's own program could answer are dropped, and so are its lifecycle hooks.

    Args:
        journey: path of the requests that it must answer by 500.

    Raises:
        FaultRefused: the container has no port, or a probe asks the very path that clients ask.
    """
    spec = next(item for item in pod["containers"] if item["name"] == container)
    kept = {name: spec[name] for name in PROBES if name in spec and _can_answer(spec[name])}
    ports = sorted({*_declared(spec).values(), *(_port(spec, probe) for probe in kept.values())})
    healthy = sorted({_path(probe["httpGet"]) for probe in kept.values() if "httpGet" in probe})
    if not ports:
        raise FaultRefused(
            f"container {container} declares no TCP port, so nothing can answer 500 in its place",
            next_step="list its ports: `containerPort` of the container",
        )
    if (asked := journey.partition("?")[0]) in healthy:
        raise FaultRefused(
            f"a probe of {container} asks {asked}, as clients do: it cannot be both Ready and wrong",
            next_step="give the probe a path of its own, or the workload another journey",
        )
    drain = min(DRAIN_SECONDS, pod.get("terminationGracePeriodSeconds", GRACE_SECONDS) / 2)
    values = {
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": [PROGRAM],
        "args": ["bad-server", *_options("port", ports), *_options("healthy", healthy),
                 *_options("drain-seconds", [f"{drain:g}"])],
        **{name: None for name in (*PROBES, "lifecycle") if name in spec and name not in kept},
    }  # fmt: skip
    return {(*CONTAINERS, f"[name={container}]", name): value for name, value in values.items()}


def _options(name: str, values: list[Any]) -> Iterator[str]:
    for value in values:
        yield from (f"--{name}", str(value))


def _can_answer(probe: Mapping[str, Any]) -> bool:
    """Whether a plain HTTP server without any other program can answer the probe."""
    return "tcpSocket" in probe or ("httpGet" in probe and probe["httpGet"].get("scheme", "HTTP") == "HTTP")


def _path(request: Mapping[str, Any]) -> str:
    """The path without its query, as the helper compares it."""
    path = str(request.get("path") or "/").partition("?")[0]
    return path if path.startswith("/") else f"/{path}"


def _declared(spec: Mapping[str, Any]) -> dict[str, int]:
    """The container's TCP ports, by name; by number where they have none."""
    ports = [port for port in spec.get("ports") or () if port.get("protocol", "TCP") == "TCP"]
    return {str(port.get("name") or port["containerPort"]): int(port["containerPort"]) for port in ports}


def _port(spec: Mapping[str, Any], probe: Mapping[str, Any]) -> int:
    port = (probe.get("httpGet") or probe["tcpSocket"])["port"]
    return _declared(spec)[port] if isinstance(port, str) and not port.isdigit() else int(port)


def require_service(timeline: Timeline, role: str) -> None:
    """Refuse a workload that no Service leads to: no client could meet its answers.

    Raises:
        FaultRefused: no endpoint is one of its pods.
    """
    names = {pod.name for pod in pods_now(timeline, role)}
    if not any(endpoint.pod in names for seen in timeline.endpoint_states() for endpoint in seen.endpoints):
        raise FaultRefused(
            f"no Service leads to the pods of role {role!r}, so no client would meet a wrong answer",
            next_step="name the workload that clients reach",
        )


def serves_since(timeline: Timeline, uid: str) -> tuple[float, str] | None:
    """When a pod was first Ready and an endpoint that gets traffic, and in words; None while it is not."""
    pod: PodSeen | None = None
    slices: dict[str, EndpointsSeen] = {}
    for item in timeline.seen:
        if isinstance(item, PodSeen) and item.uid == uid:
            pod = item
        elif isinstance(item, EndpointsSeen):
            slices[item.slice_name] = item
        if pod is None or not pod.ready or pod.deleting:
            continue
        for piece in slices.values():
            if piece.change is not Change.DELETED and _serves(piece, pod):
                return item.at, f"is Ready and an endpoint of {piece.service} that serves: the helper"
    return None


def _serves(piece: EndpointsSeen, pod: PodSeen) -> bool:
    """Whether the slice sends traffic to the pod; a slice of the other address family knows it by name."""
    return any(
        endpoint.pod == pod.name and endpoint.ready and not endpoint.terminating
        and (endpoint.ip == pod.ip or (":" in endpoint.ip) != (":" in pod.ip))
        for endpoint in piece.endpoints
    )  # fmt: skip
