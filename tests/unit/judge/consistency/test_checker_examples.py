"""Counter, queue and exports on their lines: counts, examples and the order of events."""

import json

import pytest
from history_building import history, maybe, op, refused

from seatrial.errors import BadInput
from seatrial.judge.consistency import Operation, check_counter, check_queue
from seatrial.judge.consistency.export import to_elle, to_porcupine
from seatrial.model.verdict import Outcome, Verdict


def shown(verdict: Verdict) -> list[str]:
    return [line.split(" s  ")[-1] for line in verdict.reasons]


def test_an_add_of_nothing_changes_no_bound() -> None:
    for value, outcome in ((0, Outcome.PASSED), (1, Outcome.FAILED), (-1, Outcome.FAILED)):
        seen = history(op("add", 0, 0, 1), maybe("add", 0, 0), op("read", value, 2, 3))
        assert check_counter(seen).outcome is outcome


def test_the_first_read_out_of_bounds_is_shown_and_the_others_counted() -> None:
    adds = [op("add", 1, n, n + 0.5) for n in range(6)]
    reads = [op("read", value, 5.75, 7) for value in (10, 11, 12)]
    one = check_counter(history(*adds, reads[0]))
    assert one.observed == "6 adds, 1 read: 10 read where 6 to 6 is possible"
    two = check_counter(history(*adds, *reads[:2]))
    assert two.observed.endswith("10 read where 6 to 6 is possible, 1 more reads out of bounds")
    three = check_counter(history(*adds, op("add", 9, 8, 9), *reads))
    assert three.observed.endswith("10 read where 6 to 6 is possible, 2 more reads out of bounds")
    assert shown(three) == [*["add 1: ok"] * 4, "read 10: ok"]
    assert three.reasons[0].split()[0] == "2.000"
    assert three.numbers == {"adds": 7, "reads": 3, "out_of_bounds": 3}


@pytest.mark.parametrize("check", [check_counter, check_queue])
def test_a_history_of_another_kind_is_refused(check: object) -> None:
    with pytest.raises(BadInput, match="operation 1 is of kind 'dance'"):
        check(history(op("dance", 1, 0, 1)))  # type: ignore[operator]


def sent(message: str, at: float, key: str = "k") -> Operation:
    return op("enqueue", message, at, at + 0.5, key)


def taken(message: str | None, at: float) -> Operation:
    return op("dequeue", message, at, at + 0.5)


EMPTY = taken(None, 90)


def test_a_message_is_lost_when_the_queue_was_empty_after_its_acknowledgement() -> None:
    late = op("enqueue", "late", 80, 90, "k")
    verdict = check_queue(history(sent("a", 1), late, EMPTY))
    assert verdict.numbers["lost"] == 2
    assert shown(verdict) == ["enqueue k 'a': ok", "dequeue None: ok"]
    open_yet = check_queue(history(op("enqueue", "late", 80, 90.1, "k"), EMPTY))
    assert open_yet.outcome is Outcome.INCONCLUSIVE
    assert open_yet.observed.endswith("1 accepted message neither taken nor surely lost")


def test_the_example_is_of_what_is_named_first() -> None:
    verdict = check_queue(history(sent("a", 1), taken("x", 3), EMPTY))
    assert verdict.observed.endswith("1 lost, 1 unexpected")
    assert shown(verdict) == ["enqueue k 'a': ok", "dequeue None: ok"]


def test_unknown_takes_excuse_as_many_losses_and_no_more() -> None:
    lost = [sent(str(n), n) for n in range(3)]
    excused = check_queue(history(*lost, maybe("dequeue", None, 50), EMPTY))
    assert excused.numbers["lost"] == 2
    enough = check_queue(history(lost[0], *(maybe("dequeue", None, 50 + n) for n in range(3)), EMPTY))
    assert enough.numbers["lost"] == 0
    assert enough.outcome is Outcome.INCONCLUSIVE
    assert enough.observed.endswith("1 accepted message neither taken nor surely lost")
    partly = check_queue(history(*lost, maybe("dequeue", None, 50), EMPTY, complete=False))
    assert "so far: 2 lost" in partly.observed


