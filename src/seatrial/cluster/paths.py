"""Where things are: the cache of this machine, the project's own state, the files shipped with Seatrial."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial.errors import SeatrialError


def cache_root() -> Path:
    """The folder for everything costly: `$SEATRIAL_CACHE`, else `~/.cache/seatrial`. Created when missing."""
    chosen = os.environ.get("SEATRIAL_CACHE")
    root = Path(chosen) if chosen else Path.home() / ".cache" / "seatrial"
    root.mkdir(parents=True, exist_ok=True)
    return root


def cache_folder(*parts: str) -> Path:
    """A folder inside the cache, created when missing."""
    folder = cache_root().joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def half_made(folder: Path, name: str) -> Iterator[Path]:
    """A working folder beside what is being made; gone afterwards, also what a killed run left of it.

    The caller holds a lock that keeps others from making the same thing.
    """
    place = folder / f".half-{name}"
    _remove(place)
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        _remove(place)


def _remove(place: Path) -> None:
    """Remove a folder, unless a file system is mounted below it: its content is somebody else's."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    if any(mount.startswith(f"{place}/") for mount in mounts):
        raise SeatrialError(
            "A file system is mounted in a folder that has to be removed.",
            where=str(place),
            next_step=f"Run `umount --recursive` on what `findmnt | grep {place.name}` shows.",
        )
    shutil.rmtree(place, ignore_errors=True)


def project_root() -> Path:
    """The checkout this code runs from; the working directory when it was installed from a wheel."""
    checkout = Path(__file__).resolve().parents[3]
    return checkout if (checkout / "fixtures" / "cluster").is_dir() else Path.cwd()


def fixtures_root() -> Path:
    """The folder `fixtures/`, in the checkout or in the installed package.

    Raises:
        SeatrialError: when neither has it.
    """
    checkout = Path(__file__).resolve().parents[3] / "fixtures"
    if (checkout / "cluster").is_dir():
        return checkout
    spec = importlib.util.find_spec("seatrial.fixtures")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / "cluster").is_dir():
            return Path(place)
    raise SeatrialError(
        "The files that describe the cluster are missing from this installation.",
        where="fixtures/cluster",
        next_step="Run from a checkout, or install the wheel again.",
    )


def default_kubeconfig() -> Path:
    """Our own kubeconfig; never the user's."""
    chosen = os.environ.get("SEATRIAL_KUBECONFIG")
    return Path(chosen) if chosen else project_root() / ".seatrial" / "kubeconfig"
