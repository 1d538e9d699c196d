"""The catalogue: fresh on paper, consistent between what is declared and what is proven."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seatrial.commands.checks import checks_text
from seatrial.commands.checks_page import checks_markdown
from seatrial.declared import rule as rule_module
from seatrial.declared.catalogue import catalogue, choose, every_rule
from seatrial.declared.rule import RULES, Level
from seatrial.errors import BadInput
from seatrial.model.check import CHECKS, FAMILIES

ROOT = Path(__file__).parents[3]


def test_the_page_of_checks_is_fresh() -> None:
    written = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert written == checks_markdown(), "run: seatrial checks --markdown > docs/checks.md"


def test_proven_checks_name_declared_rules_that_exist() -> None:
    every_rule()
    unknown = {(item.id, name) for item in CHECKS.all().values() for name in item.shows if name not in RULES}
    assert not unknown


def test_proven_and_declared_ids_differ() -> None:
    assert not {item.id for item in CHECKS.all().values()} & {rule.id for rule in every_rule()}


def test_both_catalogues_know_the_same_families_but_what_no_manifest_shows() -> None:
    assert tuple(family for family in FAMILIES if family != "dependencies") == rule_module.FAMILIES
    assert {rule.family for rule in every_rule()} == set(rule_module.FAMILIES)


def test_every_family_of_rules_has_its_suite() -> None:
    for family in rule_module.FAMILIES:
        assert f'declared("{family}")' in (ROOT / "suites" / family / "test_declared.py").read_text("utf-8")


def test_json_has_every_check_with_its_mode() -> None:
    rows = json.loads(checks_text(as_json=True))
    assert {row["mode"] for row in rows} == {"proven", "declared"}
    assert len(rows) == len(CHECKS.all().values()) + len(catalogue())
    assert all(row["requirement"] and row["remediation"] for row in rows)


def test_optional_rules_are_chosen_by_id_by_level_or_by_all_only() -> None:
    assert not any(rule.level is Level.OPTIONAL for rule in choose())
    assert not any(rule.level is Level.OPTIONAL for rule in choose(["cost"]))
    assert {rule.id for rule in choose(["cost.cpu-limit"])} == {"cost.cpu-limit"}
    assert all(rule.level is Level.OPTIONAL for rule in choose(["optional"]))
    assert len(choose(["all"])) == len(every_rule())
    assert len(choose(["all"], ["security"])) == sum(rule.family != "security" for rule in every_rule())


def test_a_selection_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="leaves no rule"):
        choose(["cost"], ["cost"])
