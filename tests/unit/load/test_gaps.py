"""Locust's own tables say what they do not hold; a lost worker is named."""

from types import SimpleNamespace

import pytest
from load_results import OBJECTIVES, result, summary

from seatrial.load.gaps import gaps
from seatrial.load.gate import judge_load
from seatrial.load.outcome import MISSING, LoadRun
from seatrial.load.summary import LoadSummary, summarize
from seatrial.model.verdict import Outcome

FINE = [5.0] * 6_000


def test_tables_that_hold_all_say_nothing():
    assert list(gaps(summary(result(FINE, journeys={"look": FINE})))) == []


@pytest.mark.parametrize(
    ("seen", "named"),
    [
        (summary(result(FINE, dropped=12)), "dropped 12 of 6012 arrivals"),
        (summary(result(FINE, late=90)), "the generator sent 1.5 % of its arrivals more than 10 ms late"),
        (summary(result(FINE), workers=2), "1 of the workers never reported"),
        (summary(result(FINE, journeys={"look": FINE, "buy": []})), "no request of buy was sent"),
        (summary(result(FINE, bad=60)), "60 of 6000 requests failed"),  # report 47: it helps percentiles
    ],
)
def test_what_they_lack_is_named(seen, named):
    ((what, why),) = gaps(seen)
    assert named in what
    assert "tables" in why


def node(state: str) -> SimpleNamespace:
    return SimpleNamespace(state=state)


def lost_run() -> LoadRun:
    """Planted: of three workers one has reported, one is without a heartbeat, one is gone."""
    run = LoadRun("journeys", "constant:60", "http://127.0.0.1:1", workers=3)
    run.clients = {"a": 0, "b": 1, "c": 2}
    run.reported.add("a")
    run.results.append(result(FINE))
    run.look_for_lost({"a": node(MISSING), "b": node(MISSING)})
    return run


def test_a_worker_that_will_not_report_is_not_waited_for():
    run = lost_run()
    assert run.lost == ("worker 1, b", "worker 2, c")
    assert run.complete
    run.look_for_lost({"b": node("running"), "c": node("running")})
    assert not run.complete, "it came back"


def test_a_lost_worker_is_named_and_no_pass():
    run = lost_run()
    seen = summarize(run.results, began_at=0, ended_at=60, workers=3, lost=run.lost)
    verdict = judge_load(seen, OBJECTIVES)
    assert verdict.outcome is Outcome.ERROR
    words = "2 of the workers never reported what they sent (lost: worker 1, b, worker 2, c)"
    assert verdict.observed == words
    assert judge_load(LoadSummary.from_data(seen.to_data()), OBJECTIVES) == verdict
