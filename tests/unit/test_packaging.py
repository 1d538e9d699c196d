"""Every package of the tree is in the wheel, and nothing else is named."""

import tomllib
from pathlib import Path

from setuptools import find_namespace_packages

ROOT = Path(__file__).parents[2]


def test_every_package_is_packaged():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (where,) = project["tool"]["setuptools"]["packages"]["find"]["where"]
    packaged = set(find_namespace_packages(str(ROOT / where)))
    found = {
        ".".join(["seatrial", *file.parent.relative_to(ROOT / "src" / "seatrial").parts])
        for file in (ROOT / "src" / "seatrial").rglob("__init__.py")
    }
    for name in ("suites", "experiments", "loadtests", "fixtures"):
        found |= {
            ".".join(["seatrial", *file.parent.relative_to(ROOT).parts])
            for file in (ROOT / name).rglob("__init__.py")
        }
    assert found <= packaged
    assert {name for name in packaged if name.split(".")[0] != "seatrial"} <= {"seatrial.egg-info"}
