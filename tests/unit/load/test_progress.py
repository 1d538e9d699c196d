"""What the page of Locust shows beside its own tables: planned, sent, late, dropped, and true percentiles."""

import csv
import io
from types import SimpleNamespace

import flask
import pytest

from seatrial.load.page import COLUMNS, CSV, KEY, STATS, add_tab
from seatrial.load.progress import ALL, Progress, Shown, rows
from seatrial.model.exchange import DROPPED, Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.traffic.schedule import Constant, sliced

OK, FAILED = ExchangeOutcome.OK, ExchangeOutcome.FAILED


def exchange(
    number: int, took: float = 0.01, *, late: float = 0.0, outcome=OK, error: str = "", journey="look"
):
    planned = 100 + number / 10
    sent = None if error == DROPPED else planned + late
    return Exchange(number, journey, planned, sent, sent and planned + took, outcome, error=error)


def odd_ones_buy(number: int) -> str:
    return "buy" if number % 2 else "look"


def progress(*some: Exchange, worker: int = 0, workers: int = 1) -> Progress:
    seen = Progress(["look", "buy"], sliced(Constant(10).planned(), worker, workers), odd_ones_buy)
    for each in some:
        seen.take(each)
    return seen


def test_arrivals_count_as_planned_once_their_time_has_come():
    seen = progress(exchange(3))
    assert [seen.planned(now) for now in (100.0, 100.05, 101.0, 101.0)] == [1, 1, 11, 11]
    share = progress(exchange(3), worker=1, workers=2)
    assert [share.planned(now) for now in (100.05, 100.1, 101.0)] == [0, 1, 5]


def test_nothing_is_claimed_of_a_plan_before_its_first_request():
    (whole, *_) = rows([progress().to_data(200.0)])
    assert (whole["planned"], whole["sent"], whole["ended"]) == ("", "", 0)


def test_a_schedule_with_an_end_is_planned_no_further():
    seen = Progress(["look"], sliced(Constant(10, 0.5).planned(), 0, 1), lambda _: "look")
    seen.take(exchange(0))
    assert seen.planned(1_000.0) == 5


def test_late_dropped_and_failed_are_counted_and_percentiles_have_both_beginnings():
    seen = progress(
        exchange(0), exchange(1, 0.5, late=0.4), exchange(2, outcome=FAILED, error="reset"),
        exchange(3, error=DROPPED, outcome=FAILED), exchange(4, 0.02, journey="buy"),
    )  # fmt: skip
    whole, look, buy = rows([seen.to_data(100.55)])
    assert (whole["name"], look["name"], buy["name"]) == (ALL, "look", "buy")
    counts = {key: whole[key] for key in ("planned", "sent", "ended", "failed", "late", "dropped")}
    assert counts == {"planned": 6, "sent": 5, "ended": 4, "failed": 1, "late": 1, "dropped": 1}
    assert look["p99_ms"] == pytest.approx(500, rel=0.001)
    assert look["sent_p99_ms"] == pytest.approx(100, rel=0.001)
    assert buy["p50_ms"] == pytest.approx(20, rel=0.001)


def test_each_journey_tells_what_of_it_was_planned_and_sent():
    seen = progress(exchange(0), exchange(1, journey="buy"), exchange(2, error=DROPPED, outcome=FAILED))
    whole, look, buy = rows([seen.to_data(100.45)])
    assert [(each["planned"], each["sent"]) for each in (whole, look, buy)] == [(5, 4), (3, 2), (2, 2)]
    _, look, buy = rows([progress().to_data(200.0)])
    assert (look["planned"], buy["sent"]) == ("", ""), "nothing is claimed before the first request"
    seen.health = GeneratorHealth(3, 2, 1, 0, 0.01, 0.02, 0.1)
    whole, look, buy = rows([seen.to_data(500.0)])
    assert [each["planned"] for each in (whole, look, buy)] == [3, 2, 1], "it was stopped after three"


def test_two_shares_of_which_one_has_not_begun_claim_nothing_of_a_plan():
    some = [progress(exchange(0)).to_data(100.0), progress(worker=1, workers=2).to_data(100.0)]
    assert [each["planned"] for each in rows(some)] == ["", "", ""]


def test_what_is_sent_beside_the_schedule_has_no_plan():
    arrivals = sliced(Constant(10).planned(), 0, 1)
    seen = Progress(["look"], arrivals, lambda _: "look", beside=["buy"])
    for each in (exchange(0, journey="buy"), exchange(3)):
        seen.take(each)
    _, look, buy = rows([seen.to_data(100.3)])
    assert (look["planned"], buy["planned"], buy["ended"]) == (4, "", 1)


def test_the_generator_has_the_last_word():
    seen = progress(exchange(0))
    seen.health = GeneratorHealth(10, 8, 2, 3, 0.01, 0.02, 0.1)
    (whole, *_) = rows([seen.to_data(500.0)])
    assert [whole[key] for key in ("planned", "sent", "late", "dropped")] == [10, 8, 3, 2]


def test_workers_add_up_in_the_master():
    master, worker = Shown(), Shown()
    data: dict = {}
    worker.report(data)
    assert data == {}
    for client in ("one", "two"):
        worker.own = progress(exchange(0), exchange(1))
        worker.report(data)
        master.take_report(client, data)
    master.take_report("idle", {})
    assert master.rows()[0]["ended"] == 4
    master.clear()
    assert master.rows()[0]["ended"] == 0


def test_the_page_gets_a_tab_and_a_csv():
    page = SimpleNamespace(app=flask.Flask("page"), template_args={})
    page.app.add_url_rule(STATS, "stats", lambda: {"state": "running"})
    page.app.add_url_rule("/other", "other", lambda: {"state": "running"})
    shown = Shown()
    shown.own = progress(exchange(0))
    add_tab(SimpleNamespace(web_ui=page), shown.rows)
    ask = page.app.test_client().get
    answer = ask(STATS).get_json()
    assert answer["state"] == "running"
    assert [stats["key"] for stats in answer["extended_stats"]] == [KEY]
    assert answer["extended_stats"][0]["data"][0]["ended"] == 1
    assert ask("/other").get_json() == {"state": "running"}
    table = list(csv.DictReader(io.StringIO(ask(CSV).text)))
    assert [row["Completed"] for row in table] == ["1", "1", "0"]
    (told,) = page.template_args["extended_tables"]
    assert [column["title"] for column in told["structure"]] == list(COLUMNS.values())
