"""A run is compared with its plan; exit codes that no verdict explains are errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.model.plan import Planned
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record.reader import read_run
from seatrial.record.writer import STAGE_VARIABLE, RunWriter


def result(outcome: Outcome) -> CheckResult:
    verdict = Verdict(outcome, "seen", "allowed")
    return CheckResult(f"a.{outcome}", "orders", "It MUST.", verdict, "pytest", 0.0, 1.0)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunWriter:
    """A run with a plan of two stages, in which nothing has reported yet."""
    monkeypatch.delenv(STAGE_VARIABLE, raising=False)
    writer = RunWriter(tmp_path, "seatrial")
    writer.tool_started(argv=["seatrial"], versions={}, seed=7)
    writer.plan([Planned("bring up"), Planned("suites", "pytest")])
    return writer


def pytest_reports(
    directory: Path, monkeypatch: pytest.MonkeyPatch, *outcomes: Outcome, code: int = 0, stage: str = "suites"
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(STAGE_VARIABLE, stage)
        writer = RunWriter(directory, "pytest")
        writer.tool_started(argv=["pytest"], versions={}, seed=7)
    for outcome in outcomes:
        writer.check_finished(result(outcome))
    writer.tool_finished(code)
    writer.close()


def close(run: RunWriter, code: int = 0) -> None:
    for stage, ended in (("bring up", None), ("suites", code)):
        run.stage_started(stage)
        run.stage_finished(stage, "done", exit_code=ended)
    run.tool_finished(0)


def test_a_plan_that_was_kept_is_no_trouble(run: RunWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest_reports(run.directory, monkeypatch, Outcome.PASSED)
    close(run)
    found = read_run(run.directory)
    assert found.plan == (Planned("bring up"), Planned("suites", "pytest"))
    assert {stage: [one.name for one in results] for stage, results in found.reported.items()} == {
        "suites": ["a.passed [orders]"]
    }
    assert (found.broken, found.outcome) == ((), Outcome.PASSED)


def test_a_stage_that_never_began_is_named(run: RunWriter) -> None:
    run.tool_finished(0)
    assert read_run(run.directory).broken == (
        "stage bring up: planned and never reported",
        "stage suites: planned and never reported",
    )


def test_a_result_of_another_stage_is_no_report(run: RunWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest_reports(run.directory, monkeypatch, Outcome.PASSED, stage="")
    close(run)
    found = read_run(run.directory)
    assert found.broken == (
        "stage suites: pytest was planned and never reported a result",
        "pytest took part of its own and was not planned",
    )
    assert found.outcome is Outcome.ERROR


def test_a_stage_that_failed_is_named_once(run: RunWriter) -> None:
    run.stage_started("bring up")
    run.stage_finished("bring up", "failed")
    run.stage_started("suites")
    run.tool_finished(0)
    broken = read_run(run.directory).broken
    assert broken == ("stage bring up: failed", "stage suites: unfinished")


def test_a_stage_that_failed_explains_the_exit_codes(run: RunWriter) -> None:
    for stage in ("bring up", "suites"):
        run.stage_started(stage)
        run.stage_finished(stage, "failed", exit_code=3)
    run.tool_finished(1)
    assert read_run(run.directory).broken == ("stage bring up: failed", "stage suites: failed")


@pytest.mark.parametrize(
    ("outcomes", "code", "explained"),
    [
        ([Outcome.PASSED], 0, True),
        ([Outcome.FAILED], 1, True),
        ([Outcome.INCONCLUSIVE, Outcome.PASSED], 1, True),
        ([Outcome.PASSED], 1, False),
        ([Outcome.SKIPPED], 1, False),
        ([Outcome.FAILED], 2, False),
        ([Outcome.FAILED], -15, False),
    ],
)
def test_only_a_red_verdict_explains_an_exit_code_and_only_1(
    run: RunWriter, monkeypatch: pytest.MonkeyPatch, outcomes: list[Outcome], code: int, explained: bool
) -> None:
    pytest_reports(run.directory, monkeypatch, *outcomes, code=code)
    close(run, code)
    sentence = f"stage suites: ended with exit code {code}, which no verdict of it explains"
    assert read_run(run.directory).broken == (() if explained else (sentence,))


@pytest.mark.parametrize(
    ("outcome", "code", "explained"),
    [(Outcome.PASSED, 3, False), (Outcome.FAILED, 1, True), (Outcome.FAILED, 3, False)],
)
def test_a_tool_that_was_run_alone_is_held_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: Outcome, code: int, explained: bool
) -> None:
    pytest_reports(tmp_path, monkeypatch, outcome, code=code, stage="")
    assert read_run(tmp_path).broken == (() if explained else (f"pytest ended with exit code {code}",))


def test_objects_that_differ_make_a_run_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest_reports(tmp_path, monkeypatch, Outcome.PASSED, stage="")
    writer = RunWriter(tmp_path, "pytest")
    writer.tool_started(argv=[], versions={}, seed=7)
    writer.changed_objects(["deployment/orders: replicas 3, were 2", "service/orders: gone"])
    writer.tool_finished(0)
    run = read_run(tmp_path)
    assert run.broken == (
        "objects after the run: 2 differ from before it: "
        "deployment/orders: replicas 3, were 2; service/orders: gone",
    )
    assert run.outcome is Outcome.ERROR
