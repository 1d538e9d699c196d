"""Declared results, which come by the thousand, stand by rule and apart from what was proven."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as Tree

import jsonschema
import pytest
from page_building import EVIL, started
from page_reader import Node, read_page
from test_summary import schema

from seatrial.model.run import Run
from seatrial.model.verdict import CheckResult, Mode, Outcome, Verdict
from seatrial.record.reader import read_run
from seatrial.report.console import summary_text
from seatrial.report.declared import declared_rules, results_of, shown_by
from seatrial.report.html import build_report
from seatrial.report.view import view_of

P, F, E, S, U = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED, Outcome.UNSUPPORTED
ON_ALL = "discovery.name-form"


def declared(
    rule: str, subject: str, outcome: Outcome = P, seen: str = "nothing to object to"
) -> CheckResult:
    places = (f"{subject}.yaml:7 spec.replicas",) if outcome is F else ()
    next_step = "Repair it." if outcome is F or seen.startswith("advice") else ""
    verdict = Verdict(outcome, seen, "none", next_step, reasons=places)
    requirement = f"A rule {rule} MUST hold."
    return CheckResult(rule, subject, requirement, verdict, "pytest", 1.0, 1.001, mode=Mode.DECLARED)


def proven(outcome: Outcome = P, subject: str = "orders", shows: tuple[str, ...] = ()) -> CheckResult:
    verdict = Verdict(outcome, "0 of 612 requests failed", "no lost request", "" if outcome is P else "Look.")
    return CheckResult(
        "orchestration.pod-replacement",
        subject,
        "It MUST answer.",
        verdict,
        "pytest",
        2.0,
        3.0,
        shows=shows,
    )


def mixed() -> list[CheckResult]:
    """Six rules: two hold, one fails on two of three objects, one is waived, two have no object."""
    return [
        *(declared(ON_ALL, name) for name in ("orders", "catalogue", "Service-orders", "database")),
        declared("security.run-as-user", "orders"),
        declared("orchestration.replicas", "orders"),
        declared("orchestration.replicas", "database", F, "1 replica"),
        declared("orchestration.replicas", "nats", F, "1 replica"),
        declared("gateway.node-port", "gateway", S, "waived until 2027-01-01: a kind cluster"),
        declared("orchestration.job-restart", "none", U, "no workload it applies to in manifests"),
        declared("orchestration.job-deadline", "none", U, "no workload it applies to in manifests"),
    ]


def run_with(directory: Path, results: Sequence[CheckResult]) -> Run:
    writer = started(directory)
    for result in results:
        writer.check_finished(result)
    writer.tool_finished(0)
    return read_run(directory)


def page(directory: Path) -> Node:
    return read_page(build_report(directory).read_text("utf-8"))


def test_results_are_shown_by_rule_and_rules_without_an_object_apart(tmp_path: Path) -> None:
    results = results_of(run_with(tmp_path, mixed()))
    rules = results.rules
    assert [(rule.id, rule.outcome) for rule in rules] == [
        ("orchestration.replicas", F),
        ("orchestration.job-deadline", U),
        ("orchestration.job-restart", U),
        ("gateway.node-port", S),
        (ON_ALL, P),
        ("security.run-as-user", P),
    ]
    totals = results.totals
    assert totals.applied == 4
    assert totals.objects == 4, "objects are counted by the rule that was applied to most"
    assert rules[0].by_outcome == [(F, ("database", "nats")), (P, ("orders",))]
    assert (rules[1].subjects, rules[1].by_outcome) == ((), [])


def test_the_headline_keeps_proven_and_declared_apart(tmp_path: Path) -> None:
    run = run_with(tmp_path, [*mixed(), proven(), proven(subject="catalogue")])
    assert view_of(run).headline == (
        "All 2 proven checks passed; 2 of 4 declared rules hold on 4 objects; "
        "1 failed: orchestration.replicas; 1 is waived."
    )
    assert view_of(run).totals.startswith(
        "proven: 2 passed; declared rules: 1 failed, 2 unsupported, 1 skipped, 2 passed; in "
    )


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([proven(), declared(ON_ALL, "a"), declared(ON_ALL, "b")],
         "The only proven check passed; 1 declared rule holds on 2 objects."),
        ([declared(ON_ALL, "a"), declared("data.x", "a")], "2 declared rules hold on 1 object."),
        ([declared("data.x", "none", U), declared("data.y", "none", U)],
         "None of 2 declared rules has an object."),
        ([proven(F), declared(ON_ALL, "a")], "The only proven check did not pass; "
         "1 failed: orchestration.pod-replacement on orders; 1 declared rule holds on 1 object."),
    ],
)  # fmt: skip
def test_the_headline_counts_rules_not_results(
    tmp_path: Path, results: list[CheckResult], sentence: str
) -> None:
    assert view_of(run_with(tmp_path, results)).headline == sentence


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([proven(), declared(ON_ALL, "a")], 0),
        ([declared(ON_ALL, "a")], 0),
        ([proven(), declared(ON_ALL, "a", F)], 1),
        ([proven(), declared(ON_ALL, "a", S), declared("data.x", "none", U)], 0),
        ([declared("data.x", "none", U)], 1),
        ([proven(S), declared(ON_ALL, "a")], 1),
        ([proven(U), declared(ON_ALL, "a")], 1),
    ],
)
def test_what_is_declared_alone_does_not_pass_beside_proven_checks(
    tmp_path: Path, results: list[CheckResult], expected: int
) -> None:
    assert view_of(run_with(tmp_path, results)).exit_code == expected


def test_the_table_has_a_row_for_each_rule_that_does_not_hold(tmp_path: Path) -> None:
    run_with(tmp_path, [*mixed(), proven(F)])
    root = page(tmp_path)
    rows = root.find("table", class_="verdicts")[0].find("tbody")[0].find("tr")
    assert [row.find("a")[0].text for row in rows] == [
        "orchestration.pod-replacement",
        "orchestration.replicas",
        "gateway.node-port",
    ]
    text = " ".join(rows[1].text.split())
    for part in ("on database, nats", "declared", "1 replica", "database.yaml:7 spec.replicas", "Repair it."):
        assert part in text
    assert "orders" not in text, "it holds on orders"
    assert len(root.find("section", class_="check")) == 1, "no section for a declared rule"


def test_what_is_waived_stands_below_what_was_proven(tmp_path: Path) -> None:
    run_with(tmp_path, [*mixed(), proven(), proven(E, "catalogue")])
    rows = page(tmp_path).find("table", class_="verdicts")[0].find("tbody")[0].find("tr")
    assert [(row.find("a")[0].text, row.find("td", class_="outcome")[0].text) for row in rows] == [
        ("orchestration.replicas", "failed"),
        ("orchestration.pod-replacement", "error"),
        ("orchestration.pod-replacement", "passed"),
        ("gateway.node-port", "skipped"),
    ]


def test_all_rules_stand_folded_below_the_table(tmp_path: Path) -> None:
    run_with(tmp_path, [*mixed(), declared("data.y", "orders", P, "advice only: a probe every 5 s")])
    folded = page(tmp_path).find("details", id="declared")[0]
    assert "open" not in folded.attributes
    assert folded.find("summary")[0].text == (
        "Declared rules: 7 rules on 4 objects, 3 passed, 1 failed, 1 waived, 2 without an object"
    )
    rows = folded.find("tbody")[0].find("tr")
    assert [row.find("td", class_="outcome")[0].text for row in rows] == [
        "failed", "skipped", "passed", "passed", "passed", "unsupported", "unsupported",
    ]  # fmt: skip
    assert [part.text for part in rows[0].find("b")] == ["failed", "passed"]
    assert "database, nats" in rows[0].text
    assert "orders: advice only: a probe every 5 s" in folded.text


def test_the_same_said_of_many_rules_is_one_row(tmp_path: Path) -> None:
    wrong = [declared(f"data.rule-{n}", "system", E, "the namespace does not exist") for n in range(140)]
    run_with(tmp_path, wrong)
    root = page(tmp_path)
    rows = root.find("table", class_="verdicts")[0].find("tbody")[0].find("tr")
    assert [row.find("a")[0].text for row in rows] == ["140 rules"]
    lines = summary_text(view_of(read_run(tmp_path)), 100).splitlines()
    assert sum("the namespace does not exist" in line for line in lines) == 1


def test_a_proven_check_stands_beside_the_rules_that_it_shows(tmp_path: Path) -> None:
    names = (
        "orchestration.replicas",
        ON_ALL,
        "data.only-there",
        "data.never-ran",
        "orchestration.job-restart",
    )
    result = proven(F, "database", shows=names)
    run_with(tmp_path, [*mixed(), declared("data.only-there", "orders"), result])
    section = page(tmp_path).find("section", class_="check")[0]
    rows = section.find("table", class_="shows")[0].find("tbody")[0].find("tr")
    shown = [" ".join(" ".join(cell.text for cell in row.find("td")).split()) for row in rows]
    assert "on database: 1 replica failed" in shown[0]
    assert "on database: nothing to object to passed" in shown[1]
    assert "on orders; none is called database passed" in shown[2]
    assert "not judged in this run not judged" in shown[3]
    assert "on no object: no workload it applies to" in shown[4]


def test_an_object_that_shares_its_name_is_found_by_it(tmp_path: Path) -> None:
    rules = declared_rules(
        run_with(tmp_path, [declared("data.x", "StatefulSet-db"), declared("data.x", "my-db", F)])
    )
    assert [
        (item.outcome, item.where) for item in shown_by(proven(subject="db", shows=("data.x",)), rules)
    ] == [(P, "on db")]


def test_of_objects_that_share_a_name_the_worst_counts(tmp_path: Path) -> None:
    results = [declared("data.x", "Service-db", F), declared("data.x", "StatefulSet-db")]
    (found,) = shown_by(proven(subject="db", shows=("data.x",)), declared_rules(run_with(tmp_path, results)))
    assert found.outcome is F


@pytest.mark.parametrize("width", [48, 80, 100])
def test_the_terminal_has_a_table_of_checks_and_a_line_of_rules(tmp_path: Path, width: int) -> None:
    run = run_with(tmp_path, [*mixed(), proven(), proven(F, "catalogue")])
    lines = summary_text(view_of(run), width).splitlines()
    assert max(map(len, lines)) <= width
    text = " ".join(" ".join(lines).split())
    assert text.startswith("outcome check subject" if width > 48 else "FAILED")
    assert text.index("FAILED orchestration.pod-repla") < text.index("passed orchestration.pod-repla")
    assert (
        "declared 2 of 4 rules hold on 4 objects; 1 failed; 1 waived; 2 without an object "
        "FAILED orchestration.replicas: A rule orchestration.replicas MUST hold. "
        "observed database, nats: 1 replica (database.yaml:7 spec.replicas, nats.yaml:7 spec.replicas) "
        "next Repair it." in text
    )
    assert "job-restart" not in text, "a rule without an object is only counted"
    assert "node-port" not in text, "a waived rule is only counted"


def test_a_pass_stands_beside_its_check_at_100_columns(tmp_path: Path) -> None:
    lines = summary_text(view_of(run_with(tmp_path, [proven()])), 100).splitlines()
    assert lines[:2] == [
        "outcome       check                          subject  observed",
        "passed        orchestration.pod-replacement  orders   0 of 612 requests failed",
    ]


def test_every_item_stays_in_junit_and_run_json(tmp_path: Path) -> None:
    run_with(tmp_path, [*mixed(), proven(shows=(ON_ALL,))])
    build_report(tmp_path)
    document = json.loads((tmp_path / "run.json").read_text())
    jsonschema.validate(document, schema())
    assert len(document["results"]) == len(mixed()) + 1
    assert document["totals_proven"] == {"passed": 1}
    assert document["totals_declared"] == {
        "rules": {"failed": 1, "unsupported": 2, "skipped": 1, "passed": 2}, "objects": 4,
    }  # fmt: skip
    assert document["results"][-1]["shows"] == [ON_ALL]
    root = Tree.parse(tmp_path / "junit.xml").getroot()
    assert root.get("tests") == str(len(mixed()) + 1)
    modes = [p.get("value") for p in root.iter("property") if p.get("name") == "mode"]
    assert modes.count("declared") == len(mixed())


def test_the_page_has_for_machines_what_its_tables_leave_open(tmp_path: Path) -> None:
    run_with(tmp_path, [*mixed(), proven()])
    embedded = json.loads(page(tmp_path).find("script")[0].text)
    jsonschema.validate(embedded, schema())
    kept = [(item["check"], item["subject"]) for item in embedded["results"]]
    assert kept == [
        ("orchestration.replicas", "database"), ("orchestration.replicas", "nats"),
        ("gateway.node-port", "gateway"), ("orchestration.pod-replacement", "orders"),
    ]  # fmt: skip
    assert embedded["results_left_out"] == 8


@pytest.mark.parametrize("failing", [0, 100, 1000])
def test_a_page_of_a_thousand_declared_results_stays_small(tmp_path: Path, failing: int) -> None:
    results = [
        declared(f"orchestration.some-longer-rule-{n % 140}", f"object-number-{n}", F if n < failing else P,
                 "the pod template has no label that the selector of its Service asks for")
        for n in range(1000)
    ]  # fmt: skip
    run_with(tmp_path, [*results, proven()])
    assert build_report(tmp_path).stat().st_size < 600_000


def test_hostile_declared_text_stays_text(tmp_path: Path) -> None:
    run_with(tmp_path, [declared(EVIL, EVIL, F, EVIL), proven(subject=EVIL, shows=(EVIL,))])
    root = page(tmp_path)
    assert len(root.find("script")) == 1
    assert not root.find("img")
    text = summary_text(view_of(read_run(tmp_path)), 100)
    assert not set(text) & set("\x00\x07\x1b\x9b\ud800\u202e")
