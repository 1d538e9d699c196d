"""The other journeys are sent beside the subject's, for long enough to be judged."""

import pytest
from dry_session import SYSTEM, Dry, subject

from seatrial.harness.beside import ENOUGH_REQUESTS, bystanders_of
from seatrial.harness.observe import observe
from seatrial.judge.disruption import voluntary
from seatrial.model.fault import VOLUNTARY
from seatrial.model.observation import Observation
from seatrial.model.scenario import SCENARIOS, scenario
from seatrial.model.step import Traffic, inject, repeat, steps, traffic
from seatrial.model.system import MOST_BYSTANDERS, System
from seatrial.model.verdict import Outcome

MINIMAL = {
    "apiVersion": "seatrial/v1", "kind": "System", "metadata": {"name": "large"},
    "target": {"context": "any", "namespace": "large"}, "entry": {"url": "http://large.example"},
}  # fmt: skip


def observed(dry: Dry, **how: object) -> Observation:
    """Three pods are replaced in 9 s while the journey `look` is sent, and `buy` beside it."""

    @scenario("of-this-test", disruption=VOLUNTARY)
    def of_this_test(subject):
        """Deletes three pods."""
        return steps(traffic("look", **how), repeat(3, inject("delete-pod", "basket")))

    return observe(dry.session(SYSTEM), dry.run, SCENARIOS.get("of-this-test"), subject())


def planned(seen: Observation, journey: str) -> list[float]:
    return [exchange.planned_at for exchange in seen.exchanges if exchange.journey == journey]


def test_traffic_goes_on_until_each_bystander_can_be_judged(dry: Dry) -> None:
    seen = observed(dry, bystanders=5.0)
    assert seen.failure is None
    first = seen.faults[0].injected_at - 0.001  # times on disk are rounded, and an arrival falls on it
    assert len([at for at in planned(seen, "buy") if at >= first]) >= ENOUGH_REQUESTS
    assert voluntary(seen).outcome is Outcome.PASSED, voluntary(seen).explain()
    assert "bystander buy of basket: 0 of" in voluntary(seen).observed


def test_a_bystander_that_fails_in_the_fault_is_seen(dry: Dry) -> None:
    dry.world.fails_in_faults = True
    assert "bystander buy of basket" in voluntary(observed(dry, bystanders=5.0)).observed


@pytest.mark.parametrize("how", [{}, {"bystanders": 5.0, "only_reading": True}])
def test_none_is_sent_where_none_is_asked_for_or_none_only_reads(dry: Dry, how: dict[str, object]) -> None:
    seen = observed(dry, **how)
    assert planned(seen, "buy") == []
    assert voluntary(seen).outcome is Outcome.PASSED
    assert seen.trouble.exchanges[-1].planned_at - seen.faults[-1].injected_at < 10


def test_of_many_journeys_the_next_ones_have_their_turn() -> None:
    """A system with hundreds of journeys is not sent five a second of each."""
    journeys = {f"look-{number}": {"request": {"path": f"/{number}"}} for number in range(50)}
    written = {"workloads": {"basket": {"kind": "Deployment", "name": "basket"}}, "journeys": journeys}
    system = System.model_validate({**MINIMAL, **written})
    assert system.bystanders_of("look-3") == [f"look-{number}" for number in range(4, 24)]
    assert system.bystanders_of("look-40") == [f"look-{n}" for n in (*range(11), *range(41, 50))]
    few = system.model_copy(update={"journeys": dict(list(system.journeys.items())[:MOST_BYSTANDERS])})
    assert few.bystanders_of("look-3") == [name for name in few.journeys if name != "look-3"]


def test_what_lasts_is_sent_beside_nothing_but_what_asks_for_it() -> None:
    request = {"request": {"path": "/"}}
    follow = {**request, "protocol": "sse", "lifetime_seconds": 10, "long": True}
    workloads = {"shop": {"kind": "Deployment", "name": "shop"}}
    journeys = {"look": request, "follow": follow, "buy": request, "report": {**request, "long": True}}
    system = System.model_validate({**MINIMAL, "workloads": workloads, "journeys": journeys})
    assert bystanders_of(system, Traffic("look", bystanders=5.0)) == ["buy"]
    assert bystanders_of(system, Traffic("look", bystanders=2.0, lasting=True)) == ["follow", "report"]
    assert bystanders_of(system, Traffic("report", bystanders=2.0, lasting=True)) == ["follow"]
    assert bystanders_of(system, Traffic("look", lasting=True)) == []
    assert system.lookup.long == ["follow", "report"]
