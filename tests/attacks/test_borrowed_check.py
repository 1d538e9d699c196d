"""Tried: an edited experiment names a check of its scenario, and injects something milder than that one."""

from dataclasses import replace
from functools import cache

import pytest
from unhurried import ROOT

from seatrial.chaos.verdicts import experiment_verdict, observation_verdicts
from seatrial.model.check import CHECKS
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.scenario import Subject
from seatrial.model.verdict import Outcome, merge
from seatrial.record.observations import read_observation


@cache
def edited(name: str) -> Observation:
    """A recorded observation, as if an experiment with another method had made it: it has no scenario."""
    return replace(read_observation(ROOT / "tests/recorded/observations" / name).observation, scenario="")


BORROWED = [
    ("delivery.bad-rollout-is-contained", "delete-pod.catalogue", "bad-rollout"),
    ("discovery.name-outage-tolerated", "delete-pod.catalogue", "name-outage"),
    ("orchestration.cold-start-converges", "store-crash.database", "delete-all-pods"),
    ("orchestration.node-loss-is-survived", "cold-start.catalogue", "stop-node"),
    ("orchestration.zone-loss-is-survived", "node-loss.catalogue", "stop-zone"),
    ("orchestration.liveness-detects-hang", "store-crash.database", "freeze-process"),
    ("orchestration.pod-replacement", "name-outage.catalogue", "delete-pod"),
    ("data.transfers-conserve-the-total", "cold-start.orders", "crash-pod"),
]


@pytest.mark.parametrize(("check", "name", "fault"), BORROWED)
def test_a_check_says_nothing_of_faults_that_are_not_its_scenarios(check: str, name: str, fault: str) -> None:
    verdict = experiment_verdict(edited(name), [check], {"status": "completed", "run": []}, ["catalogue"])
    assert verdict.outcome is Outcome.ERROR, verdict.explain()
    assert f"{check} judges {fault} on {edited(name).target}, which was not injected" in verdict.observed


def test_nor_of_the_right_fault_on_another_workload() -> None:
    there = edited("delete-pod.catalogue")
    elsewhere = [replace(fault, workload="orders") for fault in there.faults]
    moved = replace(there, arms={TROUBLE: replace(there.trouble, faults=tuple(elsewhere))})
    (verdict, *_) = observation_verdicts(moved, ["orchestration.pod-replacement"])
    assert verdict.outcome is Outcome.ERROR
    assert "delete-pod on catalogue, which was not injected" in verdict.observed


def test_nor_when_it_was_injected_less_often_than_the_scenario_does() -> None:
    there = edited("delete-pod.catalogue")
    once = replace(there.trouble, faults=there.faults[:1])
    rare = replace(there, repetitions=1, arms={TROUBLE: once})
    (verdict, *_) = observation_verdicts(rare, ["orchestration.pod-replacement"])
    assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.explain()
    assert "1 of 3 repetitions" in verdict.observed


@pytest.mark.parametrize("scenario", ["delete-pod", "node-loss", "name-outage", "cold-start"])
def test_with_the_faults_of_its_scenario_it_says_what_it_says_of_that(scenario: str) -> None:
    observation = edited(f"{scenario}.catalogue")
    assert observation.system is not None
    subject = Subject("catalogue", observation.system)
    every = [check for check in CHECKS.all().values() if check.scenario == scenario]
    own = [check.id for check in every if subject in check.subjects(subject.system)]
    assert own
    assert merge(observation_verdicts(observation, own)).passed
