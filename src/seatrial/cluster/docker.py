"""The few questions and commands that we have for the Docker engine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from seatrial.cluster.meters import docker_layers, docker_steps, grown
from seatrial.cluster.paths import half_made
from seatrial.cluster.shell import run, run_logged, succeeds

KIND_LABEL = "io.x-k8s.kind.cluster"
"""On the container of each node of a kind cluster: the cluster's name."""
_LOADED_PER_SECOND = 50e6
"""Bytes of an archive that the engine takes in a second, on two cores."""


def docker(*arguments: str | Path, doing: str, within_seconds: float = 60.0, stdin: str | None = None) -> str:
    """Run one docker command and return what it printed.

    Raises:
        SeatrialError: it failed or took too long.
    """
    return run(["docker", *arguments], doing=doing, within_seconds=within_seconds, stdin=stdin)


def inspect(kind: str, name: str) -> dict[str, Any] | None:
    """What the engine knows about a container, image or network; None when there is none of that name."""
    if not succeeds(["docker", kind, "inspect", name], within_seconds=30):
        return None
    found = json.loads(docker(kind, "inspect", name, doing=f"inspecting {name}"))
    return cast("dict[str, Any]", found[0]) if found else None


def has_image(tag: str) -> bool:
    """Whether the engine's store has this image."""
    return succeeds(["docker", "image", "inspect", tag], within_seconds=30)


def tags_of(name: str) -> list[str]:
    """The full tags the engine's store has of an image name."""
    listed = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", name, doing=f"listing {name}")
    return listed.split()


def build_image(context: Path, tag: str, *, arguments: Sequence[tuple[str, str]] = ()) -> None:
    """Build `context` with the classic builder and no network: everything it needs is in the context.

    Raises:
        SeatrialError: a step failed.
    """
    given = [part for name, value in arguments for part in ("--build-arg", f"{name}={value}")]
    run_logged(
        ["docker", "build", "--network", "none", "--tag", tag, *given, context],
        doing=f"building the image {tag}",
        within_seconds=900,
        meter=docker_steps,
        about_seconds=20,
        environment={"DOCKER_BUILDKIT": "0"},  # buildx is a separate program that a small install lacks
    )


def save_images(tags: Sequence[str], archive: Path) -> None:
    """Write images to a tar archive; it appears whole or not at all."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with half_made(archive.parent, archive.stem) as folder:
        half = folder / "image.tar"
        size = sum(int((inspect("image", tag) or {}).get("Size", 0)) for tag in tags)
        run_logged(
            ["docker", "save", "--output", half, *tags], doing=f"saving {archive.stem}",
            within_seconds=600, meter=grown(folder, size), about_seconds=30,
        )  # fmt: skip
        half.replace(archive)


def keep_image(name: str, tag: str, archive: Path) -> None:
    """Keep an image beside the engine's store, and forget what it was before, in both places."""
    save_images([tag], archive)
    for other in archive.parent.glob(f"{name.replace('/', '-')}-*.tar"):
        if other != archive:
            other.unlink(missing_ok=True)
    for other_tag in tags_of(name):
        if other_tag != tag:
            succeeds(["docker", "image", "rm", other_tag], within_seconds=60)  # refused while it is used


def load_archive(archive: Path) -> None:
    """Put the images of an archive into the engine's store.

    Raises:
        SeatrialError: the archive is damaged.
    """
    run_logged(
        ["docker", "load", "--quiet", "--input", archive], doing=f"loading {archive.name}",
        within_seconds=600, about_seconds=archive.stat().st_size / _LOADED_PER_SECOND,
    )  # fmt: skip


def pull_image(reference: str, *, within_seconds: float) -> None:
    """Pull an image into the engine's store. Raises SeatrialError: the registry does not give it."""
    run_logged(
        ["docker", "pull", reference], doing=f"pulling {reference}", within_seconds=within_seconds,
        meter=docker_layers, about_seconds=30,
    )  # fmt: skip
