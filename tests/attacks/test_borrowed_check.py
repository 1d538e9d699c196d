"""Tried: an edited experiment names a check of its scenario, and injects something milder than that one."""

from dataclasses import replace
from functools import cache
from typing import Any

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


def with_faults(name: str, **changes: Any) -> Observation:
    there = edited(name)
    faults = tuple(replace(fault, **changes) for fault in there.faults)
    return replace(there, arms={TROUBLE: replace(there.trouble, faults=faults)})


SHORT = [
    ("discovery.name-outage-tolerated", "name-outage.catalogue", "name-outage on catalogue for 20.0 s"),
    ("orchestration.node-loss-is-survived", "node-loss.catalogue", "stop-node on catalogue for 30.0 s"),
    ("orchestration.readiness-gates-traffic", "unready-pod.catalogue", "fail-readiness on catalogue for"),
]


@pytest.mark.parametrize(("check", "name", "words"), SHORT)
def test_nor_when_it_was_there_for_a_shorter_time(check: str, name: str, words: str) -> None:
    (fault, *_) = edited(name).faults
    assert fault.verified_at is not None
    verdicts = observation_verdicts(with_faults(name, reverted_at=fault.verified_at + 1.0), [check])
    assert verdicts[0].outcome is Outcome.ERROR, verdicts[0].explain()
    assert f"{check} judges {words}" in verdicts[0].observed
    assert "which was there for 1.00 s" in verdicts[0].observed
    untouched = observation_verdicts(edited(name), [check])
    assert merge(untouched).passed


@pytest.mark.parametrize(("seconds", "outcome"), [(0.5, Outcome.ERROR), (99.0, None)])
def test_nor_when_it_was_given_less_to_do(seconds: float, outcome: Outcome | None) -> None:
    """A consumer that was not stopped first has nothing in hand when it is killed."""
    check, name = "data.consumers-lose-nothing", "consumer-crash.payments"
    there = edited(name)
    given = {"crash-pod": {"frozen_seconds": seconds}, "hold-replicas": {"replicas": 1}}
    faults = tuple(
        replace(fault, details={**fault.details, "arguments": given[fault.fault]}) for fault in there.faults
    )
    made = replace(there, arms={TROUBLE: replace(there.trouble, faults=faults)})
    (verdict, *_) = observation_verdicts(made, [check])
    assert outcome is None or verdict.outcome is outcome, verdict.explain()
    assert ("crash-pod on payments with frozen_seconds" in verdict.observed) is (outcome is Outcome.ERROR)


def test_nor_when_only_one_of_several_was_as_strong() -> None:
    there = edited("delete-pod.catalogue")
    last = replace(there.faults[2], details={"arguments": {"allow_last": True}})
    some = replace(there, arms={TROUBLE: replace(there.trouble, faults=(*there.faults[:2], last))})
    (verdict, *_) = observation_verdicts(some, ["orchestration.pod-replacement"])
    assert verdict.outcome is Outcome.ERROR
    assert "delete-pod on catalogue with allow_last False, which was injected with True" in verdict.observed


@pytest.mark.parametrize("scenario", ["delete-pod", "node-loss", "name-outage", "cold-start"])
def test_with_the_faults_of_its_scenario_it_says_what_it_says_of_that(scenario: str) -> None:
    observation = edited(f"{scenario}.catalogue")
    assert observation.system is not None
    subject = Subject("catalogue", observation.system)
    every = [check for check in CHECKS.all().values() if check.scenario == scenario]
    own = [check.id for check in every if subject in check.subjects(subject.system)]
    assert own
    assert merge(observation_verdicts(observation, own)).passed
