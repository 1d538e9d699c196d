"""What sdist and wheel hold, and what they say of themselves."""

from __future__ import annotations

import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

import seatrial

ROOT = Path(__file__).parents[3]
DATA = {
    "seatrial/declared/server": {".txt"},
    "seatrial/experiments": {".yaml"},
    "seatrial/fixtures/cluster": {".yaml"},
    "seatrial/fixtures/cluster/addons": {".yaml"},
    "seatrial/fixtures/cluster/images/helper": {"", ".go", ".lock", ".mod"},
    "seatrial/fixtures/cluster/images/metrics-server": {""},
    "seatrial/fixtures/cluster/node-image": {"", ".sh"},
    "seatrial/fixtures/cluster/node-image/etcd": {".go", ".mod", ".sum"},
    "seatrial/fixtures/cluster/node-image/kubernetes": {".go", ".mod", ".sum"},
    "seatrial/fixtures/cluster/node-image/manifests": {".yaml"},
    "seatrial/fixtures/cluster/node-image/pause": {".go", ".mod"},
    "seatrial/docs": {".md"},
    "seatrial/model": {".json"},
    "seatrial/report": {".json"},
    "seatrial/report/templates": {".j2", ".css", ".svg"},
}
"""All that is not Python; the node image is what a kind cluster needs where no image registry answers."""


@pytest.fixture(scope="module")
def held(wheel: Path) -> dict[str, bytes]:
    """The wheel's files, without those that describe it."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        return {name: archive.read(name) for name in names}


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def test_the_wheel_stays_small(wheel: Path) -> None:
    """Nine tenths are source; what each check, rule and fault adds is about 2 kB."""
    assert wheel.name == f"seatrial-{seatrial.__version__}-py3-none-any.whl"
    assert wheel.stat().st_size < 1_600_000


def test_the_wheel_holds_every_module_of_the_checkout_and_no_other(held: dict[str, bytes]) -> None:
    modules = {name for name in held if name.endswith(".py")}
    folders = [ROOT / "src" / "seatrial", *(ROOT / name for name in ("suites", "experiments", "loadtests"))]
    expected = {"seatrial/fixtures/__init__.py"}
    for folder in folders:
        prefix = "seatrial" if folder.name == "seatrial" else f"seatrial/{folder.name}"
        expected |= {f"{prefix}/{file.relative_to(folder).as_posix()}" for file in folder.rglob("*.py")}
    assert modules == expected


def test_beside_modules_the_wheel_holds_only_what_is_used(held: dict[str, bytes]) -> None:
    found: dict[str, set[str]] = {}
    for name in held:
        if not name.endswith(".py"):
            found.setdefault(Path(name).parent.as_posix(), set()).add(Path(name).suffix)
    assert found == DATA
    assert held.keys().isdisjoint({"seatrial/docs/map.md", "seatrial/docs/checks.md"})


def test_every_experiment_and_page_is_the_checkouts(held: dict[str, bytes]) -> None:
    for folder, pattern in (
        ("experiments", "*.yaml"),
        ("loadtests", "*.py"),
        ("docs", "[!cm]*.md"),
        ("docs", "ci.md"),
    ):
        files = list((ROOT / folder).glob(pattern))
        assert files
        for file in files:
            assert held[f"seatrial/{folder}/{file.name}"] == file.read_bytes()


def test_the_licence_is_in_both_and_named(wheel: Path, sdist: Path, metadata: Message) -> None:
    """PEP 639: an SPDX expression, and the files that hold the text."""
    assert (metadata["License-Expression"], metadata.get_all("License-File")) == ("Apache-2.0", ["LICENSE"])
    assert tuple(map(int, metadata["Metadata-Version"].split("."))) >= (2, 4)
    licence = (ROOT / "LICENSE").read_bytes()
    base = wheel.name.removesuffix("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read(f"{base}.dist-info/licenses/LICENSE") == licence
    with tarfile.open(sdist) as archive:
        written = archive.extractfile(f"{base}/LICENSE")
        assert written is not None
        assert written.read() == licence


def test_the_sdist_holds_the_changelog_and_its_first_versions(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        written = archive.extractfile(f"{sdist.name.removesuffix('.tar.gz')}/CHANGELOG.md")
        assert written is not None
        text = written.read().decode()
    assert text.startswith("# Changelog\n")
    assert f"\n## {seatrial.__version__}" in text
    assert "\n## Unreleased" in text


def test_the_version_is_said_once(metadata: Message) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["Version"] == project["version"] == seatrial.__version__


def test_the_pythons_are_named(metadata: Message) -> None:
    named = [item for item in metadata.get_all("Classifier", []) if item.startswith("Programming Language")]
    versions = ["3 :: Only", "3.11", "3.12", "3.13", "3.14"]
    assert named == [f"Programming Language :: Python :: {version}" for version in versions]
    assert metadata["Requires-Python"] == ">=3.11"
