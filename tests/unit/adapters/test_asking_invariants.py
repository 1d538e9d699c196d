"""Invariants are asked until they hold or their time is over, and what they answer is compared as JSON."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from seatrial.adapters import CouldNotTry, Refused, invariants
from seatrial.adapters.invariants import answer_of, ask_http, ask_sql, converge, field_of, same
from seatrial.adapters.store import Row, Store
from seatrial.model.invariant import HttpQuestion, Invariant
from seatrial.model.measurement import MeasurementOutcome
from seatrial.traffic.http import Http


class Rows(Store):
    """A store that answers the same rows to every statement, by database."""

    def __init__(self, **rows: list[Row]) -> None:
        self.rows = rows

    def query(self, statement: str, *, database: str, at_most_rows: int = 100) -> list[Row]:
        return self.rows[database][:at_most_rows]

    primary = replicas = write_witness = read_witness = remove_witnesses = None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "EVERY_SECONDS", 0.005)


def invariant(name: str = "few", **more: Any) -> Invariant:
    given = {"name": name, "requirement": "Few.", "sql": "select", "database": "d"} | more
    return Invariant.model_validate({key: value for key, value in given.items() if value is not None})


def scripted(*answers: object) -> Any:
    """Asks answer one after the other; the last one again and again."""
    left = list(answers)

    def ask(one: Invariant) -> Mapping[str, Any]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return {"holds": answer}

    return ask


def test_each_is_asked_once_before_a_disruption() -> None:
    (one,) = converge([invariant()], scripted(False, True), within_seconds=0)
    assert one.answered
    assert one.value == {"holds": False, "requirement": "Few."}


def test_after_it_they_are_asked_until_they_hold() -> None:
    given = [invariant("late"), invariant("early")]
    late, early = scripted(False, Refused("away"), True), scripted(True, False)
    found = converge(given, lambda one: (late if one.name == "late" else early)(one), within_seconds=60)
    assert [one.name for one in found] == ["late", "early"]
    assert [one.value.get("holds") for one in found] == [True, True], "what holds is not asked again"
    assert found[0].began_at > found[1].began_at


def test_the_last_answer_stands_when_the_time_is_over() -> None:
    (one,) = converge([invariant(converge_seconds=0.05)], scripted(False), within_seconds=60)
    assert one.value["holds"] is False
    (bounded,) = converge([invariant(converge_seconds=600)], scripted(False), within_seconds=0.05)
    assert bounded.value["holds"] is False


def test_why_it_was_not_answered_stands_in_the_measurement() -> None:
    no_right = CouldNotTry("not allowed to create pods/exec", where="pod x", next_step="bind a Role")
    (one,) = converge([invariant()], scripted(no_right), within_seconds=0)
    assert one.outcome is MeasurementOutcome.COULD_NOT_TRY
    assert one.reason == "not allowed to create pods/exec (pod x); bind a Role"
    (two,) = converge([invariant()], scripted(Refused("database is missing")), within_seconds=0, step="end")
    assert (two.outcome, two.step) == (MeasurementOutcome.REFUSED, "end")


@pytest.mark.parametrize(
    ("rows", "more", "holds"),
    [
        ([], {}, True),
        ([{"a": 1}], {}, False),
        ([{"a": 1}], {"equals": 1}, True),
        ([{"a": 1}], {"equals": 1.0}, True),
        ([{"a": 1}], {"equals": 2}, False),
        ([{"a": 1}], {"equals": True}, False),
        ([{"a": None}], {"equals": {"a": None}}, True),
        ([{"a": 1, "b": 2}], {"equals": {"a": 1, "b": 2}}, True),
        ([{"a": 1, "b": 2}], {"equals": 1}, False),
        ([{"a": 1}, {"a": 2}], {"equals": [{"a": 1}, {"a": 2}]}, True),
        ([{"a": 1}, {"a": 2}], {"equals": [{"a": 1}]}, False),
        ([], {"equals": []}, True),
        ([], {"equals": 0}, False),
        ([{"a": 1}], {"same_as": {"sql": "select", "database": "one"}}, True),
        ([{"a": 2}], {"same_as": {"sql": "select", "database": "one"}}, False),
        ([], {"same_as": {"sql": "select", "database": "one"}}, False),
    ],
)
def test_an_answer_holds_or_not(rows: list[Row], more: dict[str, Any], holds: bool) -> None:
    value = ask_sql(invariant(**more), {"store": Rows(d=rows, one=[{"a": 1}])})
    assert value["holds"] is holds
    assert value["rows"] == rows


def test_only_the_first_rows_are_kept_and_that_there_are_more_is_said() -> None:
    value = ask_sql(invariant(), {"store": Rows(d=[{"a": number} for number in range(500)])})
    assert (len(value["rows"]), value["more_rows"], value["holds"]) == (20, True, False)
    full = ask_sql(invariant(), {"store": Rows(d=[{"a": number} for number in range(20)])})
    assert (len(full["rows"]), full["more_rows"]) == (20, False)
    one_more = ask_sql(invariant(), {"store": Rows(d=[{"a": number} for number in range(21)])})
    assert one_more["more_rows"] is True


def test_long_answers_are_not_compared_in_part() -> None:
    many: list[Row] = [{"a": number} for number in range(21)]
    question = invariant(same_as={"sql": "select", "database": "one"})
    with pytest.raises(CouldNotTry, match="more than 20 rows cannot be compared"):
        ask_sql(question, {"store": Rows(d=many, one=many)})
    assert ask_sql(question, {"store": Rows(d=many[:20], one=many[:20])})["holds"] is True


@pytest.fixture
def entry() -> Iterator[Http]:
    """A server that answers /till with JSON and /text with none; everything else is absent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"/till": b'{"open": true, "drawers": [{"cents": 5}]}', "/text": b"hello"}.get(self.path)
            self.send_response(200 if body else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with Http(f"http://127.0.0.1:{server.server_port}") as http:
            yield http
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "expect", "holds"),
    [
        ("/till", {}, True),
        ("/till", {"fields": {"open": True, "drawers.0.cents": 5}}, True),
        ("/till", {"fields": {"open": 1}}, False),
        ("/till", {"fields": {"drawers.1.cents": 5}}, False),
        ("/text", {"fields": {"open": True}}, False),
        ("/gone", {}, False),
        ("/gone", {"status": [404, 410]}, True),
    ],
)
def test_an_answer_through_the_entry_holds_or_not(
    entry: Http, path: str, expect: dict[str, Any], holds: bool
) -> None:
    question = HttpQuestion.model_validate({"path": path, "expect": expect})
    value = ask_http(question, entry)
    assert value["holds"] is holds
    assert value["answer"].keys() == value["expected"].keys() or not holds


