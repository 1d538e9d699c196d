"""What pytest says of checks: each outcome, its text, and an exit code that agrees with the record always.

Each run of pytest inside pytest costs time, so one run holds a check of each outcome.
"""

import pytest
from dry_session import QUICK, SYSTEM, Dry

from seatrial.model.verdict import Outcome
from seatrial.record.reader import read_run
from seatrial.report.view import view_of

HEAD = """
import contextlib
import pytest
from seatrial.errors import SeatrialError
from seatrial.judge.disruption import voluntary
from seatrial.model.check import CORE, check, every
from seatrial.model.failure import require
from seatrial.model.scenario import need, scenario
from seatrial.model.fault import NONE, VOLUNTARY
from seatrial.model.observation import EXCHANGES, TIMELINE, Observation
from seatrial.model.step import hold, inject, repeat, steps, traffic
from seatrial.model.verdict import Mode, Outcome, Verdict

@need("golden")
def golden(subject):
    '''a golden workload'''
    return False

@scenario("look", disruption=NONE)
def look(subject):
    '''Looks.'''
    return steps(hold(1, "look"))

@scenario("golden", disruption=NONE, needs={golden})
def golden_look(subject):
    '''Looks at gold.'''
    return steps(hold(1, "look"))

@scenario("deleted", disruption=VOLUNTARY)
def deleted(subject):
    '''Deletes three pods.'''
    return steps(traffic("look"), repeat(3, inject("delete-pod", subject.role)))

def says(outcome):
    return Verdict(outcome, f"14 of 600 {outcome}", "none", f"Look at {outcome}.")
"""

CHECK = """
{mark}
@check("data.{name}", level=CORE, scenario={scenario}, requirement="It MUST hold.", remediation="Mend it.")
def test_{function}(observation):
    {body}
"""
DECLARED = """
@check("data.{name}", level=CORE, mode=Mode.DECLARED, requirement="It MUST be declared.", remediation="Do.")
def test_{function}():
    {body}
"""


def a_check(name, body, *, mark="", scenario="'look'", form=CHECK):
    return form.format(name=name, function=name.replace("-", "_"), body=body, mark=mark, scenario=scenario)


@pytest.fixture
def run_checks(pytester, dry: Dry, monkeypatch):
    """Run checks on the session without a cluster; returns pytest's result. The page has tests of its own."""
    monkeypatch.setattr("seatrial.report.html.build_report", lambda directory: directory / "index.html")

    def run(*checks, system=SYSTEM, options=(), **more):
        pytester.makefile(".yaml", shop=system)
        pytester.makepyfile(HEAD + "".join(checks))
        arguments = ["--system", "shop.yaml", *QUICK, *options]
        if more:
            return pytester.inline_run(*arguments, **more)
        return pytester.runpytest_inprocess(*arguments)

    return run


@pytest.fixture
def recorded(pytester):
    """The run directory of the last run, read back."""

    def read():
        return read_run(pytester.path / "reports" / "latest")

    return read


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


