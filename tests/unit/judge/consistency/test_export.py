"""Exports for Elle and Porcupine, by the mapping in docs/judges.md."""

import json

import pytest
from history_building import history, maybe, op, refused
from toy_stores import simulate

from seatrial.errors import BadInput
from seatrial.judge.consistency import to_elle, to_porcupine


def test_elle_gets_an_invocation_and_a_completion_of_each_operation() -> None:
    seen = history(op("add", 1, 0, 2), op("read", [1], 1, 3), refused("add", 2, 4, 5))
    assert json.loads(to_elle(seen, "set")) == [
        {"index": 0, "time": 0, "type": "invoke", "process": 0, "f": "add", "value": 1},
        {"index": 1, "time": 1_000_000_000, "type": "invoke", "process": 1, "f": "read", "value": None},
        {"index": 2, "time": 2_000_000_000, "type": "ok", "process": 0, "f": "add", "value": 1},
        {"index": 3, "time": 3_000_000_000, "type": "ok", "process": 1, "f": "read", "value": [1]},
        {"index": 4, "time": 4_000_000_000, "type": "invoke", "process": 0, "f": "add", "value": 2},
        {"index": 5, "time": 5_000_000_000, "type": "fail", "process": 0, "f": "add", "value": 2},
    ]


def test_elle_registers_are_transactions_of_one_step() -> None:
    rows = json.loads(to_elle(history(op("write", 1, 0, 1, "x"), op("read", 1, 2, 3, "x")), "register"))
    assert [(row["type"], row["f"], row["value"]) for row in rows] == [
        ("invoke", "txn", [["w", "x", 1]]),
        ("ok", "txn", [["w", "x", 1]]),
        ("invoke", "txn", [["r", "x", None]]),
        ("ok", "txn", [["r", "x", 1]]),
    ]


def test_an_unknown_operation_is_an_info_at_the_end_and_its_process_stops() -> None:
    rows = json.loads(to_elle(history(maybe("add", 1, 0), op("add", 2, 5, 6), op("add", 3, 7, 8)), "set"))
    assert [(row["type"], row["process"], row["value"]) for row in rows] == [
        ("invoke", 0, 1),
        ("invoke", 1, 2),
        ("ok", 1, 2),
        ("invoke", 1, 3),
        ("ok", 1, 3),
        ("info", 0, 1),
    ]


@pytest.mark.parametrize("model", ["set", "counter", "bank", "register"])
def test_each_elle_process_does_one_thing_at_a_time(model: str) -> None:
    rows = json.loads(to_elle(simulate(model, 4), model))
    assert [row["index"] for row in rows] == list(range(len(rows)))
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    state: dict[int, str] = {}
    for row in rows:
        before = state.get(row["process"], "ok")
        assert (row["type"] == "invoke") == (before in ("ok", "fail")), row
        state[row["process"]] = row["type"]
    assert "invoke" not in state.values()


def test_an_instant_operation_is_invoked_before_it_completes() -> None:
    rows = json.loads(to_elle(history(op("add", 1, 5, 5)), "set"))
    assert [row["type"] for row in rows] == ["invoke", "ok"]


def test_porcupine_gets_closed_operations() -> None:
    seen = history(
        op("write", 1, 0, 1, "x"),
        op("read", 1, 2, 3, "x"),
        maybe("write", 2, 1, "x"),
        refused("write", 3, 0, 1),
    )
    assert json.loads(to_porcupine(seen)) == [
        {
            "ClientId": 0,
            "Input": {"kind": "write", "key": "x", "value": 1},
            "Call": 0,
            "Output": 1,
            "Return": 1_000_000_000,
        },
        {
            "ClientId": 2,
            "Input": {"kind": "write", "key": "x", "value": 2},
            "Call": 1_000_000_000,
            "Output": None,
            "Return": 4_000_000_000,
        },
        {
            "ClientId": 0,
            "Input": {"kind": "read", "key": "x", "value": None},
            "Call": 2_000_000_000,
            "Output": 1,
            "Return": 3_000_000_000,
        },
    ]


def test_a_model_that_elle_does_not_have_is_refused() -> None:
    with pytest.raises(BadInput, match="no Elle model for queue"):
        to_elle(history(), "queue")
