"""Docker from Debian's packages: 13's docker.io also on 12, at a priority that takes nothing else from 13."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from seatrial.cluster.build.debian import apt_install, debian_source
from seatrial.cluster.progress import Stage
from seatrial.errors import SeatrialError

_SYS_RESOURCE_BIT = 24
_TOO_OLD_WITHOUT_SYS_RESOURCE = 23  # 20.10 gives a privileged container capabilities it does not have itself


def ensure_installed(stage: Stage) -> None:
    """Have dockerd, its client and iptables, installed from Debian when they are missing or too old.

    Raises:
        SeatrialError: this is no Debian, or apt fails.
    """
    version = _installed_version()
    usable = version is not None and (has_sys_resource() or version > _TOO_OLD_WITHOUT_SYS_RESOURCE)
    if usable and shutil.which("docker") and shutil.which("iptables"):
        return
    if shutil.which("apt-get") is None:
        raise SeatrialError(
            "No Docker engine is installed, and Seatrial can install one on Debian only.",
            next_step="Install Docker Engine 24 or newer and start it.",
        )
    stage.note("installing docker.io with apt")
    packages = ["docker.io", "iptables"] + ([] if shutil.which("docker") else ["docker-cli"])
    if not usable and _host_suite() not in ("trixie", "forky", "sid"):
        _add_newer_suite()
    apt_install(*packages)


def _installed_version() -> int | None:
    if shutil.which("dockerd") is None:
        return None
    asked = subprocess.run(["dockerd", "--version"], capture_output=True, text=True, check=False)
    matched = re.search(r"version (\d+)\.", asked.stdout)
    return int(matched[1]) if matched else None


def has_sys_resource() -> bool:
    """Whether CAP_SYS_RESOURCE is in the bounding set of this process."""
    status = Path("/proc/self/status").read_text()
    matched = re.search(r"^CapBnd:\s*([0-9a-f]+)", status, re.MULTILINE)
    return bool(matched and int(matched[1], 16) >> _SYS_RESOURCE_BIT & 1)


def _host_suite() -> str:
    release = Path("/etc/os-release").read_text() if Path("/etc/os-release").exists() else ""
    matched = re.search(r'^VERSION_CODENAME="?(\w+)', release, re.MULTILINE)
    return matched[1] if matched else ""


def _add_newer_suite() -> None:
    """Let apt see Debian 13 at a priority that takes nothing from it but the engine."""
    source = debian_source()
    signed = f"Signed-By: {source.signed_by}\n" if source.signed_by else ""
    Path("/etc/apt/sources.list.d/seatrial-engine.sources").write_text(
        f"Types: deb\nURIs: {source.address}\nSuites: trixie\nComponents: main\n{signed}"
    )
    Path("/etc/apt/preferences.d/seatrial-engine").write_text(
        "Package: *\nPin: release n=trixie\nPin-Priority: 50\n\n"
        "Package: docker.io docker-cli\nPin: release n=trixie\nPin-Priority: 500\n"
    )