def test_what_was_expected_through_the_entry_stands_beside_the_answer(entry: Http) -> None:
    one = ask_http(HttpQuestion.model_validate({"path": "/gone", "expect": {"fields": {"a": 1}}}), entry)
    assert (one["expected"], one["answer"]) == ({"status": 200}, {"status": 404})
    several = ask_http(
        HttpQuestion.model_validate({"path": "/gone", "expect": {"status": [410, 404]}}), entry
    )
    assert several["expected"] == {"status": [404, 410]}
    plain = ask_http(HttpQuestion.model_validate({"path": "/text"}), entry)
    assert plain["holds"] is True, "without fields the answer need not be JSON"


def test_no_answer_through_the_entry_is_a_refusal() -> None:
    question = invariant(sql=None, database=None, http={"path": "/"})
    with Http("http://127.0.0.1:9") as http:
        (one,) = converge([question], lambda one: ask_http(one.http, http), within_seconds=0)  # type: ignore[arg-type]
    assert one.outcome is MeasurementOutcome.REFUSED
    assert "no answer" in one.reason


def test_values_are_compared_as_json() -> None:
    assert same([1, {"a": 2.0}], [1.0, {"a": 2}])
    assert not same([1], [1, 1])
    assert not same({"a": 1}, {"b": 1})
    assert not same(None, False)
    assert not same({"a": 1}, 1)
    assert not same([1], {"a": 1})
    assert field_of({"a": [{"b": 1}]}, "a.0.b") == 1
    assert field_of({"a": 1}, "a.b") is None
    assert answer_of([{"a": 1}, {"a": 2}], 1) == [{"a": 1}, {"a": 2}]
