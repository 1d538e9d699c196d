"""The table of variants is right only where exactly the named check fails."""

from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.commands.variants import read_variants
from seatrial.commands.variants_table import Row, Variant, table
from seatrial.errors import BadInput
from seatrial.model.verdict import CheckResult, Mode, Outcome, Verdict

VARIANT = Variant("no-drain", Path("no-drain"), ("a.drains",))


def result(check, outcome, subject="orders"):
    verdict = Verdict(outcome, f"it was {outcome}", "nothing else")
    return CheckResult(check, subject, "It MUST.", verdict, "pytest", 0.0, 1.0)


def row(*results):
    return Row(VARIANT, results, Path("run"))


def test_the_named_check_failing_and_no_other_is_right():
    assert row(result("a.drains", Outcome.FAILED), result("b.other", Outcome.PASSED)).faults == []


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.SKIPPED])
def test_anything_but_a_failure_of_the_named_check_is_wrong(outcome):
    assert "must fail here" in row(result("a.drains", outcome)).faults[0]


def test_a_named_check_that_did_not_run_is_wrong():
    assert "not run" in row(result("b.other", Outcome.PASSED)).faults[0]


def test_a_failure_on_one_subject_is_enough():
    results = (result("a.drains", Outcome.FAILED, "orders"), result("a.drains", Outcome.PASSED, "catalogue"))
    assert row(*results).faults == []


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE])
def test_any_other_check_that_does_not_pass_is_wrong(outcome):
    faults = row(result("a.drains", Outcome.FAILED), result("b.other", outcome)).faults
    assert faults == [f"b.other [orders] must pass here: it was {outcome}"]


def test_a_rule_that_sees_the_flaw_in_the_manifests_is_told_and_no_fault():
    declared = replace(result("c.rule", Outcome.FAILED), mode=Mode.DECLARED)
    found = row(result("a.drains", Outcome.FAILED), declared)
    assert found.faults == []
    assert "found in the manifests by c.rule" in table([found])


def test_the_table_shows_each_cell_and_marks_the_one_that_must_be_red():
    text = table([row(result("a.drains", Outcome.FAILED), result("b.other", Outcome.ERROR))])
    lines = text.splitlines()
    assert lines[1].split() == ["a.drains", "failed", "*"]
    assert lines[2].split() == ["b.other", "error"]
    assert any(line.startswith("WRONG  no-drain: b.other") for line in lines)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "no-drain").mkdir()
    (tmp_path / "no-drain" / "kustomization.yaml").write_text("")
    (tmp_path / "expected.yaml").write_text("no-drain: {fails: [a.drains]}\n")
    return tmp_path


def test_variants_are_read_from_the_list(root):
    assert read_variants(root) == [Variant("no-drain", root / "no-drain", ("a.drains",))]


def test_an_unknown_variant_names_the_nearest(root):
    with pytest.raises(BadInput) as caught:
        read_variants(root, ["no-drian"])
    assert caught.value.next_step == "Did you mean no-drain?"


@pytest.mark.parametrize(
    "text", ["a: {fails: []}", "a: {fail: [x]}", "- a", "a: [", "a: {fails: [a.drains]}"],
    ids=["empty", "wrong-key", "no-mapping", "no-yaml", "no-folder"],
)  # fmt: skip
def test_a_wrong_list_is_bad_input(root, text):
    (root / "expected.yaml").write_text(text)
    with pytest.raises(BadInput):
        read_variants(root)


def test_a_missing_list_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_variants(tmp_path)


def test_the_shipped_variants_are_complete():
    found = read_variants(Path(__file__).parents[3] / "sample-system" / "variants")
    named = {variant.name for variant in found}
    assert named >= {"no-prestop-no-drain", "ack-before-commit", "wrong-hpa-target"}
