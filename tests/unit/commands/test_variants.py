"""The table of variants is right only where exactly the named check fails."""

import os
import signal
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from fakes import Children, Display, FakeSession, never_opens, report, settings_in
from unhurried import CHANDLERY

from seatrial.commands._expected import read_variants, refuse_unknown
from seatrial.commands._jobs import Choice, jobs_of
from seatrial.commands._seen import read_seen, seen_in
from seatrial.commands.variants import prove_variants
from seatrial.commands.variants_table import Row, Variant, table
from seatrial.errors import BadInput
from seatrial.model.plan import Profile
from seatrial.model.verdict import CheckResult, Mode, Outcome, Verdict
from seatrial.settings import load_system

DRAINS, OTHER, LOAD = "a.drains [orders]", "b.other [orders]", "load.journeys [shop]"
VARIANT = Variant("no-drain", Path("no-drain"), {DRAINS: "preStop"}, {LOAD: "not steady"})
FLAW = "a preStop sleep would do"


def result(name, outcome, observed=FLAW):
    check, _, subject = name.removesuffix("]").partition(" [")
    verdict = Verdict(outcome, f"it was {outcome}", "nothing else", observed)
    return CheckResult(check, subject, "It MUST.", verdict, "pytest", 0.0, 1.0)


RED = (result(DRAINS, Outcome.FAILED), result(LOAD, Outcome.ERROR, "It is not steady."))


def row(*results, planned=(DRAINS, OTHER, LOAD)):
    return Row(VARIANT, planned, results, Path("run"))


def test_what_is_named_red_and_nothing_else_is_right():
    assert row(*RED, result(OTHER, Outcome.PASSED)).faults == []


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.FAILED])
def test_anything_but_a_failure_of_what_must_fail_is_wrong(outcome):
    (fault,) = row(result(DRAINS, outcome), RED[1]).faults
    assert fault.startswith(f"{DRAINS} must fail here, but was: {outcome}")


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.ERROR])
def test_anything_but_an_error_of_what_cannot_be_tested_is_wrong(outcome):
    (fault,) = row(RED[0], result(LOAD, outcome, "It is not steady.")).faults
    assert fault.startswith(f"{LOAD} must be an error here, but was: {outcome}")


def test_a_red_for_another_reason_is_wrong():
    (fault,) = row(result(DRAINS, Outcome.FAILED, "the generator was late"), RED[1]).faults
    assert fault == f"{DRAINS} must name the flaw ('preStop'), but says: it was failed the generator was late"


def test_what_must_be_red_and_did_not_run_is_wrong_where_it_was_planned():
    assert "not run" in row(RED[1], result(OTHER, Outcome.PASSED)).faults[0]
    assert row(RED[1], result(OTHER, Outcome.PASSED), planned=(OTHER, LOAD)).faults == []


def test_another_subject_of_the_same_check_must_pass():
    (fault,) = row(*RED, result("a.drains [catalogue]", Outcome.FAILED)).faults
    assert fault == "a.drains [catalogue] must pass here: failed: it was failed"


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.PASSED])
def test_anything_else_that_does_not_pass_is_wrong(outcome):
    assert row(*RED, result(OTHER, outcome)).faults == [
        f"{OTHER} must pass here: {outcome}: it was {outcome}"
    ]


@pytest.mark.parametrize("outcome", Outcome)
def test_what_the_sound_system_does_not_support_either_is_no_alarm(outcome):
    found = row(*RED, result(OTHER, outcome))
    found = replace(found, variant=replace(VARIANT, unsupported=frozenset([OTHER])))
    assert (found.faults == []) == (outcome in (Outcome.PASSED, Outcome.UNSUPPORTED))
    assert "2 of 2 that must be red were, 2 of these named the flaw" in table([found])
    assert f"false alarms: {len(found.faults)} of 1" in table([found])


