"""What pytest says of checks: each outcome, its text, and an exit code that agrees with the record always.

Each run of pytest inside pytest costs time, so one run holds a check of each outcome.
"""

import pytest
from dry_checks import DECLARED, a_check
from dry_session import SYSTEM

import seatrial.harness.suite
from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run
from seatrial.report.view import view_of


def test_every_outcome_says_what_it_is(run_checks, recorded):
    result = run_checks(
        a_check("passes", "return says(Outcome.PASSED)"),
        a_check("fails", "return says(Outcome.FAILED)"),
        a_check("doubtful", "return says(Outcome.INCONCLUSIVE)"),
        a_check("erring", "return says(Outcome.ERROR)"),
        a_check("silent", "pass"),
        a_check("gold", "return says(Outcome.PASSED)", scenario="'golden'"),
        a_check("refused", 'raise SeatrialError("nothing matched", where="here", next_step="Look.")'),
    )
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*1 failed, 1 passed, 3 errors, 1 inconclusive, 1 unsupported*"])
    for lines in (
        ["FAILED data.fails [[]basket[]]  It MUST hold.", "*observed 14 of 600 failed"],
        ["*expected none", "*next     Look at failed."],
        ["ERROR data.erring [[]basket[]]  It MUST hold.", "*observed 14 of 600 error"],
        ["ERROR data.refused*", "*observed nothing matched (here)", "*next     Look."],
        ["ERROR data.silent*", "*observed the check gave NoneType instead of a verdict"],
        ["INCONCLUSIVE data.doubtful*", "*observed 14 of 600 inconclusive"],
        ["data.gold: no workload of the system file has what the check needs: golden"],
    ):
        result.stdout.fnmatch_lines(lines)
    assert "Traceback" not in result.stdout.str()
    run = recorded()
    assert {r.check.partition(".")[2]: r.verdict.outcome.value for r in run.results} == {
        "passes": "passed", "fails": "failed", "doubtful": "inconclusive", "erring": "error",
        "silent": "error", "gold": "unsupported", "refused": "error",
    }  # fmt: skip
    assert run.finished
    assert [tool["exit_code"] for tool in run.tools] == [1]
    assert [item.id for item in run.observations] == ["look.basket"]
    assert all(r.observations == (() if r.check == "data.gold" else ("look.basket",)) for r in run.results)


