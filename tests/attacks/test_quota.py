"""A quota without room for a replacement while the old pod ends: clients pass, the rollout does not."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.judge.cause import never_available
from seatrial.judge.disruption import voluntary
from seatrial.judge.refusal import explained, refusals
from seatrial.judge.replacement import replaced
from seatrial.judge.shortfall import shortfall
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, EventSeen, Seen
from seatrial.model.verdict import Outcome

BUILDING = str(Path(__file__).parents[1] / "unit" / "judge")
if BUILDING not in sys.path:
    sys.path.insert(0, BUILDING)

from observations import endpoints, failed, fault, observation, pod, stream, timeline, workload  # noqa: E402

QUOTA = (
    'Error creating: pods "orders-7c9f-x2x4d" is forbidden: exceeded quota: compute, requested: '
    "limits.memory=64Mi,requests.memory=64Mi, used: limits.memory=128Mi,requests.memory=128Mi, limited: "
    "limits.memory=160Mi,requests.memory=160Mi"
)
IN_WORDS = (
    "quota compute: requested limits.memory=64Mi,requests.memory=64Mi, used "
    "limits.memory=128Mi,requests.memory=128Mi, hard limits.memory=160Mi,requests.memory=160Mi"
)


def refused(
    at: float, message: str = QUOTA, *, kind: str = "ReplicaSet", name: str = "orders-7c9f"
) -> EventSeen:
    return EventSeen(at, kind, name, "FailedCreate", message, warning=True)


def replacements(*more: Seen, created_after_seconds: float = 8.0, failing: bool = False) -> Observation:
    """Three pods of two are deleted, each replaced so long after it; the other one answers."""
    seen: list[Seen] = [workload(1.0), pod(1.0, "orders-stays", uid="stays", ready=True), *more]
    faults = []
    for number, at in enumerate((100.0, 120.0, 140.0)):
        old, new = f"orders-{number}", f"orders-{number + 1}"
        ready_at = at + created_after_seconds + 2
        if number == 0:
            seen.append(pod(1.0, old, uid=old, ready=True))
        seen += [
            endpoints(at + 0.1, orders_stays=True),
            pod(at + 0.1, old, uid=old, ready=True, deleting=True),
            pod(at + 6.0, old, uid=old, deleting=True, change=Change.DELETED),
            pod(at + created_after_seconds, new, uid=new, change=Change.ADDED),
            pod(ready_at, new, uid=new, ready=True),
        ]
        faults.append(fault(at, ready_at + 0.1, name=old, uid=old, replacement=new))
    traffic = stream(90.0, 170.0)
    if failing:
        traffic[1500] = failed(traffic[1500].planned_at)
    return observation(traffic, faults, timeline=timeline(*seen, ended_at=170.0))


WITHOUT_ROOM = (refused(100.2), refused(100.4), refused(104.0), refused(120.2))


class TestTwoVerdicts:
    def test_clients_pass_and_are_told_of_the_seconds_without_it(self) -> None:
        verdict = voluntary(replacements(*WITHOUT_ROOM))
        assert verdict.outcome is Outcome.PASSED
        first, second = verdict.reasons
        assert first.startswith("orders stood below its declared replicas for 9.90 s after delete-pod")
        assert "its pods were refused from 0.20 s after the fault on, 3 times, by quota compute" in first
        assert "1 time, by quota compute" in second

    def test_the_replacement_fails_with_the_quotas_arithmetic_from_the_event(self) -> None:
        verdict = replaced(replace(replacements(*WITHOUT_ROOM), target="orders"))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed == (
            "orders stood below its declared replicas for 29.7 s in 3 disruptions, 9.90 s at the longest: "
            f"its pods were refused from 0.20 s after the fault on, 3 times, by {IN_WORDS}"
        )
        assert "raise the quota" in verdict.next_step
        assert verdict.numbers["refused_creations"] == 4
        assert verdict.numbers["below_declared_seconds"] == 29.7

    def test_without_a_refusal_the_seconds_are_told_and_it_passes(self) -> None:
        seen = replacements(created_after_seconds=0.2)
        verdict = replaced(seen)
        assert verdict.outcome is Outcome.PASSED
        assert verdict.numbers["below_declared_longest_seconds"] == pytest.approx(2.1)
        assert voluntary(seen).reasons == ()

    def test_clients_that_fail_meanwhile_are_told_the_quota_beside_other_causes(self) -> None:
        verdict = voluntary(replacements(*WITHOUT_ROOM, failing=True))
        assert verdict.outcome is Outcome.FAILED
        assert "by quota compute: requested" in verdict.next_step

    def test_a_refusal_counts_only_while_a_fault_is_at_work_and_for_its_workload(self) -> None:
        others = [
            refused(50.0),  # before any fault
            refused(115.0),  # when all was available again
            refused(101.0, name="payments-7c9f"),
            refused(101.0, kind="StatefulSet", name="orders"),
            EventSeen(101.0, "ReplicaSet", "orders-7c9f", "SuccessfulCreate", "Created pod", warning=False),
        ]
        assert replaced(replacements(*others)).outcome is Outcome.PASSED


class TestNeverReplaced:
    """ReplicaSets try again ever less often, up to every 16 minutes."""

    def seen(self) -> Observation:
        pods = [pod(1.0, f"orders-{n}", uid=f"u{n}", ready=True) for n in (0, 1)]
        gone = pod(106.0, "orders-0", uid="u0", deleting=True, change=Change.DELETED)
        lost = fault(100.0, None, name="orders-0", uid="u0", replacement="")
        seen = timeline(workload(1.0), *pods, gone, *WITHOUT_ROOM[:3], ended_at=400.0)
        return observation(stream(90.0, 400.0, per_second=20), [lost], timeline=seen)

    def test_both_sides_fail_and_name_the_quota(self) -> None:
        seen = self.seen()
        for verdict in (voluntary(seen), replaced(seen)):
            assert verdict.outcome is Outcome.FAILED
            assert IN_WORDS in verdict.explain()
        assert replaced(seen).numbers["below_declared_seconds"] == 294.0
        assert IN_WORDS in never_available(seen, seen.faults[0])

    def test_without_a_reason_it_fails_as_well(self) -> None:
        seen = self.seen()
        silent = timeline(*(s for s in seen.timeline.seen if not isinstance(s, EventSeen)), ended_at=400.0)
        verdict = replaced(observation(seen.exchanges, seen.faults, timeline=silent))
        assert verdict.outcome is Outcome.FAILED
        assert "was not available again" in verdict.observed


class TestEvidence:
    def test_without_a_timeline_or_a_verified_fault_it_is_never_a_pass(self) -> None:
        seen = replacements()
        assert replaced(observation(seen.exchanges, seen.faults)).outcome is Outcome.INCONCLUSIVE
        assert replaced(observation(seen.exchanges, [])).outcome is Outcome.ERROR
        unproven = [fault(100.0, 101.0, proven=False)]
        assert (
            replaced(observation(seen.exchanges, unproven, timeline=seen.timeline)).outcome is Outcome.ERROR
        )

    def test_a_broken_watch_is_inconclusive_and_a_refusal_that_was_seen_stays_failed(self) -> None:
        for more, outcome in (((), Outcome.INCONCLUSIVE), (WITHOUT_ROOM, Outcome.FAILED)):
            seen = replacements(*more)
            assert seen.timeline is not None
            gap = replace(seen.timeline, gaps=((101.0, 103.0),))
            assert replaced(observation(seen.exchanges, seen.faults, timeline=gap)).outcome is outcome

    def test_the_seconds_begin_with_the_fault_and_end_with_it(self) -> None:
        # Below before the fault and after it: only the seconds between are its own.
        pods = [pod(1.0, uid="a", ready=True), pod(99.0, "b", uid="b", ready=True, deleting=True)]
        seen = timeline(workload(1.0), *pods, pod(105.0, "c", uid="c", ready=True), pod(106.0, "c", uid="c"))
        assert shortfall(seen, fault(100.0, 110.0)) == pytest.approx(5.0 + 4.0)
        assert shortfall(timeline(workload(1.0, 1), *pods), fault(100.0, 110.0)) == 0.0


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        (QUOTA, "quota", IN_WORDS),
        (
            'create Pod store-0 in StatefulSet store failed error: pods "store-0" is forbidden: exceeded '
            "quota: count, requested: pods=1, used: pods=3, limited: pods=3",
            "quota",
            "quota count: requested pods=1, used pods=3, hard pods=3",
        ),
        (
            'Error creating: pods "a" is forbidden: failed quota: compute: must specify limits.cpu for: web',
            "quota",
            "quota compute: pods must specify limits.cpu for: web",
        ),
        (
            'pods "a" is forbidden: [maximum cpu usage per Container is 200m, but limit is 500m, '
            "minimum memory usage per Container is 100Mi, but request is 50Mi]",
            "limit-range",
            "a LimitRange: maximum cpu usage per Container is 200m, but limit is 500m, minimum memory usage "
            "per Container is 100Mi, but request is 50Mi",
        ),
        (
            'pods "a" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod must '
            "not run as root)",
            "pod-security",
            "Pod Security restricted:latest: runAsNonRoot != true (pod must not run as root)",
        ),
        (
            'Error creating: admission webhook "policy.example" denied the request: no latest tags.',
            "webhook",
            "webhook policy.example: no latest tags",
        ),
        (
            'Error creating: Internal error occurred: failed calling webhook "mesh.example": failed to call '
            "webhook: connection refused",
            "webhook",
            "webhook mesh.example, which cannot be asked: failed to call webhook: connection refused",
        ),
        (
            "pods \"a\" is forbidden: ValidatingAdmissionPolicy 'tiny' with binding 'all' denied request: no",
            "policy",
            "admission policy tiny: no",
        ),
        (
            'pods "a" is forbidden: error looking up service account shop/web: account "web" not found',
            "account",
            'service account shop/web: account "web" not found',
        ),
        ('pods "a" is forbidden: something new', "other", "something new"),
        ("the API server is on holiday", "other", "the API server is on holiday"),
    ],
)
def test_each_way_to_say_no_is_understood(message: str, kind: str, words: str) -> None:
    found, told = explained(message)
    assert (found.name, told) == (kind, words)
    assert found.remediation


def test_the_same_refuser_is_one_refusal_whatever_it_counted() -> None:
    later = QUOTA.replace("used: limits.memory=128Mi", "used: limits.memory=96Mi")
    seen = timeline(workload(1.0), refused(10.0), refused(12.0, later), refused(11.0, "something else"))
    first, second = refusals(seen, "orders", 0.0, 100.0)
    assert (first.kind, first.first_at, first.last_at, first.count) == ("quota", 10.0, 12.0, 2)
    assert first.words == IN_WORDS
    assert (second.kind, second.count) == ("other", 1)
