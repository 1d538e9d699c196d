"""Nothing that is shipped for everybody's system carries a name of the sample system."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SHIPPED = [
    path
    for folder in ("src/seatrial", "suites", "experiments", "loadtests")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in (".py", ".yaml", ".json", ".css", ".html", ".js") and "fixtures" not in path.parts
]
SAMPLE = yaml.safe_load((ROOT / "fixtures" / "systems" / "sample.yaml").read_text(encoding="utf-8"))
GENERAL = {"database", "catalogue", "quote", "browse", "transfer", "postgres", "gateway", "prometheus"}
"""Words that a name of the sample shares with the rest of the world, such as `declared/catalogue.py`."""


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def names() -> set[str]:
    workloads = SAMPLE["workloads"]
    found = {SAMPLE["metadata"]["name"], *workloads, *(each["name"] for each in workloads.values())}
    found |= {*SAMPLE["journeys"], *(invariant["name"] for invariant in SAMPLE["invariants"])}
    return found - GENERAL


def test_the_names_are_known_and_so_are_the_files():
    assert {"chandlery", "orders", "place-order", "list-orders"} <= names()
    assert len(SHIPPED) > 200


@pytest.mark.parametrize("name", sorted(names()))
def test_a_name_of_the_sample_stands_nowhere(name):
    pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    found = [
        str(path.relative_to(ROOT))
        for path in SHIPPED
        if name in text_of(path) and pattern.search(text_of(path))
    ]
    assert found == []
