"""A changed configuration is on every replica in time, or it is told how the workload takes it."""

import dataclasses

import pytest
from observations import failed, fault, observation, pod, stream, timeline, workload

from seatrial.judge.configured import EXPECTED, configuration_takes_effect
from seatrial.model.configuration import CHANGE, CONFIGURATION
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE
from seatrial.model.verdict import Outcome

CHANGED = dataclasses.replace(
    fault(100.0, 111.0, kind="ConfigMap", name="products-1"),
    fault=CHANGE, verified_at=100.1, reverted_at=110.0,
)  # fmt: skip
SUBPATH = "/etc/app/a.json of container app is mounted by subPath (a.json)"
LASTING, LATER = MeasurementOutcome.REFUSED, MeasurementOutcome.COULD_NOT_TRY


def look(name, wanted, shows, began_at, ended_at, outcome=MeasurementOutcome.ANSWERED, reason=""):
    value = {"wanted": wanted, "shows": shows}
    return Measurement(CONFIGURATION, name, began_at, ended_at, outcome, value, reason)


BEFORE = (look("a", "old", "old", 98.0, 98.2), look("b", "old", "old", 98.0, 98.4))
AFTER = (look("a", "new", "new", 100.2, 102.0), look("b", "new", "new", 100.2, 103.5))
STALE = (AFTER[0], look("b", "new", "old", 100.2, 230.2))
BACK = (look("a", "old", "new", 110.5, 111.0),)


def judged(*looks, change=CHANGED, failing=(), gaps=()):
    seen = timeline(workload(0.0), pod(0.0, "a", uid="a", ready=True), pod(0.0, "b", uid="b", ready=True))
    sent = sorted([*stream(90.0, 115.0, per_second=20), *failing], key=lambda one: one.planned_at)
    made = observation(sent, (change,), timeline=dataclasses.replace(seen, gaps=gaps))
    arm = dataclasses.replace(made.trouble, measurements=looks)
    return configuration_takes_effect(dataclasses.replace(made, target="catalogue", arms={TROUBLE: arm}))


def test_every_replica_has_the_new_value():
    verdict = judged(*BEFORE, *AFTER, *BACK)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed.startswith(
        "2 of 2 replicas had the new value 3.50 s after configmap/products-1 was changed; "
    )
    numbers = {key: verdict.numbers[key] for key in ("replicas_looked_at", "replicas_with_old_value")}
    assert numbers == {"replicas_looked_at": 2, "replicas_with_old_value": 0}
    assert verdict.numbers["last_look_seconds"] == 3.5


def test_of_a_secret_it_is_told_that_open_connections_go_on():
    secret = dataclasses.replace(CHANGED, target=dataclasses.replace(CHANGED.target, kind="Secret"))
    verdict = judged(*BEFORE, *AFTER, change=secret)
    assert verdict.outcome is Outcome.PASSED
    assert verdict.reasons[0].startswith(
        "What a Secret opens is not shown by that: a connection that is open"
    )
    assert not judged(*BEFORE, *AFTER).reasons


def test_one_that_has_not_is_named_with_how_the_workload_takes_it():
    subpath = dataclasses.replace(CHANGED, details={"kept_at_start": [SUBPATH]})
    verdict = judged(*BEFORE, *STALE, change=subpath)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "130.2 s after configmap/products-1 was changed 1 of 2 replicas had not the new value: b; " + SUBPATH
    )
    assert verdict.next_step.startswith("What a container takes at its start never changes while it runs")
    assert verdict.expected.startswith(EXPECTED)
    assert verdict.numbers["replicas_with_old_value"] == 1
    neither = look("b", "new", "neither", 100.2, 130.2)
    assert judged(*BEFORE, AFTER[0], neither).outcome is Outcome.FAILED


def test_a_process_that_does_not_read_it_again_is_told_so():
    verdict = judged(*BEFORE, *STALE)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.endswith("had not the new value: b")
    assert verdict.next_step.startswith("The mounted files change, and the process has what it read before")


def test_a_request_that_fails_meanwhile_is_a_failure():
    assert judged(*BEFORE, *AFTER, failing=[failed(105.001)]).outcome is Outcome.FAILED
    assert judged(*BEFORE, *AFTER, gaps=((104.0, 105.0),)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("outcome", "expected"), [(LASTING, Outcome.UNSUPPORTED), (LATER, Outcome.INCONCLUSIVE)]
)
def test_what_cannot_be_looked_at_is_no_pass(outcome, expected):
    unseen = look("b", "old", "", 98.0, 98.4, outcome, "there is no `cat` in its image")
    verdict = judged(BEFORE[0], unseen, *AFTER)
    assert verdict.outcome is expected
    assert verdict.observed == "not looked at: b: there is no `cat` in its image"


def test_one_look_that_may_succeed_another_time_leaves_it_open():
    refused = look("a", "old", "", 98.0, 98.2, LASTING, "there is no `cat` in its image")
    busy = look("b", "old", "", 98.0, 98.4, LATER, "no answer")
    assert judged(refused, busy, *AFTER).outcome is Outcome.INCONCLUSIVE


def test_one_that_cannot_be_looked_at_afterwards_is_inconclusive():
    verdict = judged(*BEFORE, AFTER[0], look("b", "new", "", 100.2, 130.2, LATER, "no answer"))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.observed == "1 of 2 replicas showed the new value; not looked at: b: no answer"
    none = judged(*BEFORE)
    assert none.outcome is Outcome.INCONCLUSIVE
    assert none.observed == "0 of 0 replicas showed the new value; not looked at: any"


def test_where_not_even_the_old_value_was_shown_the_system_file_is_wrong():
    verdict = judged(BEFORE[0], look("b", "old", "neither", 98.0, 98.4), *AFTER)
    assert verdict.outcome is Outcome.ERROR
    assert verdict.observed == "before anything was changed b did not show the old value"
    assert verdict.next_step.startswith("Correct `old`, `key` or `seen`")
    assert judged(*AFTER).outcome is Outcome.INCONCLUSIVE


def test_without_a_verified_change_nothing_is_said():
    assert (
        judged(*BEFORE, *AFTER, change=dataclasses.replace(CHANGED, verified_at=None)).outcome
        is Outcome.ERROR
    )
    assert (
        judged(*BEFORE, *AFTER, change=dataclasses.replace(CHANGED, fault="delete-pod")).outcome
        is Outcome.ERROR
    )
    fixed = dataclasses.replace(CHANGED, verified_at=None, impossible="configmap/products-1 is immutable")
    assert judged(*BEFORE, change=fixed).outcome is Outcome.UNSUPPORTED
