"""Every rule finds what its failing examples show, and is silent on its passing ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from declared_examples import DATA, judge_file, rule_named

from seatrial.declared.catalogue import every_rule
from seatrial.declared.rule import Severity

EXAMPLES = sorted(DATA.glob("*/*.yaml"))


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.name.startswith("fail-")], ids=_name)
def test_failing_example_is_found(path: Path) -> None:
    report = judge_file(path)
    assert not report.faults
    rule_id = path.parent.name
    found = [finding for finding in report.open_findings if finding.rule.id == rule_id]
    assert found, f"{rule_id} is silent"
    for finding in found:
        assert finding.seen
        assert finding.seen == finding.seen.strip()


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.name.startswith("pass-")], ids=_name)
def test_passing_example_is_clean_and_was_judged(path: Path) -> None:
    report = judge_file(path)
    assert not report.faults
    rule_id = path.parent.name
    found = [finding for finding in report.findings if finding.rule.id == rule_id]
    assert not found, f"{rule_id} says: {found[0].seen}"
    applied = report.applied[rule_id] or rule_named(rule_id).on == "waiver"
    assert applied, f"{rule_id} was not applied to anything, so it passed nothing"


def test_every_rule_has_a_passing_and_a_failing_example() -> None:
    kinds = {(path.parent.name, path.name.partition("-")[0]) for path in EXAMPLES}
    wanted = {(rule.id, kind) for rule in every_rule() for kind in ("pass", "fail")}
    assert not wanted - kinds


def test_every_example_belongs_to_a_rule() -> None:
    assert {path.parent.name for path in EXAMPLES} <= {rule.id for rule in every_rule()}


def test_metadata_is_complete_and_in_sentences() -> None:
    for rule in every_rule():
        for sentence in (rule.requirement, rule.why, rule.remediation):
            assert sentence.endswith("."), f"{rule.id}: {sentence}"
            assert "  " not in sentence, f"{rule.id}: {sentence}"
        assert ("MUST" in rule.requirement) == (rule.severity is Severity.ERROR), rule.id
        assert any(word in rule.requirement for word in ("MUST", "SHOULD", "MAY")), rule.id
        assert rule.source.startswith("https://")