def test_the_first_stranger_and_the_first_double_are_shown() -> None:
    strangers = check_queue(history(sent("a", 1), taken("a", 2), taken("x", 3), taken("y", 4), EMPTY))
    assert strangers.numbers["unexpected"] == 2
    assert shown(strangers) == ["dequeue 'x': ok"]
    both = [sent("a", 1), sent("b", 2), *(taken(m, 10 + n) for n, m in enumerate("abab"))]
    doubled = check_queue(history(*both, EMPTY))
    assert doubled.numbers["duplicated"] == 2
    assert shown(doubled) == ["enqueue k 'a': ok", "dequeue 'a': ok", "dequeue 'a': ok"]
    foreign = check_queue(history(sent("a", 1), taken("a", 2), taken("x", 3), taken("x", 4), EMPTY))
    assert foreign.numbers["duplicated"] == 1


def test_the_first_pair_out_of_order_is_shown() -> None:
    messages = [sent(name, at) for name, at in (("a", 1), ("b", 3), ("c", 5), ("d", 7))]
    takes = [taken(name, at) for name, at in (("b", 10), ("a", 12), ("d", 14), ("c", 16))]
    verdict = check_queue(history(*messages, *takes, EMPTY))
    assert verdict.numbers["reordered"] == 2
    assert shown(verdict) == ["enqueue k 'a': ok", "enqueue k 'b': ok", "dequeue 'b': ok", "dequeue 'a': ok"]


def events(*operations: Operation, model: str = "set") -> list[tuple[int, int, str]]:
    return [(e["process"], e["time"], e["type"]) for e in json.loads(to_elle(history(*operations), model))]


def test_an_answer_comes_before_what_is_asked_at_the_same_moment_and_after_its_own_question() -> None:
    assert events(op("add", 1, 0, 1), op("add", 2, 1, 1)) == [
        (0, 0, "invoke"),
        (0, 10**9, "ok"),
        (1, 10**9, "invoke"),
        (1, 10**9, "ok"),
    ]


def test_an_open_operation_ends_last_and_its_process_does_nothing_more() -> None:
    assert events(maybe("add", 1, 0), op("add", 2, 1, 2), op("add", 3, 3, 4)) == [
        (0, 0, "invoke"),
        (1, 10**9, "invoke"),
        (1, 2 * 10**9, "ok"),
        (1, 3 * 10**9, "invoke"),
        (1, 4 * 10**9, "ok"),
        (0, 4 * 10**9, "info"),
    ]


def test_an_unknown_answer_frees_no_process() -> None:
    unknown = op("add", 1, 0, 1, "", maybe("add", 1, 0).outcome)
    assert [process for process, _, _ in events(unknown, op("add", 2, 5, 6))] == [0, 0, 1, 1]
    assert [process for process, _, _ in events(refused("add", 1, 0, 1), op("add", 2, 5, 6))] == [0] * 4


def test_the_first_free_process_is_taken_when_several_are_busy() -> None:
    busy = [op("add", 1, 0, 9), op("add", 2, 1, 2), op("add", 3, 3, 4)]
    assert [process for process, _, kind in events(*busy) if kind == "invoke"] == [0, 1, 1]


def test_a_register_is_told_as_reads_and_writes() -> None:
    seen = history(op("write", 5, 0, 1, "x"), op("read", 5, 2, 3, "x"), maybe("read", None, 4, "x"))
    rows = json.loads(to_elle(seen, "register"))
    write, asked, read = [["w", "x", 5]], [["r", "x", None]], [["r", "x", 5]]
    assert [row["value"] for row in rows] == [write, write, asked, read, asked, asked]


def test_what_never_returned_returns_after_the_end() -> None:
    rows = json.loads(to_porcupine(history(op("add", 1, 0, 5), maybe("add", 2, 1), refused("add", 3, 1, 2))))
    assert [(row["Output"], row["Return"]) for row in rows] == [(1, 5 * 10**9), (None, 6 * 10**9)]
    (only,) = json.loads(to_porcupine(history(maybe("add", 2, 0.5))))
    assert only["Return"] == 10**9


def test_a_write_without_an_answer_keeps_what_it_wrote() -> None:
    rows = json.loads(to_elle(history(maybe("write", 5, 0, "x")), "register"))
    assert [row["value"] for row in rows] == [[["w", "x", 5]]] * 2


def test_operations_of_one_moment_keep_their_order() -> None:
    assert [kind for _, _, kind in events(op("add", 1, 1, 1), op("add", 2, 1, 2), op("add", 3, 2, 3))] == [
        *("invoke", "ok", "invoke", "ok", "invoke", "ok"),
    ]
