"""What pytest says of checks: each outcome, its text, and the exit code that goes with it.

Each run of pytest inside pytest costs seconds, so one run holds a check of each outcome.
"""

import pytest

SYSTEM = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: nowhere, namespace: shop}
entry: {url: "http://127.0.0.1:1"}
workloads: {basket: {kind: Deployment, name: basket, stateless: true}}
journeys: {look: {request: {path: /}}}
"""

HEAD = """
from seatrial.catalogue import CORE, REPLICAS, STATE, check
from seatrial.errors import SeatrialError
from seatrial.model.verdict import Outcome, Verdict
from seatrial.model.failure import require
from seatrial.plugin import VERDICTS

def judged(request, outcome):
    verdict = Verdict(outcome, f"14 of 600 {outcome}", "none", f"Look at {outcome}.")
    request.node.stash[VERDICTS].append(verdict)
    require(verdict)
"""

CHECK = """
@check("data.{name}", level=CORE, needs={{{need}}}, requirement="It MUST hold.", remediation="Mend it.")
def test_{function}(request, workload):
    {body}
"""


def source(**bodies):
    """A test file with one check for each name."""
    needs = {"stateful": "STATE"}
    checks = [
        CHECK.format(name=name, function=name, body=body, need=needs.get(name, "REPLICAS"))
        for name, body in bodies.items()
    ]
    return HEAD + "".join(checks)


@pytest.fixture
def run_checks(pytester, monkeypatch):
    """Run checks against a system that is not there; returns pytest's result."""
    for name in ("SEATRIAL_RUN", "SEATRIAL_SYSTEM", "SEATRIAL_SEED"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments, system=SYSTEM, **bodies):
        pytester.makefile(".yaml", shop=system)
        pytester.makepyfile(source(**bodies))
        return pytester.runpytest_inprocess("--system", "shop.yaml", "-p", "no:cacheprovider", *arguments)

    return run


def test_every_outcome_says_what_it_is(run_checks, pytester):
    result = run_checks(
        passes="judged(request, Outcome.PASSED)",
        fails="judged(request, Outcome.FAILED)",
        doubtful="judged(request, Outcome.INCONCLUSIVE)",
        erring="judged(request, Outcome.ERROR)",
        silent="pass",
        stateful="judged(request, Outcome.PASSED)",
        refused='raise SeatrialError("nothing matched", where="here", next_step="Look.")',
    )
    assert result.ret == 1
    text = result.stdout.str()
    result.stdout.fnmatch_lines(["*1 failed, 1 passed, 3 errors, 1 inconclusive, 1 unsupported*"])
    for lines in (
        ["FAILED data.fails [[]basket[]]  It MUST hold.", "*seen     14 of 600 failed"],
        ["*allowed  none", "*next     Look at failed."],
        ["ERROR data.erring [[]basket[]]  It MUST hold.", "*seen     14 of 600 error"],
        ["ERROR data.refused*", "*seen     nothing matched (here)", "*next     Look."],
        ["ERROR data.silent*", "*seen     the check ended without a verdict*"],
        ["INCONCLUSIVE data.doubtful*", "*seen     14 of 600 inconclusive"],
        ["data.stateful: no workload of the system file has what the check needs: state"],
    ):
        result.stdout.fnmatch_lines(lines)
    assert "Traceback" not in text
    assert "outcomes.py" not in text

    lines = next(pytester.path.glob("reports/*/events-pytest-*.ndjson")).read_text()
    assert lines.count('"check-finished"') == 7
    assert "14 of 600 failed" in lines
    assert '"tool-finished"' in lines


@pytest.mark.parametrize("outcome", ["INCONCLUSIVE", "ERROR"])
def test_inconclusive_or_error_alone_make_the_exit_code_1(run_checks, outcome):
    assert run_checks(lonely=f"judged(request, Outcome.{outcome})").ret == 1


def test_a_pass_alone_makes_the_exit_code_0(run_checks):
    assert run_checks(lonely="judged(request, Outcome.PASSED)").ret == 0


def test_a_wrong_system_file_is_a_usage_error_with_line_and_name(run_checks):
    result = run_checks(system=SYSTEM.replace("stateless", "stateles"), lonely="pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*shop.yaml:6: unknown key*stateles*did you mean `stateless`*"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_an_unknown_check_is_a_usage_error_that_names_the_nearest(run_checks):
    result = run_checks("--check", "data.sampel", sample="pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*data.sampel*did you mean data.sample?*"])