def test_what_went_wrong_beside_the_checks_is_wrong():
    found = replace(row(*RED), broken=("stage suites: ended with exit code 3",))
    assert found.faults == ["stage suites: ended with exit code 3"]
    assert "WRONG  no-drain: stage suites: ended with exit code 3" in table([found])


def test_what_a_flaw_must_leave_behind_must_be_said_and_only_that():
    leaving = replace(row(*RED), variant=replace(VARIANT, leaves="configmap/instance-"))
    left = "objects after the run: 1 differs from before it: configmap/instance-a is new"
    assert replace(leaving, broken=(left,)).faults == []
    (fault,) = leaving.faults
    assert fault == "the run must say that objects differ after it ('configmap/instance-'), and does not"
    assert replace(leaving, broken=(left, "stage suites: killed")).faults == ["stage suites: killed"]
    assert replace(row(*RED), broken=(left,)).faults == [left]


def test_a_rule_that_sees_the_flaw_in_the_manifests_is_told_and_no_fault():
    declared = replace(result("c.rule [orders]", Outcome.FAILED), mode=Mode.DECLARED)
    found = row(*RED, declared)
    assert found.faults == []
    assert "found in the manifests by c.rule" in table([found])


def test_the_table_shows_each_cell_and_marks_the_one_that_must_be_red():
    text = table([row(*RED, result(OTHER, Outcome.ERROR))])
    lines = text.splitlines()
    assert lines[1].split() == ["a.drains", "[orders]", "failed", "*"]
    assert lines[2].split() == ["b.other", "[orders]", "error"]
    assert lines[3].split() == ["load.journeys", "[shop]", "error", "*"]
    assert any(line.startswith("WRONG  no-drain: b.other") for line in lines)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "no-drain").mkdir()
    (tmp_path / "no-drain" / "kustomization.yaml").write_text("")
    kinds = "fails: {a.drains: preStop}, errors: {b.other: x}, inconclusive: {c.third: y}"
    (tmp_path / "expected.yaml").write_text(f"no-drain: {{{kinds}}}\n")
    return tmp_path


def test_variants_are_read_from_the_list(root):
    (found,) = read_variants(root)
    kinds = ({"a.drains": "preStop"}, {"b.other": "x"}, {"c.third": "y"})
    assert found == Variant("no-drain", root / "no-drain", *kinds)


def test_what_is_unsupported_everywhere_is_no_variant(root):
    with (root / "expected.yaml").open("a") as file:
        file.write("unsupported: [d.fourth]\n")
    (found,) = read_variants(root)
    assert found.unsupported == {"d.fourth"}


def test_an_unknown_variant_names_the_nearest(root):
    with pytest.raises(BadInput) as caught:
        read_variants(root, ["no-drian"])
    assert caught.value.next_step == "Did you mean no-drain?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: {fails: {}}", "each variant needs"),
        ("a: {fails: [x]}", "each variant needs"),
        ("a: {fails: {x: ''}}", "each variant needs"),
        ("a: {fails: {x: y}, error: {}}", "each variant needs"),
        ("a: {errors: {x: y}}", "each variant needs"),
        ("unsupported: b.other", "each variant needs"),
        ("- a", "each variant needs"),
        ("a: [", "not valid YAML"),
        ("a: {fails: {a.drains: x}}", "no kustomization"),
    ],
)  # fmt: skip
def test_a_wrong_list_is_bad_input(root, text, words):
    (root / "expected.yaml").write_text(text)
    with pytest.raises(BadInput, match=words):
        read_variants(root)


