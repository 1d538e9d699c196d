"""kind and kubectl: from PATH when their version fits, else our own, in the cache."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from seatrial.cluster.build import images
from seatrial.cluster.build import programs
from seatrial.cluster.docker import docker, has_image
from seatrial.cluster.build.gobuild import build
from seatrial.cluster.lock import exclusive
from seatrial.cluster.paths import cache_folder, half_made
from seatrial.cluster.progress import Progress

_LOCK_BOUND_SECONDS = 1800.0  # building Kubernetes takes 5 to 20 minutes
_OLDEST_KUBECTL_MINOR = 35  # kubectl supports one minor version to either side of the server's


@dataclass(frozen=True)
class Tools:
    """Where the two programs are."""

    kind: Path
    kubectl: Path


def ensure_kind(progress: Progress) -> Path:
    """Have kind of exactly the version we know.

    Raises:
        SeatrialError: it is not on PATH and building it fails.
    """
    with progress.stage("kind") as stage:
        if found := _fitting_kind():
            stage.skipped(str(found))
            return found
        stage.note(f"building kind {programs.KIND_VERSION} with Go")
        return build(programs.KIND)


def ensure_tools(progress: Progress) -> Tools:
    """Have kind, and a kubectl that fits it.

    Raises:
        SeatrialError: one is not on PATH and cannot be had.
    """
    with progress.stage("kind and kubectl") as stage:
        kind, kubectl = _fitting_kind(), _fitting_kubectl()
        if kind and kubectl:
            stage.skipped(f"{kind}, {kubectl}")
            return Tools(kind, kubectl)
        stage.note("getting what is missing")
        return Tools(ensure_kind(progress), kubectl or _own_kubectl())


def present_kubectl() -> Path | None:
    """A kubectl that fits, when there is one; makes nothing."""
    return _fitting_kubectl()


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
    """kubectl as the node image has it, else as a name of the Kubernetes binary that image is made of."""
    place = _own_kubectl_path()
    place.parent.mkdir(parents=True, exist_ok=True)
    with exclusive("tools", within_seconds=_LOCK_BOUND_SECONDS, purpose="getting kubectl"):
        if place.exists():
            return place
        with half_made(place.parent, "kubectl") as made:
            fresh = made / "kubectl"
            image = next((tag for tag in images.tags("seatrial/node") if has_image(tag)), "")
            if image and not programs.KUBERNETES.path().exists():
                _copy_out(image, "/usr/bin/kubectl", fresh)
            else:
                fresh.symlink_to(build(programs.KUBERNETES))
            fresh.replace(place)
    return place


def _copy_out(image: str, path: str, target: Path) -> None:
    """Copy one file out of an image that is not running."""
    container = docker("create", image, doing=f"opening {image}").strip()
    try:
        docker("cp", "--follow-link", f"{container}:{path}", target, doing=f"copying {path} out of {image}")
    finally:
        docker("rm", container, doing="closing it")
