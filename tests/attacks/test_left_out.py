"""Checks are left out of a run behind its back: deselected, filtered, never begun, or asked wrongly."""

import pytest
from dry_checks import a_check
from fakes import Children

from seatrial.commands.children import run_child
from seatrial.model.check import CHECKS
from seatrial.model.verdict import Outcome

DEAF = """
@need("odd")
def odd(subject):
    '''an odd workload'''
    raise RuntimeError("the need cannot be told")

@scenario("odd", disruption=NONE, needs={odd})
def odd_look(subject):
    '''Looks at the odd.'''
    return steps(hold(1, "look"))
"""


class OnlyCollects(Children):
    """The real suites, of which pytest is told by its own variable to carry out none."""

    def __call__(self, arguments, *, environment, **more):
        return run_child(arguments, environment=environment, **more)


@pytest.mark.parametrize("options", ["-k nothing_is_called_so", "--setup-plan"])
def test_pytest_is_told_by_its_variable_to_leave_them_out(runs, monkeypatch, options) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{options} -p no:cacheprovider --manifests {__file__}")
    code, _, run = runs(OnlyCollects(), stages=("suites",))
    assert code == 1
    assert run.outcome is Outcome.ERROR
    assert any("stage suites: " in text and "never reported" in text for text in run.broken)


def test_of_the_planned_checks_only_one_is_run(runs) -> None:
    def one(child):
        return child.reports(Outcome.PASSED, "scaling.follows-load").ends(0)

    code, _, run = runs(Children(suites=one), stages=("suites",))
    assert code == 1
    (sentence,) = run.broken
    assert sentence.startswith("stage suites: planned and never reported: data.acknowledged-writes-survive")
    assert sentence.endswith(" more")


def test_a_check_whose_needs_raise_is_no_pass(run_checks, pytester) -> None:
    result = run_checks(
        DEAF,
        a_check("one", "return says(Outcome.PASSED)", scenario="'odd'"),
        a_check("two", "return says(Outcome.PASSED)"),
    )
    assert result.ret != 0
    assert "the need cannot be told" in result.stdout.str()


def test_nor_when_pytest_goes_on_in_spite_of_it(run_checks) -> None:
    result = run_checks(
        DEAF,
        a_check("one", "return says(Outcome.PASSED)", scenario="'odd'"),
        a_check("two", "return says(Outcome.PASSED)"),
        options=["--continue-on-collection-errors"],
    )
    assert result.ret != 0


def test_a_judge_that_raises_while_every_other_passes_is_an_error(run_checks, recorded) -> None:
    result = run_checks(
        a_check("one", "raise SystemExit(0)"),
        a_check("two", "return says(Outcome.PASSED)"),
    )
    assert result.ret != 0
    assert {made.check: made.verdict.outcome for made in recorded().results} != {
        "data.one": Outcome.PASSED,
        "data.two": Outcome.PASSED,
    }


LEAVES = """
import pytest

def pytest_runtest_setup(item):
    if "two" in item.name:
        pytest.exit("enough", returncode=0)
"""


def test_a_plugin_that_ends_pytest_early_with_0_does_not_make_it_green(
    run_checks, pytester, recorded
) -> None:
    pytester.makeconftest(LEAVES)
    checks = [a_check(name, "return says(Outcome.PASSED)") for name in ("one", "two", "three")]
    result = run_checks(*checks)
    assert result.ret == 1
    assert [made.check for made in recorded().results] == ["data.one"]
    assert recorded().outcome is Outcome.ERROR


def test_nothing_is_asked_of_checks_that_are_only_listed(run_checks) -> None:
    assert run_checks(a_check("one", "pass"), options=["--collect-only"]).ret == 0


EXTENSION = """
from seatrial.model.check import CORE, check
from seatrial.model.verdict import Outcome, Verdict

@check("data.of-my-own", level=CORE, scenario="delete-pod", requirement="It MUST.", remediation="Do.")
def test_of_my_own(observation):
    return Verdict(Outcome.PASSED, "it does", "it does")
"""


def test_checks_of_an_extension_are_run_and_missed(runs, folder, dry, monkeypatch) -> None:
    place = folder / "extensions" / "own.py"
    place.parent.mkdir()
    place.write_text(EXTENSION)
    monkeypatch.setenv("SEATRIAL_EXTENSIONS", str(place.parent))
    monkeypatch.setattr(CHECKS, "_loaded", False)
    children = Children(
        suites=lambda child: child.reports(
            Outcome.PASSED, *(name.partition(" ")[0] for name in child.planned() if "of-my-own" not in name)
        ).ends(0)
    )
    code, _, run = runs(children, stages=("suites",))
    assert str(place) in children.arguments[0]
    assert code == 1
    assert run.broken == ("stage suites: planned and never reported: data.of-my-own [orders]",)
