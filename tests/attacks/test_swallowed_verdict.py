"""A failed verdict is swallowed by try and except, by a mark or by a report that says otherwise."""

import pytest
from dry_checks import DECLARED, a_check

from seatrial.model.verdict import Outcome
from seatrial.report.view import view_of

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


AGAIN = """
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, nextitem=nextitem, log=False)
    for report in runtestprotocol(item, nextitem=nextitem, log=False):
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""
OTHERWISE = """
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_logreport(report):
    report.outcome, report.longrepr = "passed", None
    return (yield)
"""
FIRST_RED = """seen = globals().setdefault("seen", [])
    seen.append(1)
    return says(Outcome.FAILED if len(seen) == 1 else Outcome.PASSED)"""


@pytest.mark.parametrize(
    ("conftest", "body"),
    [(AGAIN, FIRST_RED), (OTHERWISE, "return says(Outcome.FAILED)")],
    ids=["run-again-until-it-passes", "report-changed-by-another-plugin"],
)
def test_no_other_plugin_makes_a_red_verdict_exit_0(pytester, run_checks, recorded, conftest, body):
    pytester.makeconftest(conftest)
    result = run_checks(a_check("one", body))
    run = recorded()
    assert result.ret == 1
    assert [tool["exit_code"] for tool in run.tools] == [1]
    assert run.outcome is FAILED
    assert view_of(run).exit_code == 1


def test_nor_is_it_hidden_by_others_that_pass(pytester, run_checks, recorded):
    pytester.makeconftest(OTHERWISE)
    passing = [a_check(name, "return says(Outcome.PASSED)") for name in ("one", "three")]
    result = run_checks(*passing, a_check("two", "return says(Outcome.FAILED)"))
    assert result.ret == 1
    assert recorded().outcome is FAILED
