"""What the helper image has of Seatrial: all that the agent imports, and the versions that are tested."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from seatrial.cluster.build.recipes import AGENT_FILES, agent_code
from seatrial.cluster.paths import fixtures_root

ROOT = Path(__file__).resolve().parents[3]
LOCK = fixtures_root() / "cluster" / "images" / "helper" / "requirements.lock"


def pins(lock: Path) -> dict[str, set[str]]:
    """Each package with its version and hashes."""
    parts = re.split(r"^(?=[a-z0-9-]+==)", lock.read_text(), flags=re.MULTILINE)[1:]
    return {part.partition("==")[0]: {*re.findall(r"==\S+|sha256:\w+", part)} for part in parts}


def test_its_packages_are_those_that_everything_else_is_tested_with() -> None:
    """Of the hashes only those for the image's Python are kept: the rest would be a tenth of the wheel."""
    ours, all_pins = pins(LOCK), pins(ROOT / "requirements.lock")
    assert ours
    assert {name: pin for name, pin in ours.items() if not pin <= all_pins.get(name, set())} == {}
    assert all(len(pin) >= 2 for pin in ours.values())


def imported(folder: Path, module: str) -> subprocess.CompletedProcess[str]:
    """Import a module with nothing of Seatrial but the files below `folder`."""
    site = sysconfig.get_path("purelib")
    program = (
        f"import sys; sys.path[:0] = [{str(folder)!r}, {site!r}]; import {module}, seatrial; "
        "from seatrial.traffic.protocols import PROTOCOLS; PROTOCOLS.all(); "
        "print(seatrial.__file__); "
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    command = [sys.executable, "-S", "-I", "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=False)


PROGRAMS = ["traffic.agent", "traffic.__main__", "load.pod_master", "load.pod_worker"]


@pytest.mark.parametrize("module", [f"seatrial.{name}" for name in PROGRAMS])
def test_all_that_runs_in_a_pod_runs_from_these_files_alone(module: str, tmp_path: Path) -> None:
    agent_code(tmp_path)
    ran = imported(tmp_path, module)
    assert ran.returncode == 0, ran.stderr
    place, packages = ran.stdout.splitlines()
    assert place == str(tmp_path / "seatrial" / "__init__.py")
    known = {
        "hdrhistogram": {"hdrh", "pyhdrh"}, "pyzmq": {"zmq"}, "brotli": {"brotli", "_brotli"},
        "zope-event": {"zope"}, "charset-normalizer": {"charset_normalizer"},
        "flask-login": {"flask_login"}, "flask-cors": {"flask_cors"},
        "geventhttpclient": {"geventhttpclient", "typing_extensions"},  # that only before Python 3.13
    }  # fmt: skip
    brought = {"seatrial", "__main__"}.union(*(known.get(name, {name}) for name in pins(LOCK)))
    assert {name for name in packages.split() if not name.startswith(("_cython", "cython"))} <= brought


def test_a_file_that_lacks_is_noticed(tmp_path: Path) -> None:
    agent_code(tmp_path)
    (tmp_path / "seatrial" / "traffic" / "wire.py").unlink()
    assert "seatrial.traffic.wire" in imported(tmp_path, "seatrial.traffic.agent").stderr


def test_no_file_is_copied_twice_or_missing() -> None:
    assert len(set(AGENT_FILES)) == len(AGENT_FILES)
    assert all(file.is_file() for file in AGENT_FILES)
