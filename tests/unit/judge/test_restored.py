"""A bad version that is taken back leaves the version of before, or what was in the way is named."""

from dataclasses import replace

import pytest
from observations import fault, observation, pod, stream, timeline, workload

from seatrial.judge.restored import rollback_restores
from seatrial.model.ledger import ActSeen
from seatrial.model.timeline import Change
from seatrial.model.verdict import Outcome

GOOD, BAD = "good", "bad"


def of(state, revision=GOOD):
    return replace(state, revision=revision)


def rollout(reverted_at=120.0, available_at=125.0, kind="image-missing", **changes):
    details = {"kind": kind, "revision_before": GOOD, "revision_bad": BAD}
    one = fault(100.0, available_at, name="orders", kind="Deployment")
    return replace(one, reverted_at=reverted_at, details=details, **changes)


BEFORE = (
    workload(0.0), *(of(pod(0.0, f"orders-{n}", uid=n, ready=True)) for n in "ab"),
)  # fmt: skip
SURGE = (of(pod(101.0, "orders-c", uid="c", reason="ErrImagePull"), BAD),)


def taken_back(*seen, faults=None, exchanges=None, **changes):
    sent = stream(90.0, 140.0, per_second=20) if exchanges is None else exchanges
    given = (rollout(**changes),) if faults is None else faults
    return observation(sent, given, timeline=timeline(*BEFORE, *seen))


def test_old_pods_that_stayed_serve_at_once():
    verdict = rollback_restores(taken_back(*SURGE))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "the revision of before served again after image-missing 0.00 s; 300 requests answered then"
    )
    assert verdict.numbers["image-missing_restored_seconds"] == 0.0


def gone_and_back(ready_at):
    """Recreate: both old pods go, bad ones come, and two new ones of the old revision after the rollback."""
    went = [of(pod(102.0, f"orders-{n}", uid=n, change=Change.DELETED)) for n in "ab"]
    came = [of(pod(121.0, f"orders-{n}", uid=n, change=Change.ADDED)) for n in "de"]
    return [*went, *SURGE, *came, *(of(pod(ready_at, f"orders-{n}", uid=n, ready=True)) for n in "de")]


def test_pods_that_come_back_are_timed_by_the_recovery_objective():
    soon = rollback_restores(taken_back(*gone_and_back(130.0), available_at=131.0))
    assert soon.outcome is Outcome.PASSED, soon.explain()
    assert soon.numbers["image-missing_restored_seconds"] == 10.0
    late = rollback_restores(taken_back(*gone_and_back(181.0), available_at=181.0))
    assert late.outcome is Outcome.FAILED
    assert (
        late.observed
        == "image-missing: taken back, and 2 pods of the revision before Ready again took 61.0 s"
    )
    assert "maxUnavailable 0" in late.next_step


def test_pods_that_never_come_back_are_a_failure():
    verdict = rollback_restores(taken_back(*gone_and_back(999.0)[:4], available_at=None))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.endswith("Ready again was not seen")
    assert "not as before in time" in verdict.reasons[0]


def test_ready_pods_of_the_bad_revision_restore_nothing():
    ready = [of(pod(119.0, f"orders-{n}", uid=n, ready=True), BAD) for n in "cd"]
    went = [of(pod(102.0, f"orders-{n}", uid=n, change=Change.DELETED)) for n in "ab"]
    assert rollback_restores(taken_back(*went, *ready)).outcome is Outcome.FAILED


def test_a_pod_that_had_to_be_deleted_is_named():
    stuck = [
        of(pod(101.0, "orders-b", uid="b2", reason="ErrImagePull"), BAD),
        ActSeen(119.9, "delete", "Pod", "orders-b", "b2"),
    ]
    verdict = rollback_restores(taken_back(*stuck))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "image-missing: taken back, and orders-b stayed on the bad revision until Seatrial deleted it"
    )
    assert "`kubectl delete pod orders-b`" in verdict.next_step


@pytest.mark.parametrize(
    "act",
    [
        ActSeen(99.0, "delete", "Pod", "orders-b", "b2"),
        ActSeen(126.0, "delete", "Pod", "orders-b", "b2"),
        ActSeen(119.0, "patch", "Deployment", "orders", "b2"),
        ActSeen(119.0, "delete", "Pod", "other", "x"),
    ],
)
def test_other_acts_are_none_of_it(act):
    other = of(replace(pod(101.0, "other", uid="x"), workload=""), BAD)
    stuck = of(pod(101.0, "orders-b", uid="b2"), BAD)
    assert rollback_restores(taken_back(stuck, other, act)).passed


def test_requests_that_fail_when_all_is_restored_are_a_failure():
    sent = stream(90.0, 140.0, per_second=20)
    bad = [
        replace(e, outcome=e.outcome.FAILED, error="status 500") if e.planned_at > 130 else e for e in sent
    ]
    verdict = rollback_restores(taken_back(*SURGE, exchanges=bad))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("199 of 300 requests failed after everything was restored")
    early = [replace(e, outcome=e.outcome.FAILED, error="x") if 121 < e.planned_at < 124 else e for e in sent]
    assert rollback_restores(taken_back(*SURGE, exchanges=early)).passed


def test_the_next_bad_version_ends_the_time_after_the_last():
    second = replace(rollout(kind="never-ready"), injected_at=130.0, verified_at=131.0, reverted_at=134.0,
                     available_at=136.0)  # fmt: skip
    sent = stream(90.0, 140.0, per_second=20)
    bad = [replace(e, outcome=e.outcome.FAILED, error="x") if 130 < e.planned_at < 136 else e for e in sent]
    verdict = rollback_restores(taken_back(*SURGE, faults=(rollout(), second), exchanges=bad))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.numbers["requests_after"] == 180


def test_without_evidence_there_is_no_pass():
    assert rollback_restores(taken_back(*SURGE, exchanges=())).outcome is Outcome.INCONCLUSIVE
    assert rollback_restores(taken_back(*SURGE, reverted_at=None)).outcome is Outcome.INCONCLUSIVE
    assert rollback_restores(taken_back(faults=())).outcome is Outcome.ERROR
    made = taken_back(*SURGE)
    without = observation(made.exchanges, made.faults)
    assert rollback_restores(without).outcome is Outcome.INCONCLUSIVE
    blocked = rollout(verified_at=None, impossible="orders is paused")
    assert rollback_restores(taken_back(faults=(blocked,))).outcome is Outcome.UNSUPPORTED
