"""Go programs from pinned modules: built once, kept by content key."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.cluster.keys import content_key
from seatrial.cluster.lock import exclusive
from seatrial.cluster.paths import cache_folder, cache_root, half_made
from seatrial.cluster.meters import go_packages
from seatrial.cluster.progress import current_stage
from seatrial.cluster.shell import run, run_logged
from seatrial.errors import SeatrialError

_BUILD_BOUND_SECONDS = (
    2400.0  # Kubernetes takes 5 min on two idle cores; several times that on a busy machine
)
_LOCK = "go-build"  # each build uses every core already


@dataclass(frozen=True)
class GoProgram:
    """One program: either `package`@`version` by `go install`, or the module in `source` by `go build`.

    A source folder is for modules that `go install` refuses (replace directives) or that need an own main.
    `about_seconds` is what a first build takes on two cores; it changes nothing that is built.
    """

    name: str
    package: str = ""
    version: str = ""
    source: Path | None = None
    tags: tuple[str, ...] = ()
    linker_values: tuple[str, ...] = field(default=())
    about_seconds: float = 40.0

    def key(self) -> str:
        """The content key of the binary."""
        pins = ("go", self.name, self.package, self.version, *self.tags, *self.linker_values)
        return content_key(pins, (self.source,) if self.source else ())

    def path(self) -> Path:
        """Where the binary is, or will be."""
        return cache_folder("bin") / self.key() / self.name


def build(program: GoProgram) -> Path:
    """The binary of `program`, built when it is not in the cache; one build at a time on this machine.

    Raises:
        SeatrialError: Go is missing, a module cannot be had, or the compiler fails.
    """
    target = program.path()
    if target.exists():
        return target
    say = current_stage().note
    with exclusive(_LOCK, within_seconds=_BUILD_BOUND_SECONDS, purpose=f"building {program.name}", say=say):
        if not target.exists():
            _build(program, target)
    return target


def _build(program: GoProgram, target: Path) -> None:
    if shutil.which("go") is None:
        raise SeatrialError(
            f"{program.name} has to be built, and Go is not installed.",
            next_step="Install Go 1.26 or newer, or let this machine reach an image registry.",
        )
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    with half_made(target.parent.parent, program.name) as made:
        flags = [
            "-v",  # names each package, for the log and for those who wait
            "-trimpath",
            "-ldflags",
            " ".join(["-s", "-w", *(f"-X {value}" for value in program.linker_values)]),
        ]
        if program.tags:
            flags += ["-tags", ",".join(program.tags)]
        environment = {
            "CGO_ENABLED": "0",
            "GOCACHE": str(cache_folder("go-build")),
            "GOBIN": str(made),
            "GOFLAGS": "-buildvcs=false",
        }
        if program.source:
            command = ["go", "build", *flags, "-o", f"{made}/{program.name}", "."]
        else:
            command = ["go", "install", *flags, f"{program.package}@{program.version}"]
        run_logged(
            command,
            doing=f"building {program.name}",
            within_seconds=_BUILD_BOUND_SECONDS,
            meter=go_packages(_packages(program)),
            about_seconds=program.about_seconds,
            cwd=program.source,
            environment=environment,
            next_step="A Go module proxy must be reachable (`go env GOPROXY`).",
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        built = made / program.name
        if not built.exists():  # `go install` names the binary after the last path element
            built = next(made.iterdir())
        built.replace(target)


def _packages(program: GoProgram) -> int:
    """How many packages the program is made of, where its source says it; 0 where nobody knows."""
    if program.source is None:
        return 0
    try:
        listed = run(
            ["go", "list", "-deps", "."], doing="counting packages", within_seconds=300, cwd=program.source
        )
    except SeatrialError:
        return 0  # the build itself will say what is wrong
    return len(listed.splitlines())


def drop_build_cache() -> None:
    """Remove Go's intermediate files: Kubernetes alone leaves 3.5 GB, and the binaries are what counts."""
    if (cache_root() / "go-build").is_dir():
        with exclusive(_LOCK, within_seconds=_BUILD_BOUND_SECONDS, purpose="tidying up"):
            shutil.rmtree(cache_root() / "go-build", ignore_errors=True)
