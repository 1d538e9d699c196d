"""What the pages say once, and what they name."""

import re
from pathlib import Path

import pytest
import yaml

from seatrial.commands.path import shipped

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
CODES = re.compile(r"^\|[^|]*\bcode\b", re.MULTILINE)


def test_the_exit_codes_stand_in_one_table():
    found = {page.name: len(CODES.findall(page.read_text("utf-8"))) for page in PAGES}
    assert {name: number for name, number in found.items() if number} == {"ci.md": 1}


def test_the_pages_that_speak_of_exit_codes_lead_to_the_table():
    speaking = [page for page in PAGES if "exit code" in page.read_text("utf-8")]
    others = [page for page in speaking if page.name not in ("CHANGELOG.md", "map.md", "ci.md")]
    assert {page.name for page in others} >= {"README.md", "reading-a-report.md", "checks.md"}
    assert all("docs/ci.md" in page.read_text("utf-8") for page in others)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_shipped_file_that_is_named_is_shipped(page):
    named = re.findall(r"seatrial path ([\w./-]+)\)", page.read_text("utf-8"))
    assert set(named) <= set(shipped())


def test_the_yaml_of_the_ci_page_can_be_read():
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 5
    assert all(isinstance(yaml.safe_load(block), dict) for block in blocks)