FAILED, ERROR, SKIPPED, INCONCLUSIVE, PASSED = (
    Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED, Outcome.INCONCLUSIVE, Outcome.PASSED,
)  # fmt: skip
XFAIL, SKIP = "@pytest.mark.xfail", "@pytest.mark.skip(reason='not today')"


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        (a_check("one", "return says(Outcome.PASSED)"), PASSED),
        (a_check("one", "return says(Outcome.FAILED)"), FAILED),
        (a_check("one", "return says(Outcome.INCONCLUSIVE)"), INCONCLUSIVE),
        (a_check("one", "return says(Outcome.ERROR)"), ERROR),
        (a_check("one", "return says(Outcome.FAILED)", mark=XFAIL), FAILED),
        (a_check("one", "return says(Outcome.FAILED)", mark="@pytest.mark.xfail(strict=False)"), FAILED),
        (a_check("one", "return says(Outcome.PASSED)", mark="@pytest.mark.xfail(strict=True)"), PASSED),
        (a_check("one", "return says(Outcome.FAILED)", mark="@pytest.mark.xfail(run=False)"), ERROR),
        (a_check("one", "return says(Outcome.FAILED)", mark=SKIP), SKIPPED),
        (a_check("one", "pytest.skip('not today')"), SKIPPED),
        (a_check("one", "pytest.xfail('known')"), ERROR),
        (a_check("one", "pytest.fail('so there')"), ERROR),
        (a_check("one", "assert 1 == 2"), ERROR),
        (a_check("one", "raise RuntimeError('oh')"), ERROR),
        (a_check("one", "raise RuntimeError('oh')", mark=XFAIL), ERROR),
        (a_check("one", "return True"), ERROR),
        (a_check("one", "return None"), ERROR),
        (a_check("one", "require(says(Outcome.FAILED))"), FAILED),
        (a_check("one", "with contextlib.suppress(Exception): require(says(Outcome.FAILED))"), ERROR),
        (a_check("one", "return says(Outcome.PASSED)", form=DECLARED), PASSED),
        (a_check("one", "return says(Outcome.FAILED)", form=DECLARED), FAILED),
        (a_check("one", "pass", form=DECLARED), ERROR),
        (a_check("one", "return says(Outcome.PASSED)", scenario="'golden'"), Outcome.UNSUPPORTED),
        (a_check("one", "return voluntary(observation)", scenario="'deleted'"), PASSED),
        (a_check("one", "return says(Outcome.FAILED)", scenario="every(VOLUNTARY)"), FAILED),
    ],
)  # fmt: skip
def test_record_report_and_exit_code_say_the_same(run_checks, recorded, one, outcome):
    result = run_checks(one)
    run = recorded()
    assert [r.verdict.outcome for r in run.results] == [outcome]
    assert (result.ret == 0) == (outcome is PASSED)
    assert [tool["exit_code"] for tool in run.tools] == [result.ret]
    assert (view_of(run).exit_code == 0) == (outcome is PASSED)


class TestNothingPassed:
    SKIPPED = a_check("off", "pytest.skip('not today')")
    GOLD = a_check("gold", "return says(Outcome.PASSED)", scenario="'golden'")
    DECLARED = a_check("said", "return says(Outcome.PASSED)", form=DECLARED)
    NO_CHECK = "\ndef test_plain():\n    pass\n"

    @pytest.mark.parametrize(
        ("checks", "accept", "code"),
        [
            ([SKIPPED], (), 1),
            ([GOLD], (), 1),
            ([GOLD, NO_CHECK], (), 1),
            ([GOLD, DECLARED], (), 1),
            ([SKIPPED], ("skipped",), 0),
            ([GOLD], ("unsupported",), 0),
            ([GOLD], ("skipped",), 1),
            ([GOLD, SKIPPED], ("unsupported",), 1),
            ([GOLD, SKIPPED], ("unsupported", "skipped"), 0),
            ([DECLARED], (), 0),
            ([NO_CHECK], (), 0),
            ([a_check("bad", "return says(Outcome.FAILED)"), GOLD], ("unsupported",), 1),
        ],
    )
    def test_is_no_exit_code_0_unless_that_is_accepted(self, run_checks, recorded, checks, accept, code):
        result = run_checks(*checks, options=[f"--accept={name}" for name in accept])
        assert result.ret == code
        if checks != [self.NO_CHECK]:
            run = recorded()
            assert [tool["exit_code"] for tool in run.tools] == [code]
            assert run.accepted == set(accept)

    def test_it_is_said_and_so_is_what_was_accepted(self, run_checks, monkeypatch):
        assert "no check passed, so the exit code is not 0 (--accept unsupported accepts it)" in (
            run_checks(self.GOLD).stdout.str()
        )
        monkeypatch.setenv("SEATRIAL_ACCEPT", "unsupported,skipped")
        result = run_checks(self.GOLD)
        assert result.ret == 0
        result.stdout.fnmatch_lines(["accepted in place of a pass: unsupported*"])

    @pytest.mark.parametrize("outcome", ["failed", "error", "inconclusive", "passed", "anything"])
    def test_nothing_else_can_be_accepted(self, run_checks, monkeypatch, outcome):
        assert run_checks(self.GOLD, options=["--accept", outcome]).ret == pytest.ExitCode.USAGE_ERROR
        monkeypatch.setenv("SEATRIAL_ACCEPT", outcome)
        assert run_checks(self.GOLD).ret == pytest.ExitCode.USAGE_ERROR


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
    assert run.outcome is ERROR
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
