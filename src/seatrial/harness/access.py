"""Where the cluster of a system is: its kind configuration, its kubeconfig and its context."""

from __future__ import annotations

from pathlib import Path

from seatrial.cluster.kind_config import read_configuration
from seatrial.cluster.paths import default_kubeconfig
from seatrial.errors import BadInput
from seatrial.model.system import System
from seatrial.settings import Settings


def kind_configuration(settings: Settings, system: System) -> Path:
    """The kind configuration of the system's own cluster.

    Raises:
        BadInput: the system runs on a foreign cluster, or the file is missing.
    """
    if system.target.kind is None:
        raise BadInput(
            "this system runs on a cluster that is not ours", where=str(settings.system_path),
            next_step="Only a system with `target.kind` has a cluster to show or take down.",
        )  # fmt: skip
    config = beside(settings.system_path, system.target.kind.config)
    if not config.is_file():
        raise BadInput(
            "there is no such kind configuration", where=str(config),
            next_step="`target.kind.config` is taken relative to the system file.",
        )  # fmt: skip
    return config


def access(settings: Settings, system: System) -> tuple[Path | None, str | None]:
    """Kubeconfig and context: our own file for our own cluster, the user's for a foreign one."""
    if system.target.kind is None:
        return settings.kubeconfig, system.target.context
    name = read_configuration(kind_configuration(settings, system))["name"]
    return default_kubeconfig(), f"kind-{name}"


def beside(system_path: Path, relative: str) -> Path:
    """A path of the system file: relative to the file's own folder."""
    return (system_path.parent / relative).resolve()
