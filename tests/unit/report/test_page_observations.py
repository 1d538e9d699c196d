"""What was observed stands on the page as far as it goes, and nothing unfinished looks passed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from page_building import (
    HEALTH,
    PASSED,
    UNVERIFIED,
    answered,
    closed,
    judging,
    observe,
    page,
    started,
)

from seatrial.model.exchange import ExchangeOutcome
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import CONTROL, Record
from seatrial.model.step import StepRecord
from seatrial.model.timeline import Change, Clock, NodeSeen, Timeline
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record import codec
from seatrial.record.observations import StreamRecord
from seatrial.record.reader import read_run
from seatrial.report.view import view_of


def test_an_unfinished_run_says_so_and_never_looks_passed(tmp_path: Path) -> None:
    started(tmp_path).check_finished(PASSED)
    root = page(tmp_path)
    head = root.find("header", class_="page-head")[0]
    assert head.attributes["class"] == "page-head error"
    assert "did not finish" in head.find("h1")[0].text
    assert (
        "The run did not finish: pytest left no closing record"
        in root.find("section", class_="banner")[0].text
    )


def test_a_check_that_never_ended_has_its_own_row(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_started("a.b", "orders", "It MUST.")
    root = page(tmp_path)
    row = root.find("table", class_="verdicts")[0].find("tbody")[0].find("tr")[0]
    assert row.find("td", class_="outcome")[0].text == "unfinished"
    assert "the check began and never ended" in row.text
    assert "It MUST." in row.text


def test_an_empty_run_is_no_pass(tmp_path: Path) -> None:
    started(tmp_path).tool_finished(0)
    root = page(tmp_path)
    assert "No evidence is never a pass" in root.text
    assert root.find("header")[0].attributes["class"] == "page-head inconclusive"


def test_a_run_whose_checks_were_all_skipped_does_not_look_passed(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(
        CheckResult("a.b", "", "", Verdict(Outcome.SKIPPED, "no consent", "consent"), "pytest", 1.0, 1.0)
    )
    writer.tool_finished(0)
    assert page(tmp_path).find("header")[0].attributes["class"] == "page-head inconclusive"


def test_an_observation_that_never_ended_is_an_error_with_what_it_had(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(PASSED)
    kept = observe(writer, [answered(n, n / 10) for n in range(50)], faults=[UNVERIFIED])
    kept.step(StepRecord("1", "inject", "delete-pod", 1.0, None))
    writer.tool_finished(0)
    root = page(tmp_path)
    assert root.find("header", class_="page-head")[0].attributes["class"] == "page-head error"
    assert "1 part of it began and never ended." in root.find("h1")[0].text
    row = root.find("table", class_="verdicts")[0].find("tbody")[0].find("tr")[0]
    assert row.find("td", class_="outcome")[0].text == "unfinished"
    text = root.find("section", id="check-2")[0].text
    for part in (
        "the observation began and never ended", "Began and never ended.", "50 requests planned",
        "interrupted", "Not verified", "not reverted", "available again never",
    ):  # fmt: skip
        assert part in text
    assert view_of(read_run(tmp_path)).exit_code == 1
    assert json.loads((tmp_path / "run.json").read_text())["exit_code"] == 1


def test_an_observation_that_nobody_judged_is_an_error(tmp_path: Path) -> None:
    writer = started(tmp_path, "chaos")
    writer.check_finished(PASSED)
    closed(observe(writer, faults=[UNVERIFIED]))
    writer.tool_finished(0)
    root = page(tmp_path)
    assert "1 observation was never judged." in root.find("h1")[0].text
    assert "records were left, but no verdict" in root.find("section", id="check-2")[0].text
    assert view_of(read_run(tmp_path)).exit_code == 1


def test_an_observation_judged_by_a_passed_check_but_never_ended_is_no_pass(tmp_path: Path) -> None:
    writer = started(tmp_path)
    kept = observe(writer, [answered(0, 1.0)])
    writer.check_finished(judging(kept.directory.name))
    writer.tool_finished(0)
    assert view_of(read_run(tmp_path)).exit_code == 1
    assert "Began and never ended." in page(tmp_path).find("section", id="check-1")[0].text


def test_a_passed_check_whose_observation_is_missing_is_no_pass(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(judging("gone.orders"))
    writer.tool_finished(0)
    assert view_of(read_run(tmp_path)).exit_code == 1
    assert "An observation that a passed check judged is missing" in page(tmp_path).text


def test_of_checks_alike_the_worst_draws_what_they_judged(tmp_path: Path) -> None:
    writer = started(tmp_path)
    name = closed(observe(writer, [answered(0, 1.0)]))
    writer.check_finished(judging(name))
    writer.check_finished(judging(name, check="a.c", verdict=replace(PASSED.verdict, outcome=Outcome.FAILED)))
    writer.tool_finished(1)
    root = page(tmp_path)
    drawn = [len(root.find("section", id=name)[0].find("figure")) for name in ("check-1", "check-2")]
    assert drawn == [0, 1]


def test_a_check_of_every_disruption_leaves_each_chart_to_its_own_check(tmp_path: Path) -> None:
    writer = started(tmp_path)
    names = [closed(observe(writer, [answered(0, 1.0)], target=target)) for target in ("orders", "cart")]
    every = replace(PASSED.verdict, outcome=Outcome.FAILED)
    writer.check_finished(judging(*names, check="data.every", verdict=every))
    writer.check_finished(judging(names[0]))
    writer.tool_finished(1)
    root = page(tmp_path)
    sections = [root.find("section", id=f"check-{number}")[0] for number in (1, 2)]
    drawn = [[part.attributes["id"] for part in each.find("div", class_="observation")] for each in sections]
    assert drawn == [["observation-2"], ["observation-1"]]


@pytest.mark.parametrize(
    ("outcome", "value", "reason", "word"),
    [
        (
            MeasurementOutcome.ANSWERED,
            {"holds": False, "rows": [{"id": 7}], "expected": "no row"},
            "",
            "broken",
        ),
        (MeasurementOutcome.REFUSED, {}, "permission denied", "refused"),
        (MeasurementOutcome.REFUSED, {"holds": True}, "permission denied", "refused"),
        (MeasurementOutcome.COULD_NOT_TRY, {}, "no primary", "could not be tried"),
        (MeasurementOutcome.ANSWERED, {"holds": "yes"}, "", "not known"),
    ],
)
def test_an_invariant_that_does_not_hold_says_why(
    tmp_path: Path, outcome: MeasurementOutcome, value: dict[str, object], reason: str, word: str
) -> None:
    writer = started(tmp_path)
    kept = observe(writer, [answered(0, 1.0)])
    kept.measurement(Measurement("invariant", "totals-add-up", 1.0, 1.1, outcome, value, reason))
    writer.check_finished(judging(closed(kept)))
    writer.tool_finished(0)
    (row,) = page(tmp_path).find("div", **{"aria-label": "Invariants"})[0].find("tbody")[0].find("tr")
    assert row.find("td")[1].text == word
    assert row.find("td")[1].attributes["class"] == "failed-text"
    assert reason in row.text
    if word == "broken":
        assert row.find("td")[2].text == "expected no row; 1 row, first {'id': 7}"


def test_a_fault_that_was_impossible_disturbed_nothing(tmp_path: Path) -> None:
    writer = started(tmp_path)
    why = "the budget permits 0 of 2 pods to go"
    fault = replace(UNVERIFIED, effect="", impossible=why)
    traffic = [answered(n, n / 2, 0.005) for n in range(50)]
    failed = replace(traffic[30], outcome=ExchangeOutcome.FAILED)
    writer.check_finished(judging(closed(observe(writer, [*traffic[:30], failed], faults=[fault]))))
    writer.tool_finished(0)
    root = page(tmp_path)
    (item,) = root.find("ol", class_="faults")[0].find("li")
    assert why in item.text
    assert "nothing was disturbed" in item.text
    for part in ("not reverted", "Not verified", "available again", "client error"):
        assert part not in item.text
    assert not root.find("rect", class_="fault-band")


def test_each_arm_has_a_chart_of_its_own(tmp_path: Path) -> None:
    writer = started(tmp_path)
    kept = observe(writer, [answered(n, 100 + n / 10) for n in range(100)])
    (kept.directory / "control.ndjson").write_text(
        "".join(codec.dumps(answered(n, n / 10)) + "\n" for n in range(70))
    )
    kept.stream(StreamRecord(CONTROL, "control", "control.ndjson", ("browse",), HEALTH, -1.0))
    seen = [NodeSeen(at, Change.MODIFIED, "worker", at < 105, True) for at in (0.0, 105.0)]
    writer.check_finished(judging(closed(kept, Timeline(0.0, 110.0, Clock(0, 0, 0), tuple(seen)))))
    writer.tool_finished(0)
    section = page(tmp_path).find("section", id="check-1")[0]
    assert len(section.find("figure")) == 2
    assert "100 requests planned" in section.find("figure")[0].text
    assert "70 requests planned" in section.find("figure")[1].text
    assert "7 s, from" in section.find("figure")[1].text, "the control ended before the node was lost"


def test_a_record_that_was_not_kept_is_named(tmp_path: Path) -> None:
    writer = started(tmp_path)
    kept = observe(writer)
    failure = Verdict(Outcome.ERROR, "the traffic was not steady", "steady traffic")
    kept.close(None, missing={Record.TIMELINE: "no permission to watch pods"}, failure=failure)
    writer.check_finished(judging(kept.directory.name, verdict=failure))
    writer.tool_finished(1)
    text = page(tmp_path).find("section", id="check-1")[0].text
    assert "No record of timeline: no permission to watch pods" in text
    assert "the traffic was not steady" in text


def test_the_same_check_twice_keeps_its_observations_apart(tmp_path: Path) -> None:
    writer = started(tmp_path)
    for begin in (0.0, 100.0):
        kept = observe(writer, [answered(n, begin + n / 10) for n in range(40 if begin else 60)])
        writer.check_finished(judging(closed(kept), started_at=begin))
    root = page(tmp_path)
    assert "60 requests planned" in root.find("section", id="check-1")[0].text
    assert "40 requests planned" in root.find("section", id="check-2")[0].text
