"""Tried: the system file names a Service behind an address that leads somewhere else."""

from dataclasses import replace
from typing import Any

import pytest
from dry_session import SYSTEM, Dry, subject
from observations import endpoints, failed
from test_another_workload_answers import led, outcome, seen, system

from seatrial.harness.observe import observe
from seatrial.judge.admissible import admitted
from seatrial.judge.disruption import voluntary
from seatrial.judge.who_answered import void
from seatrial.model.measurement import ENTRY_SERVICE, MeasurementOutcome
from seatrial.model.observation import Observation
from seatrial.model.scenario import SCENARIOS
from seatrial.model.verdict import Outcome

ELSEWHERE = "http://127.0.0.1:1 leads to Service stock (node port 30001 at 10.9.0.1), not to Service orders"
NOT_SHOWN = "nothing in the cluster shows that http://127.0.0.1:1 leads to Service orders"


def claimed(backend: str = "") -> Observation:
    """The Service selects the victim's pods only, and the file says that it is behind the address."""
    return seen(backend, more=(endpoints(80.0, orders_1=True),), service={"name": "orders"})


@pytest.mark.parametrize("reason", [ELSEWHERE, NOT_SHOWN])
@pytest.mark.parametrize("became", [MeasurementOutcome.REFUSED, MeasurementOutcome.COULD_NOT_TRY])
def test_what_the_file_claims_of_the_address_is_no_evidence(became: MeasurementOutcome, reason: str) -> None:
    verdict = admitted(led(claimed(), became, reason), voluntary)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert reason in verdict.observed
    assert "served_by" in verdict.next_step


def test_an_address_that_nobody_looked_behind_shows_nothing() -> None:
    verdict = admitted(claimed(), voluntary)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "whether http://127.0.0.1:1 leads to Service orders was not recorded" in verdict.observed


def test_answers_that_name_another_workload_are_not_excused_by_the_claim() -> None:
    found = void(led(claimed("stock-1"), MeasurementOutcome.REFUSED, ELSEWHERE))
    assert found is not None
    assert found.outcome is Outcome.ERROR
    assert "orders served none of the traffic" in found.observed


def test_a_failure_is_not_hidden_by_it() -> None:
    made = led(claimed(), MeasurementOutcome.REFUSED, ELSEWHERE)
    red = replace(made.trouble, exchanges=(*made.exchanges, failed(100.5)))
    assert outcome(replace(made, arms={"trouble": red})) is Outcome.FAILED


def test_requests_that_are_sent_to_the_service_itself_need_no_look() -> None:
    inside = system(url=None, service={"name": "orders", "port": 80})
    assert outcome(replace(claimed(), system=inside)) is Outcome.PASSED


def test_answers_that_name_the_victim_need_no_look() -> None:
    assert outcome(claimed("orders-1")) is Outcome.PASSED


AT_A_NODE = SYSTEM.replace(
    'url: "http://127.0.0.1:1"', 'url: "http://10.9.0.1:30001", service: {name: basket}'
)
NODE = {"kind": "Node", "status": {"addresses": [{"type": "InternalIP", "address": "10.9.0.1"}]}}


def service(name: str) -> dict[str, Any]:
    return {
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"port": 80, "nodePort": 30001}]},
    }


@pytest.mark.parametrize(
    ("objects", "outcome", "said"),
    [
        ([service("basket"), NODE], MeasurementOutcome.ANSWERED, "its node port 30001 at 10.9.0.1"),
        ([service("stock"), NODE], MeasurementOutcome.REFUSED, "leads to Service stock"),
        ([service("basket")], MeasurementOutcome.COULD_NOT_TRY, "nothing in the cluster shows that"),
    ],
)
def test_every_scenario_looks_before_anything_is_disturbed(
    dry: Dry, objects: list[dict[str, Any]], outcome: MeasurementOutcome, said: str
) -> None:
    dry.world.objects += objects
    scenario = SCENARIOS.get("delete-pod")
    made = observe(dry.session(AT_A_NODE), dry.run, scenario, subject(text=AT_A_NODE))
    (look,) = made.trouble.measured(ENTRY_SERVICE)
    assert look.outcome is outcome
    assert said in (look.reason or look.value["shown_by"])
    assert made.trouble.steps[0].name == ENTRY_SERVICE


def test_an_address_that_nobody_claims_is_not_looked_behind(dry: Dry) -> None:
    made = observe(dry.session(), dry.run, SCENARIOS.get("delete-pod"), subject())
    assert made.trouble.measured(ENTRY_SERVICE) == []
