"""A disturbed system is as before, or the difference is named."""

from dataclasses import replace

import pytest
from observations import fault, observation

from seatrial.judge.admissible import judge_every
from seatrial.judge.traces import leaves_no_trace
from seatrial.model.check import CHECKS
from seatrial.model.measurement import AS_BEFORE, Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE
from seatrial.model.verdict import Outcome

FAULT = fault()
ANSWERED, COULD_NOT_TRY = MeasurementOutcome.ANSWERED, MeasurementOutcome.COULD_NOT_TRY


def compared(*changed, unseen=(), outcome=ANSWERED, reason="", faults=(FAULT,)):
    value = {"changed": list(changed), "objects": 31, "controllers": 9, "unseen": list(unseen)}
    one = Measurement(AS_BEFORE, "shop", 1, 2, outcome, value if outcome is ANSWERED else {}, reason, "after")
    made = observation((), faults)
    return replace(made, arms={TROUBLE: replace(made.trouble, measurements=(one,))})


def test_nothing_differs():
    verdict = leaves_no_trace(compared())
    assert (verdict.outcome, verdict.observed) == (
        Outcome.PASSED, "31 objects and the pods of 9 controllers as before",
    )  # fmt: skip
    assert verdict.numbers == {"objects": 31, "controllers": 9, "changed": 0}


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ("configmap/instance-a is new", "owner reference"),
        ("pods of statefulset/db: revision was a, is a (1), b (1)", "roll out what is declared"),
        ("service/web: spec.ports[0].port was 80, is 81", "managed-fields"),
        ("service/web is gone", "managed-fields"),
    ],
)
def test_each_difference_is_named_with_what_to_do(changed, advice):
    verdict = leaves_no_trace(compared(changed))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == f"not as before: {changed}"
    assert advice in verdict.next_step


def test_several_differences_are_counted_and_all_told():
    verdict = leaves_no_trace(compared("job/a is new", "job/b is new", "job/c is new"))
    assert verdict.observed == "not as before: job/a is new; and 2 more differences"
    assert verdict.reasons == ("job/b is new", "job/c is new")


def test_a_kind_that_may_not_be_listed_is_named_and_pods_are_needed():
    verdict = leaves_no_trace(compared(unseen=["Secret"]))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.reasons == ("not compared, for they may not be listed: Secret",)
    verdict = leaves_no_trace(compared(unseen=["Secret", "Pod"]))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "pods" in verdict.observed


def test_what_was_not_compared_is_no_pass():
    verdict = leaves_no_trace(compared(outcome=COULD_NOT_TRY, reason="the API server does not answer"))
    assert (verdict.outcome, verdict.observed) == (
        Outcome.INCONCLUSIVE,
        "the objects were not compared with those of before: the API server does not answer",
    )
    without = observation((), (fault(),))
    assert leaves_no_trace(without).outcome is Outcome.INCONCLUSIVE


def test_where_nothing_was_disturbed_nothing_is_said():
    blocked = replace(fault(proven=False), impossible="a budget keeps all")
    for faults in ((), (blocked,)):
        assert leaves_no_trace(compared("job/a is new", faults=faults)).outcome is Outcome.UNSUPPORTED


def test_the_worst_of_all_scenarios_counts_and_is_named():
    check = CHECKS.get("orchestration.leaves-no-trace")
    clean = replace(compared(), scenario="delete-pod", target="web")
    dirty = replace(compared("job/a is new"), scenario="cold-start", target="web")
    verdict, about = judge_every(check, [clean, dirty])
    assert verdict.outcome is Outcome.FAILED
    assert "cold-start on web: not as before: job/a is new" in verdict.observed
    assert about is dirty
