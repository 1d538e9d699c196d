"""Root file systems from Debian packages, by mmdebstrap, and what this machine's apt knows about mirrors."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from seatrial.cluster.keys import content_key
from seatrial.cluster.paths import cache_folder, half_made
from seatrial.cluster.meters import debian_packages
from seatrial.cluster.shell import run, run_logged
from seatrial.errors import SeatrialError

_BOUND_SECONDS = 900.0
_LEFT_OUT = (
    "/usr/share/man/*",
    "/usr/share/doc/*",
    "/usr/share/locale/*",
    "/usr/share/info/*",
    "/usr/share/lintian/*",
)


@dataclass(frozen=True)
class AptSource:
    """One source of this machine's apt: where packages come from, and the key that signs them."""

    address: str
    suites: tuple[str, ...]
    signed_by: str


def apt_sources(folder: Path = Path("/etc/apt")) -> list[AptSource]:
    """The `main` sources of this machine, in both file formats, in order.

    Raises:
        Nothing: a machine without apt has an empty list.
    """
    found: list[AptSource] = []
    parts = folder / "sources.list.d"
    for file in sorted(parts.glob("*.sources")) if parts.is_dir() else []:
        found += [
            source for block in re.split(r"\n\s*\n", file.read_text()) if (source := _from_block(block))
        ]
    lists = [folder / "sources.list", *(sorted(parts.glob("*.list")) if parts.is_dir() else [])]
    for file in lists:
        lines = file.read_text().splitlines() if file.is_file() else []
        found += [source for line in lines if (source := _from_line(line))]
    return found


def _from_block(block: str) -> AptSource | None:
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in block.splitlines() if not line.startswith("#"))
    }
    if "deb" not in fields.get("types", "").split() or "main" not in fields.get("components", "").split():
        return None
    if fields.get("enabled", "yes") == "no" or not fields.get("uris"):
        return None
    return AptSource(
        fields["uris"].split()[0], tuple(fields.get("suites", "").split()), fields.get("signed-by", "")
    )


def _from_line(line: str) -> AptSource | None:
    matched = re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)", line.strip())
    if not matched or "main" not in matched[4].split():
        return None
    signed = re.search(r"signed-by=(\S+)", matched[1] or "")
    return AptSource(matched[2], (matched[3],), signed[1] if signed else "")


def debian_source() -> AptSource:
    """The source this machine takes Debian itself from (neither security nor another vendor's).

    Raises:
        SeatrialError: this is no Debian, or its sources are not where apt keeps them.
    """
    for source in apt_sources():
        if any(re.fullmatch(r"(bookworm|trixie|forky|sid|stable|testing)", suite) for suite in source.suites):
            return source
    raise SeatrialError(
        "Images have to be built from Debian packages, and this machine has no Debian source.",
        where="/etc/apt/sources.list, /etc/apt/sources.list.d",
        next_step="Run on Debian, or let this machine reach an image registry.",
    )


@dataclass(frozen=True)
class DebianRoot:
    """A root file system.

    Args:
        suite: Debian's name for the release.
        packages: what it holds beside the minimum.
        without: shell patterns below the root, removed when everything is installed.
        only: true for the files of these packages and of what they depend on, and nothing else; no package's
            own script runs then, so links and users that a script would make are missing.
    """

    suite: str
    packages: tuple[str, ...]
    without: tuple[str, ...] = ()
    only: bool = False

    def key(self) -> str:
        """The content key of the archive; Debian's point releases do not change it."""
        kind = "files" if self.only else "debian"
        return content_key((kind, self.suite, *self.packages, "without", *self.without))

    def path(self) -> Path:
        """Where the archive is, or will be."""
        return cache_folder("roots") / f"{self.suite}-{self.key()}.tar"


def make_root(root: DebianRoot) -> Path:
    """The tar archive of `root`, made when it is not in the cache.

    Raises:
        SeatrialError: mmdebstrap is missing or fails.
    """
    target = root.path()
    if target.exists():
        return target
    _ensure_mmdebstrap()
    with half_made(target.parent, root.key()) as made:
        half = made / "root.tar"
        run_logged(
            [
                "mmdebstrap",
                "--verbose",  # says what apt and dpkg say, for the log and for those who wait
                "--variant=extract" if root.only else "--variant=minbase",
                "--mode=root",
                "--aptopt=Acquire::Languages=none",
                *(f"--dpkgopt=path-exclude={path}" for path in _LEFT_OUT),
                "--dpkgopt=path-include=/usr/share/locale/locale.alias",
                *(f'--customize-hook=rm -rf "$1"{path}' for path in root.without),
                f"--include={','.join(root.packages)}",
                root.suite,
                half,
                debian_source().address,
            ],
            doing=f"making the Debian {root.suite} root {root.key()}",
            within_seconds=_BOUND_SECONDS,
            meter=debian_packages(installed=not root.only),
            about_seconds=60,
            environment={"TMPDIR": str(made)},
            next_step="Debian's package archive must be reachable (`apt-get update`).",
        )
        half.replace(target)
    return target


def _ensure_mmdebstrap() -> None:
    if shutil.which("mmdebstrap") is None:
        apt_install("mmdebstrap")


def apt_install(*packages: str) -> None:
    """Install Debian packages on this machine.

    Raises:
        SeatrialError: not root, or apt fails.
    """
    if os.geteuid() != 0:
        raise SeatrialError(
            f"These packages are needed, and only root can install them: {', '.join(packages)}.",
            next_step=f"sudo apt-get install {' '.join(packages)}",
        )
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    # An installation that was killed half-way keeps apt from doing anything else.
    run(["dpkg", "--configure", "-a"], doing="tidying dpkg", within_seconds=300, environment=environment)
    run(["apt-get", "update"], doing="asking apt for news", within_seconds=180, environment=environment)
    run_logged(
        ["apt-get", "install", "-y", "--no-install-recommends", *packages],
        doing=f"installing {', '.join(packages)}",
        within_seconds=600,
        meter=debian_packages(),
        about_seconds=60,
        environment=environment,
        next_step="Try the command by hand and see what apt says.",
    )
