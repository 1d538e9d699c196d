"""The sdist, the wheel that is built from it, and an environment into which only the wheel is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = ("src", "suites", "experiments", "loadtests", "fixtures", "docs")
FILES = ("pyproject.toml", "MANIFEST.in", "README.md", "CHANGELOG.md", "LICENSE")
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
OURS = ("__editable__", "__pycache__", "seatrial")
Typed = Callable[..., "subprocess.CompletedProcess[str]"]


def _built(kind: str, tree: Path, into: Path) -> Path:
    command = [sys.executable, "-c", BUILD, f"build_{kind}", str(into)]
    told = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return into / told.stdout.splitlines()[-1]


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what is committed: `build` and `egg-info` of the checkout would leak into it."""
    tree = tmp_path_factory.mktemp("tree") / "seatrial"
    leftovers = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in SOURCES:
        shutil.copytree(ROOT / folder, tree / folder, symlinks=True, ignore=leftovers)
    for file in FILES:
        shutil.copy2(ROOT / file, tree / file)
    return _built("sdist", tree, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist alone, as an installer does where there is no wheel."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (tree,) = unpacked.iterdir()
    return _built("wheel", tree, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment: Seatrial from the wheel, its dependencies from this environment."""
    place = tmp_path_factory.mktemp("environment")
    dependencies = place / "dependencies"
    dependencies.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(OURS) and entry.suffix != ".pth":
            (dependencies / entry.name).symlink_to(entry)
    venv.create(place / "venv", with_pip=False, symlinks=True)
    python = place / "venv" / "bin" / "python"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    (own / "dependencies.pth").write_text(f"{dependencies}\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    installing = [*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    told = subprocess.run(installing, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return python


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder without a checkout."""
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


@pytest.fixture
def runs(python: Path, empty: Path) -> Typed:
    """Run the environment's Python in the empty folder."""
    return _runner([str(python)], python, empty)


@pytest.fixture
def types(python: Path, empty: Path) -> Typed:
    """Type a command in the empty folder; a tool of another package is run as its module."""

    def run(tool: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [str(python.parent / tool)] if tool == "seatrial" else [str(python), "-m", tool]
        return _runner(command, python, empty)(*arguments, **variables)

    return run


def _runner(command: list[str], python: Path, folder: Path) -> Typed:
    """Runs the command with more arguments; `text` is its standard input, other names are variables."""
    places = f"{python.parent}{os.pathsep}{os.defpath}"
    environment = {"PATH": places, "HOME": str(folder), "NO_COLOR": "1", "COLUMNS": "100"}

    def run(*arguments: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *arguments], cwd=folder, env=environment | variables, input=text, capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip

    return run
