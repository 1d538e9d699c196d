"""`seatrial checks`: what is proven and what is declared, apart."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from seatrial.commands.checks import checks_text
from seatrial.declared.catalogue import every_rule
from seatrial.model.check import CHECKS

PAGE = Path(__file__).parents[3] / "docs" / "checks.md"
_ENTRY = re.compile(r"^([a-z]+\.[a-z0-9-]+)  \(", re.MULTILINE)
_MODULE = """
from seatrial.judge.disruption import by_disruption
from seatrial.model.check import CORE, check

@check("data.{name}", level=CORE, scenario="delete-pod", requirement="It MUST be.", remediation="Add it.")
def test_something(observation):
    return by_disruption(observation)
"""


def test_proven_and_declared_are_listed_apart() -> None:
    proven, _, declared = checks_text(as_json=False).partition("\ndeclared, from manifests (")
    assert proven.startswith("proven, against the live system (")
    assert _ENTRY.findall(proven) == [item.id for item in CHECKS.all().values()]
    assert _ENTRY.findall(declared) == [rule.id for rule in every_rule()]


def test_a_proven_check_names_what_it_shows() -> None:
    shown = {item.id: item.shows for item in CHECKS.all().values()}
    names = ", ".join(shown["orchestration.pod-replacement"])
    assert f" shows the effect of {names} " in " ".join(checks_text(as_json=False).split())


def test_the_listing_fits_a_terminal() -> None:
    assert max(map(len, checks_text(as_json=False).splitlines())) <= 100


def test_each_json_row_says_its_mode() -> None:
    rows = json.loads(checks_text(as_json=True))
    modes = {row["id"]: row["mode"] for row in rows}
    assert len(modes) == len(rows)
    assert {name for name, mode in modes.items() if mode == "proven"} == {
        item.id for item in CHECKS.all().values()
    }
    assert {name for name, mode in modes.items() if mode == "declared"} == {rule.id for rule in every_rule()}


def test_the_written_page_lists_the_same_checks() -> None:
    page = PAGE.read_text("utf-8")
    written = set(re.findall(r"^(?:\| |\*\*)`([a-z]+\.[a-z0-9-]+)`", page, re.MULTILINE))
    assert written == {row["id"] for row in json.loads(checks_text(as_json=True))}


def test_the_listing_imports_nothing_that_talks_to_a_cluster() -> None:
    program = (
        "import sys; from seatrial.commands.checks import checks_text; checks_text(as_json=False); "
        "print([name for name in ('kubernetes', 'httpx', 'locust', 'chaoslib') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def listed(folder: Path) -> subprocess.CompletedProcess[str]:
    """`seatrial checks` as a person with this folder of extensions sees it."""
    return subprocess.run(
        [sys.executable, "-m", "seatrial", "checks"], capture_output=True, text=True, check=False,
        env={"SEATRIAL_EXTENSIONS": str(folder), "PATH": ""},
    )  # fmt: skip


def test_a_check_of_an_extension_is_listed(tmp_path: Path) -> None:
    (tmp_path / "test_added.py").write_text(_MODULE.format(name="something-of-mine"))
    told = listed(tmp_path)
    assert told.returncode == 0, told.stderr
    (entry,) = re.findall(r"^data.something-of-mine .*\n(?: .*\n)*", told.stdout, re.MULTILINE)
    assert entry.startswith("data.something-of-mine  (core, disruptive)\n")
    assert "needs replicated" in entry


def test_two_checks_of_one_name_are_refused(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"test_{number}.py").write_text(_MODULE.format(name="twice"))
    told = listed(tmp_path)
    assert told.returncode == 2
    assert "two checks are called data.twice" in told.stderr
    assert "Traceback" not in told.stderr
