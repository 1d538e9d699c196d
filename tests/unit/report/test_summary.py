"""The outcome in a sentence, in a line, in a table, in JUnit and in run.json, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree as Tree

import jsonschema
import pytest
from page_building import EVIL, closed, evil_run, observe, started

from seatrial.model.run import Run
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record.reader import read_run
from seatrial.report.console import summary_text
from seatrial.report.html import build_report
from seatrial.report.view import RunView, view_of

P, F, E, N, S, U = (
    Outcome.PASSED,
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.INCONCLUSIVE,
    Outcome.SKIPPED,
    Outcome.UNSUPPORTED,
)


def run_of(directory: Path, outcomes: Sequence[Outcome], *, code: int | None = 0) -> Run:
    writer = started(directory)
    for number, outcome in enumerate(outcomes):
        verdict = Verdict(outcome, "observed this", "expected that", "" if outcome is P else "do this")
        result = CheckResult(
            f"data.check-{number}", "orders", "It MUST.", verdict, "pytest", number, number + 1.5
        )
        writer.check_finished(result)
    if code is not None:
        writer.tool_finished(code)
    return read_run(directory)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([P], 0),
        ([P, S, U], 0),
        ([], 1),
        ([S, U], 1),
        ([P, N], 1),
        ([P, E], 1),
        ([P, F], 1),
    ],
)
def test_the_exit_code_is_0_only_for_a_pass(tmp_path: Path, outcomes: list[Outcome], expected: int) -> None:
    assert view_of(run_of(tmp_path, outcomes)).exit_code == expected


def test_an_unfinished_run_never_exits_0(tmp_path: Path) -> None:
    run = run_of(tmp_path, [P], code=None)
    assert view_of(run).exit_code == 1
    assert view_of(run).headline == "The run did not finish. Until then the only check passed."
    assert view_of(run).totals.startswith("1 passed in ")
    assert view_of(run).totals.endswith("(run unfinished)")


def test_an_exit_code_without_a_verdict_never_exits_0(tmp_path: Path) -> None:
    run = run_of(tmp_path, [P], code=2)
    assert view_of(run).exit_code == 1
    assert "Pytest ended with exit code 2." in view_of(run).headline


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ([], "Nothing was checked."),
        ([P], "The only check passed."),
        ([P, P, P], "All 3 checks passed."),
        ([P, S, P], "2 of 3 checks passed; 1 was skipped."),
        ([P, P, F], "2 of 3 checks passed; 1 failed: data.check-2 on orders."),
        ([F], "The only check did not pass; 1 failed: data.check-0 on orders."),
        ([F, P, F], "1 of 3 checks passed; 2 failed: data.check-0 on orders and data.check-2 on orders."),
        ([F, N, E, P], "1 of 4 checks passed; 1 failed: data.check-0 on orders; 1 could not be tested; "
         "1 was inconclusive."),
        ([F, F, F, P, U, U], "1 of 6 checks passed; 3 failed; 2 do not apply."),
    ],
)  # fmt: skip
def test_the_headline_is_a_sentence(tmp_path: Path, outcomes: list[Outcome], sentence: str) -> None:
    assert view_of(run_of(tmp_path, outcomes)).headline == sentence


def test_totals_are_worst_first(tmp_path: Path) -> None:
    assert view_of(run_of(tmp_path, [P, F, S, P, E])).totals.startswith(
        "1 failed, 1 error, 1 skipped, 2 passed in "
    )


@pytest.mark.parametrize("width", [48, 80, 200])
def test_the_summary_fits_its_width_and_explains_what_did_not_pass(sample_view: RunView, width: int) -> None:
    lines = summary_text(sample_view, width).splitlines()
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    head = 1 if width > 48 else 0
    assert lines[head].startswith("FAILED        orchestration.pod-replacement")
    for label in ("observed", "expected", "next"):
        assert f"\n    {label:<10}" in text
    assert " ".join(lines).endswith("1 failed, 1 inconclusive, 1 skipped, 3 passed in 10 min 15 s")


def test_the_summary_cannot_steer_the_terminal(tmp_path: Path) -> None:
    evil_run(tmp_path)
    text = summary_text(view_of(read_run(tmp_path)), 100)
    assert not set(text) & set("\x00\x07\x1b\x9b\ud800\u202e")
    text.encode("utf-8")


def test_junit_says_the_same(sample: Path) -> None:
    root = Tree.parse(sample / "junit.xml").getroot()
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    cases = {case.get("name"): case for case in root.iter("testcase")}
    failed = cases["orchestration.pod-replacement [orders]"]
    assert failed.get("classname") == "orchestration"
    assert failed.get("time") == "64.000"
    properties = {item.get("name"): item.get("value") for item in failed.iter("property")}
    assert properties["check"] == "orchestration.pod-replacement"
    assert properties["subject"] == "orders"
    assert properties["requirement"].startswith("A replicated workload MUST")
    failure = failed.find("failure")
    assert failure is not None
    assert failure.text is not None
    assert "expected none" in failure.text
    assert cases["orchestration.node-drain [seatrial-worker]"].find("error").get("type") == "inconclusive"
    assert (
        cases["data.safe-retry [orders]"].find("skipped").get("message") == "no consent for context prod-eu"
    )


@pytest.mark.parametrize(
    ("outcome", "element"),
    [(F, "failure"), (E, "error"), (N, "error"), (S, "skipped"), (U, "skipped"), (P, None)],
)
def test_junit_has_an_element_for_each_outcome(tmp_path: Path, outcome: Outcome, element: str | None) -> None:
    run_of(tmp_path, [outcome])
    build_report(tmp_path)
    case = next(Tree.parse(tmp_path / "junit.xml").iter("testcase"))
    found = [(child.tag, child.get("type")) for child in case if child.tag != "properties"]
    assert found == ([(element, outcome.value)] if element else [])


def test_junit_of_an_unfinished_run_has_errors(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_started("a.b", "orders", "It MUST.")
    writer.path.write_text(writer.path.read_text() + "garbage\n")
    build_report(tmp_path)
    root = Tree.parse(tmp_path / "junit.xml").getroot()
    found = {case.get("name"): case.find("error").get("type") for case in root.iter("testcase")}
    assert found == {
        "a.b [orders]": "unfinished",
        "pytest finished": "unfinished",
        "the record can be read": "damaged",
    }
    assert root.get("errors") == "3"


def test_junit_is_valid_whatever_the_records_hold(tmp_path: Path) -> None:
    evil_run(tmp_path)
    build_report(tmp_path)
    case = next(Tree.parse(tmp_path / "junit.xml").iter("testcase"))
    assert "<script>alert(1)</script>" in str(case.get("name"))


def schema() -> dict[str, object]:
    loaded: dict[str, object] = json.loads(
        resources.files("seatrial.report").joinpath("run.schema.json").read_text()
    )
    return loaded


def test_run_json_is_what_its_schema_says(sample: Path, tmp_path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    evil_run(tmp_path)
    build_report(tmp_path)
    for directory in (sample, tmp_path):
        document = json.loads((directory / "run.json").read_text())
        jsonschema.validate(document, schema())
    assert document["results"][0]["check"] == EVIL


@pytest.mark.parametrize(
    ("key", "value"), [("outcome", "green"), ("schema_version", 2), ("results", [{}]), ("later", 1)]
)
def test_the_schema_refuses_what_is_wrong(sample: Path, key: str, value: object) -> None:
    document = {**json.loads((sample / "run.json").read_text()), key: value}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema())


def test_the_terminal_names_what_forbids_a_pass_beside_the_verdicts(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_started("data.check", "orders", "It MUST.")
    closed(observe(writer))
    observe(writer, target="cart")
    writer.changed_objects(["deployment/orders: replicas 2, were 3"])
    lines = summary_text(view_of(read_run(tmp_path)), 100).splitlines()
    assert lines[:5] == [
        "UNFINISHED    The run did not finish: pytest left no closing record; what there is, is no pass.",
        "UNFINISHED    The check began and never ended: data.check [orders].",
        "!             The observation was never judged: pod-deletion.orders.",
        "UNFINISHED    The observation began and never ended: pod-deletion.cart.",
        "!             Objects after the run: 1 differs from before it: deployment/orders: replicas 2, were",
    ]
