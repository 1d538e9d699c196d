"""`seatrial checks`: what is proven and what is declared, apart, and without paying for pytest."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import seatrial.suites
from seatrial.catalogue import proven_checks
from seatrial.commands.checks import checks_text
from seatrial.declared.catalogue import every_rule

PAGE = Path(__file__).parents[3] / "docs" / "checks.md"
_ENTRY = re.compile(r"^([a-z]+\.[a-z0-9-]+)  \(", re.MULTILINE)
_MODULE = """
from seatrial.catalogue import CORE, check
from seatrial.model.verdict import Mode

@check("data.{name}", level=CORE, requirement="It MUST.", remediation="Mend it.", mode=Mode.{mode})
def test_something(): ...
"""


def test_proven_and_declared_are_listed_apart() -> None:
    proven, _, declared = checks_text(as_json=False).partition("\ndeclared, from manifests (")
    assert proven.startswith("proven, against the live system (")
    assert _ENTRY.findall(proven) == [item.id for item in proven_checks()]
    assert _ENTRY.findall(declared) == [rule.id for rule in every_rule()]


def test_a_proven_check_names_what_it_shows() -> None:
    shown = {item.id: item.shows for item in proven_checks()}
    names = ", ".join(shown["orchestration.pod-replacement"])
    assert f" shows the effect of {names} " in " ".join(checks_text(as_json=False).split())


def test_the_listing_fits_a_terminal() -> None:
    assert max(map(len, checks_text(as_json=False).splitlines())) <= 100


def test_each_json_row_says_its_mode() -> None:
    rows = json.loads(checks_text(as_json=True))
    modes = {row["id"]: row["mode"] for row in rows}
    assert len(modes) == len(rows)
    assert {name for name, mode in modes.items() if mode == "proven"} == {item.id for item in proven_checks()}
    assert {name for name, mode in modes.items() if mode == "declared"} == {rule.id for rule in every_rule()}


def test_the_written_page_lists_the_same_checks() -> None:
    page = PAGE.read_text("utf-8")
    written = set(re.findall(r"^(?:\| |\*\*)`([a-z]+\.[a-z0-9-]+)`", page, re.MULTILINE))
    assert written == {row["id"] for row in json.loads(checks_text(as_json=True))}


def test_the_listing_imports_neither_pytest_nor_the_system_model() -> None:
    program = (
        "import sys; from seatrial.commands.checks import checks_text; checks_text(as_json=False); "
        "print([name for name in ('pytest', 'pydantic', 'kubernetes', 'httpx') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.fixture
def suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of suites in the place of the real one."""
    family = tmp_path / "invented"
    family.mkdir()
    (family / "__init__.py").touch()
    monkeypatch.setattr(seatrial.suites, "__path__", [str(tmp_path)])
    monkeypatch.delattr(seatrial.suites, "invented", raising=False)
    yield family
    for name in [name for name in sys.modules if name.startswith("seatrial.suites.invented")]:
        del sys.modules[name]


def test_declared_items_of_the_suites_are_no_proven_checks(suites: Path) -> None:
    (suites / "test_declared.py").write_text(
        "raise AssertionError('needs pytest, and holds no proven check')"
    )
    (suites / "test_both.py").write_text(
        _MODULE.format(name="told", mode="DECLARED").replace("test_something", "test_other")
        + _MODULE.format(name="tried", mode="PROVEN")
    )
    assert [item.id for item in proven_checks()] == ["data.tried"]


def test_two_checks_of_one_name_are_refused(suites: Path) -> None:
    for number in (1, 2):
        (suites / f"test_{number}.py").write_text(_MODULE.format(name="twice", mode="PROVEN"))
    with pytest.raises(ValueError, match=r"two checks are called data\.twice"):
        proven_checks()
