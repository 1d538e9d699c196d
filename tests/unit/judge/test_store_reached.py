"""What a store did for the traffic, counted between two looks without it and two with it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from observations import crash_fault, exchange, failed, observation

from seatrial.judge.store_reached import Activity, activity_of, failed_without_it
from seatrial.model.exchange import Exchange
from seatrial.model.fault import FaultRecord
from seatrial.model.measurement import STORE_ACTIVITY, Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.system import System

FAULT = crash_fault(100.0, 101.0)
FIRST = exchange(85.0)
"""The traffic begins."""
TWENTY = [exchange(91.0 + n / 4) for n in range(20)]


def look(at: float, rows: float, commits: float = 0.0) -> Measurement:
    value = {"rows": rows, "commits": commits}
    return Measurement(STORE_ACTIVITY, "ledger", at, at + 0.25, MeasurementOutcome.ANSWERED, value)


IDLE = [look(80.0, 1000.0), look(82.25, 1004.0)]
"""Two rows a second."""
BUSY = [look(90.0, 1100.0), look(99.0, 1170.0)]
"""Eight rows a second, for 8.75 s."""


def seen(
    sent: Sequence[Exchange],
    looks: Sequence[Measurement] = (*IDLE, *BUSY),
    faults: Sequence[FaultRecord] = (FAULT,),
    **more: object,
) -> Observation:
    made = observation(sent, faults)
    arms = {TROUBLE: replace(made.trouble, measurements=tuple(looks))}
    return replace(made, arms=arms, target="ledger", **more)


def activity(sent: Sequence[Exchange], looks: Sequence[Measurement] = (*IDLE, *BUSY)) -> Activity | str:
    return activity_of(seen(sent, looks))


def test_it_is_what_was_done_beyond_the_usual_between_the_looks() -> None:
    found = activity([FIRST, *TWENTY])
    assert found == Activity(20, pytest.approx((8.0 - 2.0) * 8.75), "rows written")
    assert str(found) == "52 rows written for 20 answers, beyond what it does by itself"


def test_twenty_answers_are_enough_and_nineteen_are_not() -> None:
    assert isinstance(activity([FIRST, *TWENTY]), Activity)
    assert activity([FIRST, *TWENTY[1:]]) == "only 19 answers came while the store was watched"


def test_answers_count_from_the_end_of_one_look_to_the_begin_of_the_next() -> None:
    inside = [exchange(90.25), exchange(98.75, latency=0.25)]
    outside = [exchange(90.2), exchange(98.75, latency=0.5), failed(95.0)]
    found = activity([FIRST, *inside, *TWENTY, *outside])
    assert isinstance(found, Activity)
    assert found.answers == 22


def test_the_last_two_looks_of_each_kind_count() -> None:
    more = [look(70.0, 7.0), *IDLE, look(86.0, 1.0), *BUSY]
    assert activity([FIRST, *TWENTY], more) == activity([FIRST, *TWENTY])


def test_a_look_belongs_to_the_traffic_from_its_very_begin_to_the_very_fault() -> None:
    edges = [look(85.0, 1100.0), look(99.75, 1200.0)]
    assert isinstance(activity([FIRST, *TWENTY], [*IDLE, *edges]), Activity)
    for late in ([look(84.9, 1100.0), BUSY[1]], [BUSY[0], look(99.8, 1200.0)]):
        assert "not asked twice" in str(activity([FIRST, *TWENTY], [*IDLE, *late]))
    assert "not asked twice" in str(activity([FIRST, *TWENTY], [IDLE[0], look(84.75, 1004.0), *BUSY]))


def test_looks_after_the_first_of_several_faults_are_none_at_the_traffic() -> None:
    later = [*IDLE, BUSY[0], look(105.0, 1170.0)]
    found = activity_of(seen([FIRST, *TWENTY], later, [FAULT, crash_fault(120.0, 121.0)]))
    assert "not asked twice" in str(found)


def test_without_traffic_nothing_is_told() -> None:
    assert "not asked twice" in str(activity([]))
    assert "not asked twice" in str(activity_of(seen([FIRST, *TWENTY], faults=())))


@pytest.mark.parametrize(
    ("idle_rows", "busy_rows", "known"),
    [(0.0, 0.0, True), (1.0, 4.0, True), (-1.0, 70.0, False), (4.0, -4.0, False)],
)
def test_counters_only_grow(idle_rows: float, busy_rows: float, known: bool) -> None:
    """Less than one row a second is no less a count than many; what is less than none began anew."""
    idle, busy = [IDLE[0], look(82.25, 1000.0 + idle_rows)], [BUSY[0], look(99.0, 1100.0 + busy_rows)]
    found = activity([FIRST, *TWENTY], [*idle, *busy])
    if known:
        assert found == Activity(20, pytest.approx((busy_rows / 8.75 - idle_rows / 2) * 8.75), "rows written")
    else:
        assert found == "the store's counters began anew meanwhile"


def test_looks_close_together_are_counted_by_their_time() -> None:
    close = [look(80.0, 1000.0), look(80.75, 1001.0)]
    assert activity([FIRST, *TWENTY], [*close, *BUSY]) == activity([FIRST, *TWENTY])
    touching = [look(80.0, 1000.0), look(80.25, 1000.0)]
    assert isinstance(activity([FIRST, *TWENTY], [*touching, *BUSY]), Activity)


def test_half_a_row_for_each_answer_shows_that_it_was_reached() -> None:
    assert Activity(20, 10.0, "rows written").reached
    assert not Activity(20, 9.9, "rows written").reached
    assert str(Activity(1, -3.0, "rows written")).startswith("0 rows written for 1 answer,")


@pytest.mark.parametrize(("method", "unit"), [("GET", "transactions"), ("POST", "rows written")])
def test_what_is_counted_depends_on_what_the_journey_does(method: str, unit: str) -> None:
    system = System.model_validate(
        {
            "apiVersion": "seatrial/v1",
            "kind": "System",
            "metadata": {"name": "shop"},
            "target": {"context": "nowhere", "namespace": "shop"},
            "entry": {"url": "http://127.0.0.1:1"},
            "workloads": {"ledger": {"kind": "StatefulSet", "name": "ledger", "stateful": True}},
            "journeys": {"browse": {"request": {"method": method, "path": "/"}}},
        }
    )
    looks = [replace(each, value={"rows": 0.0, "commits": each.value["rows"]}) for each in (*IDLE, *BUSY)]
    found = activity_of(seen([FIRST, *TWENTY], looks, system=system, journey="browse"))
    assert isinstance(found, Activity)
    assert (found.unit, found.done > 0) == (unit, method == "GET")
    unknown = activity_of(seen([FIRST, *TWENTY], system=system))
    assert isinstance(unknown, Activity)
    assert unknown.unit == "rows written"


class TestFailedWithoutIt:
    def test_failures_between_two_faults_are_none_before(self) -> None:
        two = [FAULT, crash_fault(120.0, 121.0)]
        assert failed_without_it(seen([FIRST, failed(100.5), failed(110.0)], faults=two))
        assert not failed_without_it(seen([failed(99.0), failed(100.5)], faults=two))
        assert not failed_without_it(seen([FIRST, exchange(100.5)], faults=two))

    def test_those_of_another_journey_show_nothing(self) -> None:
        other = replace(failed(100.5), journey="count")
        assert not failed_without_it(seen([FIRST, other], journey="browse"))
        assert failed_without_it(seen([FIRST, other]))
        before = replace(failed(99.0), journey="count")
        assert failed_without_it(seen([before, failed(100.5)], journey="browse"))