def test_a_missing_list_is_bad_input(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_variants(tmp_path)


def test_a_variant_that_names_what_nothing_reports_is_bad_input():
    with pytest.raises(BadInput, match="nothing reports") as caught:
        refuse_unknown([VARIANT], [DRAINS, "load.journeys [chandlery]"])
    assert "load.journeys [chandlery]" in caught.value.next_step


SHIPPED = Path(__file__).parents[3] / "sample-system" / "variants"


def shipped():
    return read_variants(SHIPPED)


def test_every_shipped_check_load_and_experiment_is_turned_red_by_a_variant(folder):
    jobs = jobs_of(Choice(profile=Profile.FULL), load_system(settings_in(folder)))
    known = [name for job in jobs for name in job.planned.checks]
    refuse_unknown(shipped(), known)
    red = {name.partition(" ")[0] for variant in shipped() for name in variant.fails}
    assert red == {name.partition(" ")[0] for name in known}


FOLLOWS = "scaling.follows-load"
NAMED = "the last metrics were 134 % of 600 %"


@pytest.fixture
def tries(folder):
    """Prove the shipped variant `wrong-hpa-target` with suites that behave so; all else passes."""

    def run(suites, **options):
        children, session = Children(suites=suites), FakeSession()
        code, text = prove_variants(
            settings_in(folder), Display(), names=["wrong-hpa-target"], open_session=lambda *_: session,
            run_child=children, report=report, **options,
        )  # fmt: skip
        assert session.did[1:] == [
            "lent", "deployed flawed wrong-hpa-target", "answered", "deployed manifests", "closed"
        ]  # fmt: skip
        return code, text, children

    return run


def red(child):
    (variant,) = read_variants(SHIPPED, ["wrong-hpa-target"])
    silent = {name.partition(" ")[0]: words for name, words in variant.inconclusive.items()}
    for check, words in silent.items():
        child.reports(Outcome.INCONCLUSIVE, check, observed=words)
    untested = {name.partition(" ")[0]: words for name, words in variant.errors.items()}
    for check, words in untested.items():
        child.reports(Outcome.ERROR, check, observed=words)
    others = {name.partition(" ")[0] for name in child.planned()} - {FOLLOWS, *silent, *untested}
    if others:
        child.reports(Outcome.PASSED, *others)
    return child.reports(Outcome.FAILED, FOLLOWS, observed=NAMED)


def test_a_variant_that_turns_its_check_red_is_right(tries):
    code, text, children = tries(lambda child: red(child).ends(1))
    assert code == 0, text
    assert "--check" not in children.arguments[0]
    assert "WRONG" not in text
    assert children.stages == ["suites", "load journeys", "experiment delete-pod", "experiment drain-node"]


def test_only_what_must_be_red_is_run_when_asked(tries):
    code, text, children = tries(lambda child: red(child).ends(1), named_only=True)
    assert code == 0, text
    assert FOLLOWS in children.arguments[0]
    assert not any("orchestration" in argument for argument in children.arguments[0])
    assert children.stages == ["suites"]


def test_what_judges_every_scenario_is_left_out_where_something_else_is_named(folder):
    children, session = Children(), FakeSession()
    prove_variants(
        settings_in(folder), Display(), names=["second-scaler"], named_only=True, stages=["suites"],
        open_session=lambda *_: session, run_child=children, report=report,
    )  # fmt: skip
    assert "scaling.obeys-the-algorithm" in children.arguments[0]
    assert "data.invariants-hold" not in children.arguments[0]


def test_only_the_named_stages_are_run(folder):
    children, session = Children(), FakeSession()
    code, text = prove_variants(
        settings_in(folder), Display(), names=["no-prestop-no-drain", "wrong-hpa-target"], named_only=True,
        stages=["experiments"], open_session=lambda *_: session, run_child=children, report=report,
    )  # fmt: skip
    assert children.stages == ["experiment delete-pod", "experiment drain-node"]
    assert session.did[1:] == [
        "lent",
        "deployed flawed no-prestop-no-drain",
        "answered",
        "deployed manifests",
        "closed",
    ]
    assert code == 1
    assert text.count("must fail here, but was: passed") == 2


@pytest.mark.parametrize(
    ("suites", "words"),
    [
        (lambda child: child.reports(Outcome.PASSED).ends(0), "must fail here"),
        (lambda child: red(child).ends(3), "exit code 3"),
        (lambda child: red(child).ends(1) + 138, "exit code 139"),
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
    del data["deploy"], data["entry"]["authentication"]  # whose files lie beside the shipped one
    (folder / "system.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    settings = settings_in(folder, folder / "system.yaml")
    with pytest.raises(BadInput, match="no variants"):
        prove_variants(settings, Display(), open_session=never_opens)


class TestKept:
    """What was seen is kept after each variant, and is not carried out again."""

    @pytest.fixture
    def kept(self, tmp_path):
        return tmp_path / "seen.yaml"

    def test_what_was_seen_as_it_must_be_is_left_out(self, tries, folder, kept):
        assert tries(lambda child: red(child).ends(1), kept=kept)[0] == 0
        assert FOLLOWS in kept.read_text()
        code, text = prove_variants(
            settings_in(folder), Display(), names=["wrong-hpa-target"], open_session=never_opens, kept=kept
        )
        assert (code, "has seen each of 1 variants" in text) == (0, True)

    @pytest.mark.parametrize(
        "suites",
        [lambda child: child.reports(Outcome.PASSED).ends(0), lambda child: red(child).ends(3)],
        ids=["not-red", "broken"],
    )
    def test_what_was_wrong_is_carried_out_again(self, tries, kept, suites):
        assert tries(suites, kept=kept)[0] == 1
        assert read_seen(kept)["wrong-hpa-target"].wrong
        assert tries(lambda child: red(child).ends(1), kept=kept)[0] == 0
        assert not read_seen(kept)["wrong-hpa-target"].wrong

    def test_the_named_alone_do_not_stand_for_all(self, tries, kept):
        assert tries(lambda child: red(child).ends(1), named_only=True, kept=kept)[0] == 0
        assert len(tries(lambda child: red(child).ends(1), kept=kept)[2].stages) > 1

    def test_a_changed_variant_is_carried_out_again(self, root):
        (variant,) = read_variants(root)
        found = seen_in(Row(variant, variant.reds, (), root), None, date(2026, 11, 26))
        assert (found.red, len(found.wrong)) == ((), 3)
        sound = replace(found, red=tuple(variant.reds), wrong=())
        assert sound.covers(variant, variant.reds)
        assert not sound.covers(variant, [*variant.reds, OTHER])
        assert not sound.covers(replace(variant, fails={"a.drains": "other words"}), ["a.drains"])
        (root / "no-drain" / "more.yaml").write_text("")
        assert not sound.covers(variant, variant.reds)

    def test_other_parts_of_the_same_variant_stay_seen(self, root):
        variant = replace(VARIANT, folder=root / "no-drain")
        rows = [Row(variant, (DRAINS,), (RED[0],), root), Row(variant, (LOAD,), (RED[1],), root)]
        first = seen_in(rows[0], None, date(2026, 11, 26))
        assert seen_in(rows[1], first, date(2026, 11, 27)).red == (DRAINS, LOAD)
        passed = Row(variant, (DRAINS,), (result(DRAINS, Outcome.PASSED),), root)
        assert seen_in(passed, first, date(2026, 11, 27)).red == ()

    @pytest.mark.parametrize("text", ["[", "- a", "a: 1", "a: {red: []}"])
    def test_a_file_that_is_none_is_bad_input(self, kept, text):
        kept.write_text(text)
        with pytest.raises(BadInput, match="cannot be read"):
            read_seen(kept)

    def test_of_the_sample_only_what_there_is_was_seen(self):
        names = {variant.name for variant in shipped()}
        assert read_seen(SHIPPED / "seen.yaml").keys() <= names


def test_the_sound_system_is_deployed_again_after_sigterm(folder):
    """A command that is told to end must not leave the flawed system behind."""

    def terminated(child):
        os.kill(os.getpid(), signal.SIGTERM)

    session = FakeSession()
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        prove_variants(
            settings_in(folder), Display(), names=["wrong-hpa-target"], open_session=lambda *_: session,
            run_child=Children(suites=terminated), report=report,
        )  # fmt: skip
    assert session.did[-2:] == ["deployed manifests", "closed"]
    assert signal.getsignal(signal.SIGTERM) is before
