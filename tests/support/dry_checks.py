"""Checks on the session without a cluster, run by a pytest inside of pytest."""

import pytest
from dry_session import QUICK, SYSTEM, Dry

from seatrial.record.reader import read_run

__all__ = ["DECLARED", "a_check", "recorded", "run_checks"]

HEAD = """
import contextlib
import pytest
from seatrial.errors import SeatrialError
from seatrial.judge.disruption import voluntary
from seatrial.model.check import CORE, EXTENDED, check, every
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
