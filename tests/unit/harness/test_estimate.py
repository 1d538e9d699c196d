"""How long a run will take is known before it starts, and grows with what has to be carried out."""

from dry_session import SYSTEM, Dry, dry_system

from seatrial.harness.estimate import AROUND_SECONDS, scenario_seconds, seconds_on, suites_seconds
from seatrial.harness.observe import bound
from seatrial.model.scenario import SCENARIOS, Subject


def test_a_scenario_takes_its_steps_and_what_is_around_them(dry: Dry):
    subject = Subject("basket", dry_system())
    scenario = SCENARIOS.get("delete-pod")
    assert seconds_on(scenario, subject) == bound(scenario.plan(subject)).expected_seconds + AROUND_SECONDS


def test_twice_the_workloads_take_twice_as_long(dry: Dry):
    more = SYSTEM.replace("journeys:", "  till: {kind: Deployment, name: till, stateless: true}\njourneys:")
    one, two = (scenario_seconds(SCENARIOS.get("delete-pod"), dry_system(text)) for text in (SYSTEM, more))
    assert two == 2 * one > 0
    assert suites_seconds(dry_system(more)) > suites_seconds(dry_system()) > one


def test_what_does_not_apply_takes_no_time(dry: Dry):
    assert scenario_seconds(SCENARIOS.get("store-crash"), dry_system()) == 0