def test_an_interrupt_leaves_a_run_that_is_no_pass(run_checks, recorded, dry):
    dry.world.refusals["delete-pod"] = KeyboardInterrupt()
    result = run_checks(
        a_check("good", "return says(Outcome.PASSED)"),
        a_check("cut", "return voluntary(observation)", scenario="'deleted'"),
        no_reraise_ctrlc=True,
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    run = recorded()
    assert [item["check"] for item in run.unfinished_checks] == ["data.cut"]
    assert run.outcome is Outcome.ERROR
    assert view_of(run).exit_code == 1
    assert dry.world.done[-2:] == ["traffic subject ended", "watches ended"]


def test_one_that_judges_all_comes_last_and_gets_what_others_made(run_checks, recorded, dry):
    run_checks(
        a_check("all", "return says(Outcome.PASSED)", scenario="every(VOLUNTARY)"),
        a_check("own", "return says(Outcome.PASSED)", scenario="'deleted'"),
    )
    own, every = recorded().results
    assert (own.check, every.check) == ("data.own", "data.all")
    assert own.observations == ("deleted.basket",)
    assert set(every.observations) > {"deleted.basket"}
    assert "deleted.basket-2" not in every.observations
    assert (every.subject, own.subject) == ("system", "basket")


def test_a_wrong_system_file_is_a_usage_error_with_line_and_name(run_checks):
    result = run_checks(a_check("one", "pass"), system=SYSTEM.replace("stateless", "stateles"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*shop.yaml:*unknown key*stateles*did you mean `stateless`*"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_an_unknown_check_is_a_usage_error_that_names_the_nearest(run_checks):
    result = run_checks(a_check("sample", "pass"), options=["--check", "data.sampel"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*data.sampel*Did you mean data.sample?*"])


GOOD = a_check("good", "return says(Outcome.PASSED)")
RED = a_check("red", "return says(Outcome.FAILED)")
SAID = a_check("said", "return says(Outcome.PASSED)", form=DECLARED)


def test_checks_have_registered_marks_by_which_they_are_chosen(run_checks, recorded):
    marked = a_check("marked", "return says(Outcome.PASSED)", mark="@pytest.mark.k8s")
    result = run_checks(marked, SAID, options=["--strict-markers", "-m", "core and disruptive"])
    result.assert_outcomes(passed=1, deselected=1)
    assert [made.check for made in recorded().results] == ["data.marked"]


def test_what_is_not_asked_for_is_counted_as_deselected(run_checks, recorded):
    plain = "\ndef test_plain():\n    raise RuntimeError\n"
    result = run_checks(GOOD, SAID, plain, options=["--check", "data.good"])
    assert result.ret == 0
    result.assert_outcomes(passed=1, deselected=2)
    assert [made.check for made in recorded().results] == ["data.good"]


def test_a_setting_that_cannot_be_read_is_a_usage_error(run_checks):
    result = run_checks(GOOD, options=["--seed", "many"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*many*"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_an_existing_run_is_appended_to_and_its_page_is_left_to_whoever_began_it(run_checks, pytester):
    result = run_checks(GOOD, options=["--run", "mine", "--seed", "5"])
    assert result.ret == 0
    result.stdout.no_fnmatch_line("page  *")
    run_checks(RED, options=["--run", "mine"])
    run = read_run(pytester.path / "mine")
    assert [made.check for made in run.results] == ["data.good", "data.red"]
    assert (run.tools[0]["seed"], run.tools[0]["exit_code"]) == (5, 0)
    assert not (pytester.path / "reports").exists()
    run_checks(GOOD).stdout.fnmatch_lines(["page  *index.html"])


def test_evidence_is_kept_for_what_is_red_and_was_carried_out(run_checks, pytester):
    run_checks(GOOD, RED, a_check("wrong", "return says(Outcome.FAILED)", form=DECLARED))
    folders = (pytester.path / "reports" / "latest" / "evidence").iterdir()
    assert [folder.name for folder in folders] == ["data.red"]


def test_a_check_is_called_once(run_checks):
    body = """seen = globals().setdefault("seen", [])
    seen.append(1)
    assert len(seen) == 1
    return says(Outcome.PASSED)"""
    assert run_checks(a_check("once", body, form=DECLARED)).ret == 0


def test_setting_up_is_told_while_it_is_done(run_checks, dry, monkeypatch):
    def opened(settings, system, progress, run=None):
        with progress.stage("a long build"):
            return dry.open(settings, system, progress, run)

    monkeypatch.setattr(seatrial.harness.suite, "open_session", opened)
    run_checks(GOOD).stderr.fnmatch_lines(["*a long build*"])


def test_an_item_is_named_by_its_workload_or_by_there_being_none(run_checks):
    gold = a_check("gold", "return says(Outcome.PASSED)", scenario="'golden'")
    result = run_checks(GOOD, gold, options=["-v"])
    result.stdout.fnmatch_lines(["*::test_good[[]basket[]] PASSED*", "*::test_gold[[]none[]] UNSUPPORTED*"])


EXTENDED = a_check("more", "return says(Outcome.PASSED)", scenario="'deleted'").replace("CORE", "EXTENDED")
TWO = SYSTEM.replace("workloads:", "workloads:\n  second: {kind: Deployment, name: second, stateless: true}")


def test_the_core_profile_says_what_it_leaves_out(run_checks, recorded):
    result = run_checks(GOOD, EXTENDED, system=TWO)
    assert result.ret == 0
    said = "profile core: 3 results left to --profile full: "
    result.stdout.fnmatch_lines([said + "*"])
    run = recorded()
    assert [made.name for made in run.results] == ["data.good [second]"]
    [note] = [text for text in run.notes if text.startswith(said)]
    assert all(name in note for name in ("data.good [basket]", "data.more [second]", "data.more [basket]"))


@pytest.mark.parametrize("options", [["--profile", "full"], ["-k", "good or more"], ["{file}"]])
def test_what_is_asked_for_is_carried_out_on_every_workload(run_checks, request, recorded, options):
    file = f"{request.function.__name__}.py"  # as pytester calls it
    run_checks(GOOD, system=TWO, options=[each.format(file=file) for each in options])
    assert {made.subject for made in recorded().results} == {"second", "basket"}


def test_a_profile_that_there_is_not_is_a_usage_error(run_checks):
    result = run_checks(GOOD, options=["--profile", "most"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no profile is 'most'*", "*One of core, full*"])
