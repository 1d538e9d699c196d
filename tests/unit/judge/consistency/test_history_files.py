"""Histories as NDJSON: they survive writing and reading, and a bad line is named."""

import json

import pytest
from history_building import history, maybe, op, refused
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_stores import MODELS as TOYS
from toy_stores import simulate

from seatrial.errors import BadInput
from seatrial.judge.consistency import History, Operation, format_history, judge_history, parse_history
from seatrial.model.exchange import ExchangeOutcome
from seatrial.model.verdict import Outcome

LINE = '{"kind": "add", "value": 1, "invoked": 0.5, "completed": 1, "outcome": "ok"}'
READ = '{"kind": "read", "value": [1], "invoked": 2, "completed": 3, "outcome": "ok"}'
END = '{"end": true, "operations": 2}'


def test_a_file_is_read() -> None:
    found = parse_history([LINE, "", READ, END], source="h.ndjson")
    assert found == History([op("add", 1, 0.5, 1), op("read", [1], 2, 3)], complete=True)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
_times = st.floats(0, 1e6, allow_nan=False)


@st.composite
def _operations(draw: st.DrawFn) -> Operation:
    begin, length = draw(_times), draw(_times)
    outcome = draw(st.sampled_from(ExchangeOutcome))
    completed = None if outcome is ExchangeOutcome.UNKNOWN and draw(st.booleans()) else begin + length
    return Operation(
        draw(st.text()), draw(_values), begin, completed, outcome, draw(st.text()), draw(st.text())
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(_operations(), max_size=5), st.booleans())
def test_what_is_written_is_read_back(operations: list[Operation], complete: bool) -> None:
    written = History(operations, complete)
    assert parse_history(format_history(written), source="h") == written


@pytest.mark.parametrize("model", TOYS)
def test_a_recorded_history_is_judged_as_the_same_from_its_file(model: str) -> None:
    lines = list(format_history(simulate(model, 2)))
    assert judge_history(lines, model, source="h").outcome is Outcome.PASSED
    assert judge_history(lines[:-1], model, source="h").outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        ([LINE, "{", END], 2, "not JSON"),
        ([LINE, "[1]", END], 2, "not a JSON object"),
        (["null"], 1, "not a JSON object"),
        (["[" * 100_000], 1, "not JSON"),
        ([LINE, "", LINE.replace('"kind"', '"kin"')], 3, "unknown key `kin`"),
        ([LINE.replace('"kind"', '"b": 1, "a": 1, "kind"')], 1, "unknown key `a`"),
        (["{}"], 1, "`kind` is missing"),
        ([LINE.replace('"kind": "add", ', "")], 1, "`kind` is missing"),
        ([LINE.replace('"invoked": 0.5, ', "")], 1, "`invoked` is missing"),
        ([LINE.replace(', "outcome": "ok"', "")], 1, "`outcome` is missing"),
        ([LINE.replace('"ok"', '"fine"')], 1, "not 'fine'"),
        ([LINE.replace('"ok"', "[1]")], 1, "`outcome` is ok, failed or unknown"),
        ([LINE.replace("0.5", '"soon"')], 1, "`invoked` is no number"),
        ([LINE.replace("0.5", "true")], 1, "`invoked` is no number"),
        ([LINE.replace("0.5", "NaN")], 1, "`invoked` is no number"),
        ([LINE.replace('"completed": 1', '"completed": Infinity')], 1, "`completed` is no number"),
        ([LINE.replace("0.5", "1.5")], 1, "completed at 1, before it was invoked at 1.5"),
        ([LINE.replace('"completed": 1', '"completed": null')], 1, "an ok operation needs `completed`"),
        ([LINE.replace('"add"', "5")], 1, "`kind` is not text"),
        ([LINE.replace('"value"', '"key": 7, "value"')], 1, "`key` is not text"),
        ([LINE, END], 2, "the end counts 2 operations, 1 are there"),
        ([LINE, READ, END, LINE], 4, "something follows the end of the history (line 3)"),
        ([LINE, READ, END, END], 4, "something follows the end"),
        ([LINE, READ, '{"end": false}'], 3, "the end is written"),
        ([LINE, READ, '{"end": true, "more": 1}'], 3, "the end is written"),
    ],
)
def test_a_bad_line_is_named(lines: list[str], line: int, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_history(lines, source="h.ndjson")
    assert caught.value.where == f"h.ndjson:{line}"
    assert words in caught.value.what


def test_an_empty_file_is_unknown() -> None:
    assert judge_history([], "set", source="h").outcome is Outcome.INCONCLUSIVE
    assert judge_history(['{"end": true}'], "set", source="h").outcome is Outcome.INCONCLUSIVE


def test_an_unknown_model_and_a_foreign_history_are_refused() -> None:
    with pytest.raises(BadInput, match="unknown model sets") as caught:
        judge_history([LINE], "sets", source="h")
    assert "unique-ids" in caught.value.next_step
    with pytest.raises(BadInput, match="operation 1 is of kind 'add'") as caught:
        judge_history([LINE], "register", source="h.ndjson")
    assert caught.value.where == "h.ndjson"
    assert "The model register knows: read, write." in caught.value.next_step


def test_a_cut_off_history_is_never_valid_and_tells_what_it_shows() -> None:
    verdict = judge_history([LINE, READ.replace("[1]", "[]")], "set", source="h")
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "so far: 1 lost" in verdict.observed


def test_times_and_values_keep_their_form() -> None:
    written = history(op("call", {"body": {"a": [1]}}, 0, 1, "k"), maybe("call", {"body": 1}, 0, "k"))
    lines = list(format_history(written))
    assert json.loads(lines[1]) == {
        "kind": "call",
        "key": "k",
        "value": {"body": 1},
        "invoked": 0.0,
        "completed": None,
        "outcome": "unknown",
    }
    assert parse_history([*lines[:-1]], source="h").complete is False
    assert refused("x", 1, 0, 1).outcome is ExchangeOutcome.FAILED
