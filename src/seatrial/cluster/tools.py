"""kind and kubectl: from PATH when their version fits, else our own, in the cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from seatrial.cluster import programs
from seatrial.cluster.gobuild import build
from seatrial.cluster.paths import cache_folder
from seatrial.cluster.progress import Progress

_OLDEST_KUBECTL_MINOR = 35  # kubectl supports one minor version to either side of the server's


@dataclass(frozen=True)
class Tools:
    """Where the two programs are."""

    kind: Path
    kubectl: Path


def ensure_tools(progress: Progress) -> Tools:
    """Have kind of exactly the version we know, and a kubectl that fits it.

    Raises:
        SeatrialError: neither is on PATH and building fails.
    """
    with progress.stage("kind and kubectl") as stage:
        kind, kubectl = _fitting_kind(), _fitting_kubectl()
        if kind and kubectl:
            stage.skipped(f"{kind}, {kubectl}")
            return Tools(kind, kubectl)
        stage.note("building what is missing with Go")
        return Tools(kind or build(programs.KIND), kubectl or _own_kubectl())


def _fitting_kind() -> Path | None:
    built = programs.KIND.path()
    if built.exists():
        return built
    found = shutil.which("kind")
    wanted = programs.KIND_VERSION.removeprefix("v")
    return Path(found) if found and _asked([found, "version", "-q"]) == wanted else None


def _fitting_kubectl() -> Path | None:
    own = _own_kubectl_path()
    if own.exists():
        return own
    found = shutil.which("kubectl")
    if not found:
        return None
    matched = re.search(r"v1\.(\d+)\.", _asked([found, "version", "--client"]))
    return Path(found) if matched and int(matched[1]) >= _OLDEST_KUBECTL_MINOR else None


def _asked(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _own_kubectl_path() -> Path:
    return cache_folder("tools") / programs.KUBERNETES.key() / "kubectl"


def _own_kubectl() -> Path:
    """kubectl is one of the names of the Kubernetes binary that the node image is made of."""
    link = _own_kubectl_path()
    binary = build(programs.KUBERNETES)
    link.parent.mkdir(parents=True, exist_ok=True)
    fresh = link.with_name(f".kubectl-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(binary)
    fresh.replace(link)
    return link
