"""Tried: a workload grows under load and is green, and what it takes from others is seen by nobody."""

from __future__ import annotations

from dataclasses import replace

from load_steps import BEFORE
from observations import exchange
from scaled_shop import ADDED, NO_SLOT, OWN, STOCK, STORE, during, judged, sent, step

from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.exchange import DROPPED
from seatrial.model.log import LogLine
from seatrial.model.timeline import Change, PodSeen
from seatrial.model.verdict import Outcome


def test_the_neighbour_without_connections_is_red_though_the_workload_is_green() -> None:
    made = step(sent(during), logs=[LogLine(141.2, "store-0", "postgres", NO_SLOT)])
    verdict = judge(CHECKS.get("scaling.scale-out-breaks-no-neighbour"), made)
    assert verdict.outcome is Outcome.FAILED
    assert "more connections, with those of others, than the store admits" in verdict.next_step
    own = {
        name: judge(CHECKS.get(f"scaling.{name}"), made).outcome
        for name in ("scale-in-loses-nothing", "does-not-oscillate")
    }
    assert Outcome.FAILED not in own.values()


def test_nothing_was_scaled_out() -> None:
    """Nothing was tested: never a pass, also where a pod was replaced or never ran."""
    still = [*BEFORE, *OWN, STOCK, STORE]
    assert judged(seen=still).outcome is Outcome.ERROR
    assert "nothing was scaled out" in judged(seen=still).observed
    added = [state for state in ADDED if isinstance(state, PodSeen)]
    pending = [replace(state, started_at=None, ready=False) for state in added]
    assert judged(seen=[*still, *pending]).outcome is Outcome.ERROR
    replaced = [
        replace(OWN[0], at=129.0, deleting=True), replace(OWN[0], at=130.0, change=Change.DELETED),
        *(state for state in added if state.uid == "a"),
    ]  # fmt: skip
    assert judged(seen=[*still, *replaced]).outcome is Outcome.ERROR


def test_a_journey_that_the_workload_answers_is_no_neighbour_whatever_the_file_says() -> None:
    mine = judged(sent(backend="orders-1"))
    assert mine.outcome is Outcome.ERROR
    assert "count: declared to pass orders by, and answered by it" in mine.observed


def test_too_few_requests() -> None:
    assert judged([]).outcome is Outcome.INCONCLUSIVE
    assert "count: 0 of 0 requests failed" in judged([]).observed
    assert judged(sent(per_second=0.3)).outcome is Outcome.INCONCLUSIVE
    assert judged([e for e in sent() if e.planned_at > 125]).outcome is Outcome.INCONCLUSIVE
    never = [replace(exchange(150.0), journey="count", sent_at=None, completed_at=None, error=DROPPED)]
    assert judged(never * 500).outcome is Outcome.INCONCLUSIVE
