"""What pytest says of a check: each outcome, its text, and the exit code that goes with it."""

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

CHECK = """
from seatrial.catalogue import CORE, REPLICAS, STATE, check
from seatrial.errors import SeatrialError
from seatrial.model.verdict import Outcome, Verdict
from seatrial.outcomes import require

@check("data.sample", level=CORE, needs={needs}, requirement="It MUST hold.", remedy="Mend it.")
def test_sample(request, workload):
    verdicts = request.node.stash[VERDICTS]
    {body}
"""


@pytest.fixture
def run_check(pytester, monkeypatch):
    """Run one check with that body against a system that is not there; returns pytest's result."""
    for name in ("SEATRIAL_RUN", "SEATRIAL_SYSTEM", "SEATRIAL_SEED"):
        monkeypatch.delenv(name, raising=False)

    def run(body, *, needs="{REPLICAS}", arguments=(), system=SYSTEM):
        pytester.makefile(".yaml", shop=system)
        source = CHECK.replace("{needs}", needs).replace("{body}", body)
        pytester.makepyfile("from seatrial.plugin import VERDICTS\n" + source)
        return pytester.runpytest_inprocess("--system", "shop.yaml", "-p", "no:cacheprovider", *arguments)

    return run


def judged(outcome):
    text = f'Verdict(Outcome.{outcome}, "14 of 600 failed", "none", "Look there.")'
    return f"verdict = {text}; verdicts.append(verdict); require(verdict)"


def test_a_passed_check_passes(run_check):
    result = run_check(judged("PASSED"))
    result.assert_outcomes(passed=1)
    assert result.ret == 0


def test_a_failed_check_shows_its_lines_and_no_traceback(run_check):
    result = run_check(judged("FAILED"))
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["FAILED data.sample [[]basket[]]  It MUST hold.", "*seen     14 of 600 failed", "*next     Look there."]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*outcomes.py*")


@pytest.mark.parametrize("outcome", ["INCONCLUSIVE", "ERROR"])
def test_inconclusive_and_error_make_the_exit_code_1(run_check, outcome):
    result = run_check(judged(outcome))
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"*1 {outcome.lower()}*"])
    result.stdout.fnmatch_lines(["*seen     14 of 600 failed"])


def test_a_check_without_a_verdict_is_an_error(run_check):
    result = run_check("pass")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*ended without a verdict*"])


def test_a_check_that_nothing_needs_is_unsupported_by_name(run_check):
    result = run_check(judged("PASSED"), needs="{STATE}")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["data.sample*no workload of the system file has what the check needs: state"])
    result.stdout.fnmatch_lines(["*1 unsupported*"])


def test_a_seatrial_error_is_an_error_without_traceback(run_check):
    result = run_check('raise SeatrialError("nothing matched", where="here", next_step="Look.")')
    assert result.ret == 1
    result.stdout.fnmatch_lines(["ERROR data.sample*", "*seen     nothing matched (here)"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_wrong_system_file_is_a_usage_error_with_line_and_name(run_check):
    result = run_check("pass", system=SYSTEM.replace("stateless", "stateles"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*shop.yaml:6: unknown key*stateles*did you mean `stateless`*"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_an_unknown_check_is_a_usage_error_that_names_the_nearest(run_check):
    result = run_check("pass", arguments=["--check", "data.sampel"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*data.sampel*did you mean data.sample?*"])


def test_the_run_directory_holds_the_result(run_check, pytester):
    run_check(judged("FAILED"))
    lines = next(pytester.path.glob("reports/*/events-pytest-*.ndjson")).read_text()
    assert '"check-finished"' in lines
    assert "14 of 600 failed" in lines
    assert '"tool-finished"' in lines
