"""What doctor says without a cluster: which checks are possible, which not and why, and for how long."""

import pytest
from dry_session import SYSTEM, Dry, dry_system

from seatrial.commands.checks_page import is_disruptive
from seatrial.commands.doctor import _closing, _lines, exit_code
from seatrial.harness.doctor.entry import _named, _tested
from seatrial.harness.doctor.finding import Finding, State, bad, note, ok
from seatrial.harness.doctor.possible import examine_checks, examine_consent, examine_duration
from seatrial.model.check import CHECKS
from seatrial.model.load import Load
from seatrial.model.objectives import JourneyObjectives


def by_check(text: str) -> dict[str, Finding]:
    found = list(examine_checks(dry_system(text)))
    assert len(found) == len(CHECKS.all())
    return {finding.text.split()[0].rstrip(":"): finding for finding in found}


def test_a_check_that_applies_names_whom_it_will_judge(dry: Dry):
    found = by_check(SYSTEM)["orchestration.pod-replacement"]
    assert (found.state, found.text.endswith("can judge basket")) == (State.OK, True)


def test_one_that_does_not_says_what_lacks(dry: Dry):
    found = by_check(SYSTEM)["scaling.follows-load"]
    assert found.state is State.NOTE
    assert "unsupported: it needs an autoscaled workload" in found.text


def test_the_workload_that_lacks_the_least_is_what_is_told(dry: Dry):
    text = SYSTEM.replace(
        "stateless: true}", "stateless: true}\n  db: {kind: StatefulSet, name: db, stateful: true}"
    )
    found = by_check(text)["data.acknowledged-writes-survive"]
    assert "(`acknowledged:` of its journey)" in found.text
    assert "keeps data" not in found.text


def test_without_consent_what_disturbs_will_be_skipped(dry: Dry):
    calm = SYSTEM.replace("disruptive: true", "disruptive: false")
    skipped = {name for name, finding in by_check(calm).items() if "will be skipped" in finding.text}
    assert skipped == {item.id for item in CHECKS.all().values() if is_disruptive(item)}
    assert "will be skipped" in by_check(calm)["orchestration.pod-replacement"].text
    (finding,) = examine_duration(dry_system(calm))
    assert finding.state is State.NOTE


def test_invariants_that_nobody_declared_are_named(dry: Dry):
    assert "no `invariants`" in by_check(SYSTEM)["data.invariants-hold"].text


def test_the_duration_is_said_for_the_suites_and_for_each_scenario(dry: Dry):
    both = " ".join(finding.text for finding in examine_duration(dry_system()))
    assert "pytest suites/ about" in both
    assert "delete-pod about" in both
    assert "store-crash" not in both


def about_load(**load: str) -> list[Finding]:
    found = examine_duration(dry_system(SYSTEM).model_copy(update={"load": Load(**load)}))
    return [finding for finding in found if finding.about == "load"]


def test_a_load_test_that_is_too_short_to_tell_is_said_beforehand(dry: Dry):
    """By default it is long enough; else each first run of a new system would end inconclusive."""
    assert about_load() == []
    (found,) = about_load(arrivals="steps:20x30,10x60")
    assert found.state is State.BAD
    assert "sends 900 requests" in found.text
    assert "2703 that all succeed are needed to show an availability of 0.999" in found.text
    assert about_load(arrivals="ramp:40:60:60") == []
    (wrong,) = about_load(arrivals="often")
    assert "`often` is no schedule" in wrong.text


def test_a_journey_with_an_availability_of_its_own_needs_enough_requests_of_its_own(dry: Dry):
    system = dry_system(SYSTEM)
    name = next(iter(system.journeys))
    own = system.journeys[name].model_copy(update={"objectives": JourneyObjectives(availability=0.999)})
    given = system.model_copy(update={"journeys": {**system.journeys, name: own, "other": own}})
    share = Load(journeys={name: 3, "other": 1})
    found = [
        each for each in examine_duration(given.model_copy(update={"load": share})) if each.about == "load"
    ]
    assert [each.text.split(" (")[0] for each in found] == [
        f"a load test of 60 s sends 2700 requests of {name}",
        "a load test of 60 s sends 900 requests of other",
    ]


def test_consent_is_for_exactly_one_context_and_namespace(dry: Dry):
    assert [each.state for each in examine_consent(dry_system(), "nowhere", "shop")] == [State.OK]
    (other,) = examine_consent(dry_system(), "prod", "shop")
    assert other.state is State.NOTE
    assert "context: prod" in other.next_step


def test_the_exit_code_is_red_only_for_what_a_run_would_end_red_for():
    found = [ok("file", "a"), note("check", "b", "do c")]
    assert exit_code(found) == 0
    assert "nothing stands in the way" in _closing(found)
    assert exit_code([*found, bad("entry", "d", "e")]) == 1
    assert list(_lines(bad("entry", "d", "e"))) == ["entry      BAD   d", f"{'':<17}next: e"]


def test_of_very_many_workloads_some_are_named_and_the_rest_counted(dry: Dry):
    more = "".join(f"\n  s{n}: {{kind: Deployment, name: s{n}, stateless: true}}" for n in range(30))
    found = by_check(SYSTEM.replace("stateless: true}", "stateless: true}" + more, 1))
    assert found["orchestration.pod-replacement"].text.endswith("s7, s8 and 21 more")


PODS = [{"metadata": {"name": "web-1"}, "status": {"podIP": "10.0.0.1"}}, {"metadata": {"name": "web-2"}}]


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ("web-1", "web-1"),
        ("10.0.0.1", "10.0.0.1"),
        ("gateway-1, web-2", "web-2"),
        ("front", "front"),
        ("basket", "basket"),
        ("", ""),
        ("stock-1", ""),
        ("None", ""),
    ],
)
def test_an_answer_names_the_workload_as_a_run_would_take_it(told: str, named: str) -> None:
    assert _named(told, "front", "basket", PODS) == named


def test_what_only_stands_on_the_way_is_not_asked_about(dry: Dry) -> None:
    beside = "stateless: true}\n  gateway: {kind: Deployment, name: gateway}"
    assert _tested(dry_system(SYSTEM.replace("stateless: true}", beside))) == ["basket"]
