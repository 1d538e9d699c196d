"""Tried: a store is killed that the writes never reach; nothing is lost, and no client notices."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from observations import crash_fault, failed, observation, stream, timeline, workload

from seatrial.judge.admissible import admitted
from seatrial.judge.disruption import involuntary
from seatrial.judge.store_reached import Activity, activity_of, failed_without_it
from seatrial.model.measurement import STORE_ACTIVITY, Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.system import System
from seatrial.model.verdict import Outcome

SYSTEM = {
    "apiVersion": "seatrial/v1",
    "kind": "System",
    "metadata": {"name": "shop"},
    "target": {"context": "nowhere", "namespace": "shop"},
    "entry": {"url": "http://127.0.0.1:1"},
    "workloads": {
        "ledger": {"kind": "StatefulSet", "name": "ledger", "stateful": True},
        "orders": {"kind": "Deployment", "name": "orders"},
    },
    "journeys": {"browse": {"request": {"method": "POST", "path": "/"}}},
}
IDLE, BUSY = (80.0, 83.0), (90.0, 99.0)


def look(at: float, rows: float, commits: float = 0) -> Measurement:
    value = {"rows": rows, "commits": commits}
    return Measurement(STORE_ACTIVITY, "ledger", at, at + 0.2, MeasurementOutcome.ANSWERED, value)


def looks(for_traffic: float, *, usual_per_second: float = 2.0) -> list[Measurement]:
    """Two without traffic and two with it; `for_traffic` rows came from that between the last two."""
    counted = [1000.0 + usual_per_second * (at - IDLE[0]) for at in (*IDLE, *BUSY)]
    counted[-1] += for_traffic
    return [look(at, rows, rows) for at, rows in zip((*IDLE, *BUSY), counted, strict=True)]


def seen(measured: Sequence[Measurement], *, fails: bool = False, method: str = "POST") -> Observation:
    """20 writes a second from 85 on, all acknowledged; the ledger is killed at 100."""
    sent = stream(85, 140, per_second=20, backend="orders")
    if fails:
        sent = [failed(e.planned_at) if 100.0 <= e.planned_at < 101.0 else e for e in sent]
    made = observation(sent, [crash_fault()], timeline=timeline(workload(1.0)))
    journeys = {"browse": {"request": {"method": method, "path": "/"}}}
    return replace(
        made,
        target="ledger",
        journey="browse",
        repetitions=1,
        system=System.model_validate(SYSTEM | {"journeys": journeys}),
        arms={TROUBLE: replace(made.trouble, measurements=tuple(measured))},
    )


def test_a_store_that_did_no_more_than_by_itself_is_an_error() -> None:
    verdict = admitted(seen(looks(0)), involuntary)
    assert verdict.outcome is Outcome.ERROR
    assert "ledger served none of the traffic: 0 rows written for 176 answers" in verdict.observed
    assert "journey" in verdict.next_step


def test_what_else_it_writes_does_not_count() -> None:
    assert admitted(seen(looks(0, usual_per_second=500)), involuntary).outcome is Outcome.ERROR
    assert admitted(seen(looks(0, usual_per_second=500), fails=True), involuntary).outcome is Outcome.ERROR


def test_a_store_that_took_the_writes_passes() -> None:
    for rows in (90, 176, 900):
        verdict = admitted(seen(looks(rows)), involuntary)
        assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert admitted(seen(looks(80)), involuntary).outcome is Outcome.ERROR


def test_a_journey_that_only_reads_is_told_by_transactions() -> None:
    reads = [replace(each, value={**each.value, "rows": 7}) for each in looks(176)]
    assert admitted(seen(reads, method="GET"), involuntary).outcome is Outcome.PASSED
    assert admitted(seen(reads, method="POST"), involuntary).outcome is Outcome.ERROR
    assert activity_of(seen(reads, method="GET")) == Activity(176, pytest.approx(176, abs=5), "transactions")


UNANSWERED = replace(looks(0)[0], outcome=MeasurementOutcome.COULD_NOT_TRY, value={}, reason="no psql")


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        ([], "was not recorded"),
        ([UNANSWERED, *looks(0)[1:]], "no psql"),
        (looks(0)[1:], "not asked twice before"),
        (looks(0)[:3], "twice during"),
        ([*looks(0)[:3], look(101.0, 9000)], "twice during"),
        ([*looks(0)[:3], look(90.5, 1020)], "only 6 answers"),
        ([*looks(0)[:3], look(99.0, 3)], "began anew"),
    ],
)
def test_where_it_could_not_be_asked_only_failures_without_it_show_that_it_is_needed(
    measured: list[Measurement], words: str
) -> None:
    verdict = admitted(seen(measured), involuntary)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "nothing shows who answered" in verdict.observed
    assert words in verdict.observed
    assert "capabilities" in verdict.next_step
    assert admitted(seen(measured, fails=True), involuntary).outcome is Outcome.PASSED


def test_requests_that_failed_before_it_was_killed_show_nothing() -> None:
    clean, failing = seen([]), seen([], fails=True)
    assert not failed_without_it(clean)
    assert failed_without_it(failing)
    earlier = replace(failing.trouble, exchanges=(failed(95.0), *failing.exchanges))
    assert not failed_without_it(replace(failing, arms={TROUBLE: earlier}))
    assert not failed_without_it(replace(failing, arms={TROUBLE: replace(failing.trouble, faults=())}))


def test_writes_that_failed_are_not_awaited_in_the_store() -> None:
    half = seen(looks(60))
    sent = tuple(failed(e.planned_at) if n % 2 else e for n, e in enumerate(half.exchanges))
    activity = activity_of(replace(half, arms={TROUBLE: replace(half.trouble, exchanges=sent)}))
    assert isinstance(activity, Activity)
    assert (activity.answers, activity.reached) == (88, True)
