"""What the cluster can tell about a failure, collected once into a folder, with secrets left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seatrial.errors import SeatrialError
from seatrial.kube.api import event_time as time_of
from seatrial.kube.client import Kube
from seatrial.kube.pod_status import pod_reason

TAIL_LINES = 200
HIDDEN = "[hidden]"

SECRET_NAME = re.compile(
    r"passw|secret|token|credential|api_?key|private|dsn|authorization|cookie", re.IGNORECASE
)
SECRET_TEXT = (
    # user:password in an address
    (re.compile(r"(\w+://[^/\s:@]+:)[^@\s/]+(@)"), rf"\1{HIDDEN}\2"),
    (re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic)?\s*)[^\s\"',}]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)(bearer\s+)[a-z0-9._~+/-]{8,}=*"), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"(?i)(\b[\w-]*(?:passw(?:or)?d|secret|token|api_?key)[\w-]*[\"']?\s*[:=]\s*[\"']?)[^\s\"',}&]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"), HIDDEN),
)


def collect_evidence(kube: Kube, directory: Path) -> list[Path]:
    """Write events, pods, last logs, autoscalers, workloads and endpoints into `directory`.

    What cannot be read becomes a line of `missing.txt`: evidence is best effort and never raises for the
    cluster's sake. Secret objects are never read.

    Returns:
        The files written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    missing: list[str] = []
    written: list[Path] = []

    def keep(name: str, text: Callable[[], str]) -> None:
        try:
            content = text()
        except SeatrialError as error:
            missing.append(f"{name}: {error.what}")
            return
        path = directory / name
        path.write_text(content, encoding="utf-8")
        written.append(path)

    keep("events.txt", lambda: "".join(event_line(event) for event in kube.events()))
    pods: list[dict[str, Any]] = []

    def read_pods() -> str:
        pods.extend(kube.objects("Pod"))
        return "".join(pod_line(pod) for pod in pods)

    keep("pods.txt", read_pods)
    keep("pods.json", lambda: _json(pods))
    for kind in (
        "Deployment",
        "StatefulSet",
        "HorizontalPodAutoscaler",
        "EndpointSlice",
        "PodDisruptionBudget",
    ):
        keep(f"{kube.resource(kind).plural}.json", lambda kind=kind: _json(kube.objects(kind)))  # type: ignore[misc]
    for pod in pods:
        _keep_logs(kube, pod, keep)
    if missing:
        path = directory / "missing.txt"
        path.write_text("\n".join(missing) + "\n", encoding="utf-8")
        written.append(path)
    return written


def _keep_logs(kube: Kube, pod: dict[str, Any], keep: Callable[[str, Callable[[], str]], None]) -> None:
    name = pod["metadata"]["name"]
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        container = status["name"]
        lives = [(False, "log")] if status.get("containerID") else []
        if status.get("restartCount"):
            lives.append((True, "previous.log"))
        for previous, ending in lives:
            keep(
                f"{name}.{container}.{ending}",
                lambda previous=previous, container=container: redact_text(  # type: ignore[misc]
                    kube.logs(name, container=container, previous=previous, tail_lines=TAIL_LINES)
                ),
            )


def redact_text(text: str) -> str:
    """Text without passwords, tokens and keys, as far as their names or shapes give them away."""
    for pattern, instead in SECRET_TEXT:
        text = pattern.sub(instead, text)
    return text


def redact(value: Any) -> Any:
    """An object without bookkeeping and without the values of variables that look secret."""
    if isinstance(value, list):
        return [redact(item) for item in value]
    if isinstance(value, str):
        return redact_text(value)
    if not isinstance(value, dict):
        return value
    result = {}
    hide_value = isinstance(value.get("name"), str) and SECRET_NAME.search(value["name"]) is not None
    for key, item in value.items():
        if key in ("managedFields", "kubectl.kubernetes.io/last-applied-configuration"):
            continue
        secret = isinstance(item, str) and (
            SECRET_NAME.search(key) is not None or (key == "value" and hide_value)
        )
        # A reference to a Secret says where, not what.
        result[key] = HIDDEN if secret and key not in ("secretName", "serviceAccountName") else redact(item)
    return result


def pod_line(pod: dict[str, Any]) -> str:
    """One pod as a line: name, phase, readiness, restarts, node, reason."""
    status = pod.get("status") or {}
    containers = status.get("containerStatuses") or ()
    ready = sum(bool(container.get("ready")) for container in containers)
    restarts = sum(int(container.get("restartCount") or 0) for container in containers)
    node = (pod.get("spec") or {}).get("nodeName", "")
    name, phase = pod["metadata"]["name"], status.get("phase", "")
    return (
        f"{name}  {phase}  ready {ready}/{len(containers)}  restarts {restarts}  {node}  {pod_reason(pod)}\n"
    )


def event_line(event: dict[str, Any]) -> str:
    """One event as a line, with its newest time."""
    about = event.get("involvedObject") or {}
    count = (event.get("series") or {}).get("count") or event.get("count") or 1
    words = redact_text(str(event.get("message") or "").strip().replace("\n", " "))
    subject = f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"
    times = f" x{count}" if count > 1 else ""
    return (
        f"{time_of(event)}  {event.get('type', '')}  {subject}  {event.get('reason', '')}{times}  {words}\n"
    )


def _json(objects: list[dict[str, Any]]) -> str:
    return json.dumps([redact(obj) for obj in objects], indent=1, sort_keys=True) + "\n"
