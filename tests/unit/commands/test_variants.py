"""The table of variants is right only where exactly the named check fails."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from fakes import CHANDLERY, Children, Display, FakeSession, never_opens, report, settings_in

from seatrial.commands.variants import prove_variants, read_variants
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


def test_what_went_wrong_beside_the_checks_is_wrong():
    found = replace(row(result("a.drains", Outcome.FAILED)), broken=("stage suites: ended with exit code 3",))
    assert found.faults == ["stage suites: ended with exit code 3"]
    assert "WRONG  no-drain: stage suites: ended with exit code 3" in table([found])


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


DRAINS = "scaling.follows-load"


@pytest.fixture
def tries(folder):
    """Prove the shipped variant `wrong-hpa-target` with suites that behave so."""

    def run(suites, **options):
        children, session = Children(suites=suites), FakeSession()
        code, text = prove_variants(
            settings_in(folder), Display(), names=["wrong-hpa-target"], open_session=lambda *_: session,
            run_child=children, report=report, **options,
        )  # fmt: skip
        assert session.did[1:] == [
            "lent", "deployed wrong-hpa-target", "answered", "deployed manifests", "closed"
        ]  # fmt: skip
        return code, text, children.arguments[0]

    return run


def test_a_variant_that_turns_its_check_red_is_right(tries):
    code, text, arguments = tries(lambda child: child.reports(Outcome.FAILED, DRAINS).ends(1))
    assert code == 0, text
    assert "--check" not in arguments
    assert "WRONG" not in text


def test_only_the_named_checks_are_run_when_asked(tries):
    _, _, arguments = tries(lambda child: child.reports(Outcome.FAILED, DRAINS).ends(1), named_only=True)
    assert arguments[-2:] == ["--check", DRAINS]


@pytest.mark.parametrize(
    ("suites", "words"),
    [
        (lambda child: child.reports(Outcome.PASSED, DRAINS).ends(0), "must fail here"),
        (lambda child: child.reports(Outcome.FAILED, DRAINS).ends(3), "exit code 3"),
        (lambda child: child.reports(Outcome.FAILED, DRAINS).ends(1) + 138, "exit code 139"),
        (lambda child: 4, "not run"),
        (lambda child: 0, "pytest was planned and never reported a result"),
    ],
    ids=["passed", "crashed", "died-at-its-end", "refused", "never-joined"],
)
def test_a_variant_whose_suites_pass_or_break_is_wrong(tries, suites, words):
    code, text, _ = tries(suites)
    assert code == 1
    assert words in text


def test_the_sound_system_is_deployed_again_after_an_interrupt(folder):
    def interrupted(child):
        raise KeyboardInterrupt

    session = FakeSession()
    with pytest.raises(KeyboardInterrupt):
        prove_variants(
            settings_in(folder), Display(), names=["wrong-hpa-target"], open_session=lambda *_: session,
            run_child=Children(suites=interrupted), report=report,
        )  # fmt: skip
    assert session.did[-2:] == ["deployed manifests", "closed"]


def test_a_system_that_is_not_deployed_from_a_folder_has_no_variants(folder):
    data = yaml.safe_load(CHANDLERY.read_text(encoding="utf-8"))
    del data["deploy"]
    (folder / "system.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    settings = settings_in(folder, folder / "system.yaml")
    with pytest.raises(BadInput, match="no variants"):
        prove_variants(settings, Display(), open_session=never_opens)
