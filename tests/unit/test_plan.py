"""Everything that a run promised to report is held against what came, in a sentence each."""

from collections.abc import Sequence

import pytest

from seatrial.model.plan import Planned, against_plan
from seatrial.model.verdict import CheckResult, Mode, Outcome, Verdict

PYTEST = {"tool": "pytest", "stage": "suites"}
SEATRIAL = {"tool": "seatrial"}


def result(
    check: str, subject: str = "orders", tool: str = "pytest", mode: Mode = Mode.PROVEN
) -> CheckResult:
    verdict = Verdict(Outcome.PASSED, "seen", "allowed")
    return CheckResult(check, subject, "It MUST.", verdict, tool, 0.0, 1.0, mode=mode)


def name(check: str, subject: str = "orders") -> str:
    return result(check, subject).name


def told(
    *results: CheckResult,
    checks: tuple[str, ...] = (),
    tools: Sequence[dict[str, str]] = (PYTEST, SEATRIAL),
    ended: set[str] | None = None,
    explained: set[str] | None = None,
) -> list[str]:
    """Of a run with one stage, in which pytest was to report these checks."""
    found = against_plan(
        [Planned("suites", "pytest", checks)],
        {"suites": results},
        tools,
        ended={"suites"} if ended is None else ended,
        explained=explained or set(),
    )
    return list(found)


def test_a_plan_that_was_kept_says_nothing() -> None:
    assert told(result("a.one"), result("a.two"), checks=(name("a.one"), name("a.two"))) == []
    assert told(result("a.one")) == [], "where it is not known which checks there are, any will do"


def test_each_side_of_the_difference_is_named() -> None:
    found = told(result("a.new"), result("a.one"), result("a.one"), checks=(name("a.one"), name("a.gone")))
    assert found == [
        f"stage suites: planned and never reported: {name('a.gone')}",
        f"stage suites: reported and not planned: {name('a.new')}",
        f"stage suites: reported more than once: {name('a.one')}",
    ]


@pytest.mark.parametrize(("missing", "more"), [(3, ""), (4, " and 1 more"), (6, " and 3 more")])
def test_of_many_the_first_three_are_named_and_the_others_counted(missing: int, more: str) -> None:
    checks = tuple(name(f"a.check-{n}") for n in range(missing))
    assert told(result("a.one"), checks=(name("a.one"), *checks)) == [
        f"stage suites: planned and never reported: {', '.join(checks[:3])}{more}"
    ]


def test_the_same_check_on_two_workloads_is_two() -> None:
    assert told(result("a.one"), result("a.one", "cart")) == []


def test_declared_rules_are_not_planned_one_by_one() -> None:
    declared = [result("a.rule", mode=Mode.DECLARED)] * 2
    assert told(result("a.one"), *declared, checks=(name("a.one"),)) == []


def test_what_another_tool_reports_is_no_report_of_this_one() -> None:
    assert told(result("a.one", tool="locust")) == [
        "stage suites: pytest was planned and never reported a result"
    ]
    assert told() == told(result("a.one", tool="locust"))


def test_a_stage_that_did_not_end_is_named_once_and_one_that_failed_not_again() -> None:
    assert told(ended=set(), checks=(name("a.one"),)) == ["stage suites: planned and never reported"]
    assert told(explained={"suites"}) == []
    found = against_plan(
        [Planned("bring up"), Planned("suites", "pytest")], {}, (), ended=set(), explained={"bring up"}
    )
    assert list(found) == ["stage suites: planned and never reported"], "the failure of another is no excuse"


def test_a_stage_that_reports_nothing_only_has_to_end() -> None:
    assert list(against_plan([Planned("bring up")], {}, (), ended={"bring up"}, explained=set())) == []


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ({"tool": "locust", "stage": "suites"}, "locust took part in stage suites and was not planned"),
        ({"tool": "pytest", "stage": "load"}, "pytest took part in stage load and was not planned"),
        ({"tool": "pytest"}, "pytest took part of its own and was not planned"),
        ({"tool": "seatrial", "stage": "load"}, "seatrial took part in stage load and was not planned"),
    ],
)
def test_a_tool_that_nobody_planned_is_named(tool: dict[str, str], words: str) -> None:
    assert told(result("a.one"), tools=[PYTEST, SEATRIAL, tool]) == [words]


def test_only_who_writes_plans_has_to_leave_one() -> None:
    def alone(*tools: dict[str, str]) -> list[str]:
        return list(against_plan([], {}, tools, ended=set(), explained=set()))

    assert alone(PYTEST, SEATRIAL) == ["seatrial took part and left no plan"]
    assert alone(PYTEST, {"tool": "locust"}) == alone() == []
