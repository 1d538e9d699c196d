"""Folders that another tool turns into objects: kustomizations and Helm charts."""

from __future__ import annotations

import os
import shutil
import subprocess

from seatrial.errors import BadInput
from seatrial.lint.kustomization import content_of, resource_names

_COMMANDS = {
    "kustomize": (("kubectl", "kustomize"), ("kustomize", "build")),
    "helm": (("helm", "template", "release"),),
}
_LIMIT_SECONDS = 60
"""A rendering that takes longer is fetching something, and this tool fetches nothing."""


_LISTS_ONLY = {"apiVersion", "kind", "metadata", "resources", "sortOptions", "buildMetadata"}


def can_render(tool: str) -> bool:
    """Whether the tool is installed."""
    return any(shutil.which(command[0]) for command in _COMMANDS[tool])


def only_lists_files(folder: str) -> bool:
    """Whether a kustomization, and those it names, change nothing: its files can then be read as they are."""
    content = content_of(folder)
    if not content or content.keys() - _LISTS_ONLY:
        return False
    below = [os.path.join(folder, name) for name in resource_names(folder)]  # noqa: PTH118
    return all(only_lists_files(path) if os.path.isdir(path) else os.path.isfile(path) for path in below)  # noqa: PTH112, PTH113


def render(folder: str, tool: str) -> tuple[str, str]:
    """Run `kubectl kustomize` (or `kustomize build`), or `helm template`, on a folder.

    Returns:
        A name for the rendering, and its text.

    Raises:
        BadInput: no such tool is installed, or it refused the folder.
    """
    for command in _COMMANDS[tool]:
        executable = shutil.which(command[0])
        if executable is not None:
            return _run([executable, *command[1:], folder], folder, tool)
    tried = " or ".join(f"`{' '.join(command)} {folder} | seatrial lint -`" for command in _COMMANDS[tool])
    raise BadInput(
        f"this folder must be rendered by {tool}, and it is not installed",
        where=folder,
        next_step=f"install it, or hand over its output: {tried}",
    )


def _run(command: list[str], folder: str, tool: str) -> tuple[str, str]:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            timeout=_LIMIT_SECONDS,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        raise BadInput(f"{tool} did not finish within {_LIMIT_SECONDS} s", where=folder) from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise BadInput(
            f"{tool} could not render this folder: {said}",
            where=folder,
            next_step="mend what it names, and try again",
        )
    return folder.rstrip("/"), done.stdout.decode("utf-8", errors="replace")
