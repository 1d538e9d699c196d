"""Profiles: the core is one workload of each core scenario, the full one leaves nothing out."""

from pathlib import Path

import pytest

from seatrial.commands._jobs import Choice, jobs_of
from seatrial.harness.estimate import suites_seconds
from seatrial.model.check import CHECKS, CORE, Every
from seatrial.model.plan import Profile
from seatrial.model.profile import carried_on, judged_by, leaves_out, results_of
from seatrial.model.scenario import SCENARIOS
from seatrial.settings import load_system, settings_from

SAMPLE = Path(__file__).parents[2] / "fixtures" / "systems" / "chandlery.yaml"


@pytest.fixture(scope="module")
def system():
    return load_system(settings_from({"system": SAMPLE}, {}))


@pytest.fixture(scope="module")
def checks():
    return [check for check in CHECKS.all().values() if not isinstance(check.scenario, Every)]


def test_the_full_profile_leaves_nothing_out(system, checks):
    for check in checks:
        assert judged_by(Profile.FULL, check, system) == check.subjects(system)
        assert not leaves_out(Profile.FULL, check, system)


def test_the_core_judges_each_core_check_on_a_workload_that_has_what_it_needs(system, checks):
    core = [check for check in checks if check.level is CORE and check.subjects(system)]
    assert core
    for check in core:
        assert judged_by(Profile.CORE, check, system)
        assert not leaves_out(Profile.CORE, check, system)


def test_the_core_carries_out_what_no_core_check_judges_on_nothing(system, checks):
    judged = {check.scenario for check in checks if check.level is CORE}
    for name, scenario in SCENARIOS.all().items():
        assert bool(carried_on(Profile.CORE, scenario, system)) == (name in judged)


def test_a_check_takes_a_workload_of_its_own_where_the_first_lacks_its_needs(system, checks, monkeypatch):
    alike = [check for check in checks if check.scenario == "delete-pod"]
    first, *rest = alike[0].subjects(system)
    monkeypatch.setattr(
        type(alike[0]), "subjects", lambda check, _: rest if check is alike[-1] else [first, *rest]
    )
    chosen = carried_on(Profile.CORE, SCENARIOS.get("delete-pod"), system)
    assert {subject.role for subject in chosen} == {first.role, rest[0].role}


def test_a_check_without_a_workload_is_reported_as_unsupported_in_each_profile(system, checks, monkeypatch):
    monkeypatch.setattr(type(checks[0]), "subjects", lambda check, _: [])
    for profile in Profile:
        assert results_of(profile, checks[0], system) == [f"{checks[0].id} [system]"]


def test_the_core_takes_less_time_and_plans_fewer_results(system):
    assert suites_seconds(system, Profile.CORE) < suites_seconds(system, Profile.FULL)
    core, full = (
        {name for job in jobs_of(Choice(profile=profile), system) for name in job.planned.checks}
        for profile in Profile
    )
    assert core < full


def test_what_is_named_is_planned_on_every_workload(system):
    named = "orchestration.pod-replacement"
    [job] = jobs_of(Choice(("suites",), (named,), profile=Profile.CORE), system)
    assert set(job.planned.checks) == set(results_of(Profile.FULL, CHECKS.get(named), system))
    assert list(job.arguments[-4:]) == ["--profile", "full", "--check", named]
