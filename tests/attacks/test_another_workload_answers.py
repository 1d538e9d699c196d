"""Tried: pods of a workload are replaced while another workload answers all of the traffic."""

from dataclasses import replace
from typing import Any

import pytest
from observations import endpoints, failed, observation, pod, stream, three_faults, timeline, workload

from seatrial.judge.admissible import admitted, judge
from seatrial.judge.disruption import voluntary
from seatrial.judge.who_answered import thin, void
from seatrial.model.check import CORE, Check
from seatrial.model.fault import NONE
from seatrial.model.measurement import ENTRY_SERVICE, Measurement, MeasurementOutcome
from seatrial.model.observation import Observation
from seatrial.model.system import System
from seatrial.model.timeline import Change
from seatrial.model.verdict import Outcome

NEIGHBOUR = replace(pod(80.0, "stock-1", uid="uid-stock"), workload="stock", ip="10.0.0.7")
ANSWERED = MeasurementOutcome.ANSWERED
MINE = pod(80.0, "orders-1", uid="uid-1", ready=True)


def system(**entry: Any) -> System:
    workloads = {
        name: {"kind": "Deployment", "name": name, "stateless": True} for name in ("orders", "stock")
    }
    return System.model_validate(
        {
            "apiVersion": "seatrial/v1",
            "kind": "System",
            "metadata": {"name": "shop"},
            "target": {"context": "nowhere", "namespace": "shop"},
            "entry": {"url": "http://127.0.0.1:1", **entry},
            "workloads": {**workloads, "ledger": {"kind": "StatefulSet", "name": "ledger", "stateful": True}},
            "journeys": {"browse": {"request": {"path": "/"}}},
        }
    )


def seen(*backends: str, more: tuple[Any, ...] = (), target: str = "orders", **entry: Any) -> Observation:
    """Three pods were replaced; the answers name `backends` in turn."""
    exchanges = [replace(each, backend=backends[n % len(backends)]) for n, each in enumerate(stream(90, 140))]
    watched = timeline(workload(1.0), NEIGHBOUR, MINE, *more)
    made = observation(exchanges, three_faults(), timeline=watched)
    return replace(made, target=target, journey="browse", system=system(**entry))


def led(made: Observation, outcome: MeasurementOutcome = ANSWERED, reason: str = "") -> Observation:
    """The same where somebody looked to which Service the entry's address leads."""
    look = Measurement(ENTRY_SERVICE, "orders", 70.0, 70.1, outcome, {"shown_by": "its node port"}, reason)
    return replace(made, arms={"trouble": replace(made.trouble, measurements=(look,))})


def outcome(observed: Observation) -> Outcome:
    return admitted(observed, voluntary).outcome


@pytest.mark.parametrize("name", ["stock-1", "10.0.0.7", "stock"], ids=["pod", "address", "workload"])
def test_answers_of_another_workload_are_an_error_that_names_it(name: str) -> None:
    verdict = admitted(seen(name), voluntary)
    assert verdict.outcome is Outcome.ERROR
    assert "orders served none of the traffic" in verdict.observed
    assert "stock 5000" in verdict.observed


@pytest.mark.parametrize("name", ["orders-1", "10.0.0.1", "orders", "stock-1, orders-1"])
def test_answers_of_the_workload_pass(name: str) -> None:
    assert outcome(seen(name)) is Outcome.PASSED


@pytest.mark.parametrize("name", ["", "v1.4.2"])
def test_answers_that_name_nobody_who_is_known_are_no_pass(name: str) -> None:
    verdict = admitted(seen(name), voluntary)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "nothing shows who answered" in verdict.observed
    assert name in verdict.observed
    assert "served_by" in verdict.next_step


def test_a_small_part_of_the_answers_is_no_pass_and_no_error() -> None:
    assert outcome(seen(*["stock-1"] * 9, "orders-1")) is Outcome.INCONCLUSIVE
    assert outcome(seen("stock-1", "orders-1")) is Outcome.PASSED
    assert outcome(seen("stock-1", "")) is Outcome.INCONCLUSIVE, "some may have been the victim's"


def test_a_failure_that_was_seen_is_hidden_by_nothing_thin() -> None:
    nobody = seen("")
    red = replace(nobody.trouble, exchanges=(*nobody.exchanges, failed(100.5)))
    assert outcome(replace(nobody, arms={"trouble": red})) is Outcome.FAILED


def test_the_service_behind_the_entry_shows_it_where_answers_name_nobody() -> None:
    mine, both = endpoints(80.0, orders_1=True), endpoints(80.0, orders_1=True, stock_1=True)
    assert outcome(led(seen("", more=(mine,), service={"name": "orders"}))) is Outcome.PASSED
    assert outcome(led(seen("", more=(both,), service={"name": "orders"}))) is Outcome.INCONCLUSIVE
    assert outcome(led(seen("", more=(mine,), service={"name": "other"}))) is Outcome.INCONCLUSIVE
    assert outcome(led(seen("", service={"name": "orders"}))) is Outcome.INCONCLUSIVE, "it had no endpoints"
    deleted = replace(mine, change=Change.DELETED)
    assert outcome(led(seen("", more=(deleted,), service={"name": "orders"}))) is Outcome.INCONCLUSIVE
    forwarded = led(seen("stock-1", more=(mine,), service={"name": "orders"}))
    assert outcome(forwarded) is Outcome.PASSED, "a proxy may forward"


def test_a_workload_behind_another_one_is_not_shown_to_have_served_nothing() -> None:
    behind = seen("stock-1")
    data = system().model_dump(by_alias=True, exclude_unset=True)
    data["journeys"]["browse"]["through"] = ["stock", "orders"]
    assert outcome(replace(behind, system=System.model_validate(data))) is Outcome.INCONCLUSIVE
    for path in (["stock"], ["orders"]):
        data["journeys"]["browse"]["through"] = path
        assert outcome(replace(behind, system=System.model_validate(data))) is Outcome.ERROR, path


def test_without_watches_a_pods_name_says_nothing() -> None:
    blind = seen("orders-1")
    assert (
        outcome(replace(blind, arms={"trouble": replace(blind.trouble, timeline=None)})) is not Outcome.PASSED
    )


def test_no_check_judges_it_whatever_its_judge_says() -> None:
    passing = Check("data.made", CORE, "x", frozenset(), (), "MUST", "Do.", (), "", voluntary)
    assert judge(passing, seen("stock-1")).outcome is Outcome.ERROR
    assert judge(passing, seen("")).outcome is Outcome.INCONCLUSIVE
    assert judge(passing, seen("orders-1")).outcome is Outcome.PASSED


def test_the_header_of_the_entry_is_that_of_every_journey_without_its_own() -> None:
    spec = system(served_by="X-Pod")
    assert {journey.served_by for journey in spec.journeys.values()} == {"X-Pod"}
    assert spec == System.model_validate(spec.model_dump(by_alias=True, exclude_unset=True))


def test_answers_of_another_journey_say_nothing_of_the_subjects() -> None:
    mine = seen("")
    others = tuple(replace(each, journey="count", backend="orders-1") for each in mine.exchanges)
    arm = replace(mine.trouble, exchanges=(*mine.exchanges, *others))
    assert void(replace(mine, arms={"trouble": arm})) is None
    assert thin(replace(mine, arms={"trouble": arm})) is not None


def test_where_nothing_is_disturbed_nobody_must_have_answered() -> None:
    for backend in ("", "stock-1"):
        looking = replace(seen(backend), disruption=NONE)
        assert (void(looking), thin(looking)) == (None, None)
