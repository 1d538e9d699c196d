"""How far a long program is, read from what it has printed or written so far. Pure but for folder sizes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from seatrial.cluster.progress import Far

Meter = Callable[[str], Far | None]
"""From what a program has printed so far to how far it is; None when that does not say."""

KIND_STEPS = 7
"""What `kind create cluster` ticks off for a cluster of several nodes."""
_MEGABYTE = 1e6


def go_packages(total: int = 0) -> Meter:
    """How many packages `go build -v` has compiled; until it compiles, how many modules it has fetched."""

    def meter(text: str) -> Far | None:
        lines = text.splitlines()
        fetched = sum(line.startswith("go: downloading") for line in lines)
        compiled = sum(bool(line) and not line.startswith(("go:", "#")) for line in lines)
        if compiled:
            return Far(compiled, max(total, compiled) if total else 0, "packages compiled")
        return Far(fetched, unit="modules fetched") if fetched else None

    return meter


def debian_packages(*, installed: bool = True) -> Meter:
    """How many of their steps the packages have taken: each is fetched, unpacked and set up.

    Args:
        installed: false where they are fetched only.
    """
    steps = (r"^Get:\d+ \S+ \S+ \S+ \S+ \S+ \S+ ", r"^Unpacking ", r"^Setting up ")[: 3 if installed else 1]

    def meter(text: str) -> Far | None:
        total = sum(map(int, re.findall(r"^\d+ upgraded, (\d+) newly installed", text, re.MULTILINE)))
        done = sum(len(re.findall(step, text, re.MULTILINE)) for step in steps)
        of = total * len(steps)
        return Far(min(done, of), of, f"steps of {total} packages") if total else None

    return meter


def docker_steps(text: str) -> Far | None:
    """At which step `docker build` is."""
    found = re.findall(r"^Step (\d+)/(\d+) ", text, re.MULTILINE)
    return Far(int(found[-1][0]), int(found[-1][1]), "steps") if found else None


def docker_layers(text: str) -> Far | None:
    """How many layers `docker pull` has."""
    total = len(re.findall(r": Pulling fs layer$", text, re.MULTILINE))
    done = len(re.findall(r": Pull complete$", text, re.MULTILINE))
    return Far(done, total, "layers") if total else None


def kind_steps(text: str) -> Far | None:
    """How many of its steps `kind create cluster` has ticked off."""
    return Far(text.count("✓"), KIND_STEPS, "steps")


def python_packages(total: int) -> Meter:
    """How many of a lock file's packages pip has fetched."""
    return lambda text: Far(len(re.findall(r"^Collecting ", text, re.MULTILINE)), total, "packages fetched")


def grown(folder: Path, total_bytes: float = 0.0) -> Meter:
    """How many bytes lie in a folder, whatever the program prints."""

    def meter(text: str) -> Far | None:
        told = re.findall(r"^ *Downloading .*\(([\d.]+) MB\)", text, re.MULTILINE)
        of = float(told[-1]) if told else total_bytes / _MEGABYTE
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        return Far(size / _MEGABYTE, of, "MB")

    return meter
