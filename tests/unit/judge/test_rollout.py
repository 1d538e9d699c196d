"""A rollout of a version that works must come to its end, and cost nothing."""

from __future__ import annotations

from dataclasses import replace

from observations import autoscaler, endpoints, failed, fault, observation, pod, stream, timeline, workload

from seatrial.judge.admissible import judge
from seatrial.judge.rollout import rolled_out
from seatrial.model.check import CHECKS
from seatrial.model.fault import PODS_BEFORE, TRIED, FaultRecord
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, Seen
from seatrial.model.verdict import Outcome

OLD, NEW = ("orders-a", "orders-b"), ("orders-c", "orders-d")


def rollout(pods: tuple[str, ...] = OLD) -> FaultRecord:
    """From 100 to 130: pods are replaced one by one."""
    made = fault(100.0, 130.0, kind="Deployment", name="orders", uid="uid-orders", replacement="")
    return replace(
        made, fault="rollout-restart", verified_at=129.0,
        details={PODS_BEFORE: list(pods), "revision_before": "1"},
    )  # fmt: skip


def course(*, overlapping: bool = True) -> list[Seen]:
    """Each new pod is Ready before an old one goes, or only when both are gone."""
    seen: list[Seen] = [workload(1.0), *(pod(1.0, name, uid=name, ready=True) for name in OLD)]
    for number, (old, new) in enumerate(zip(OLD, NEW, strict=True)):
        ready_at = 110.0 + 10 * number
        going_at = ready_at + 1 if overlapping else 101.0
        seen += [
            pod(going_at, old, uid=old, ready=True, deleting=True),
            pod(going_at + 6, old, uid=old, deleting=True, change=Change.DELETED),
            pod(ready_at - 4, new, uid=new, change=Change.ADDED),
            pod(ready_at, new, uid=new, ready=True),
        ]
    return [*seen, endpoints(1.0, orders_a=True, orders_b=True), endpoints(111.1, orders_c=True)]


def made(
    *failing: tuple[float, float], pods: tuple[str, ...] = OLD, overlapping: bool = True, end: float = 140.0
) -> Observation:
    requests = [
        failed(each.planned_at) if any(a <= each.planned_at < b for a, b in failing) else each
        for each in stream(90.0, end)
    ]
    seen = observation(requests, [rollout(pods)], timeline=timeline(*course(overlapping=overlapping)))
    return replace(seen, target="orders", repetitions=1, scenario="rollout-restart")


def impossible(words: str, **details: object) -> Observation:
    found = replace(rollout(), verified_at=None, available_at=None, impossible=words, details=details)
    return observation(stream(90.0, 140.0), [found], timeline=timeline(*course()))


class TestPassed:
    def test_when_every_pod_was_replaced_and_nothing_failed(self) -> None:
        verdict = judge(CHECKS.get("delivery.rollout-loses-nothing"), made())
        assert verdict.outcome is Outcome.PASSED, verdict.explain()
        assert "0 of 3001 requests begun during 1 disruption (rollout-restart) failed" in verdict.observed
        assert (verdict.numbers["pods_replaced"], verdict.numbers["rollout_seconds"]) == (2, 30.0)

    def test_what_an_autoscaler_makes_of_the_surge_is_told_with_the_oracle_s_account(self) -> None:
        """Report 15: the pods of a surge enter the desired count, 383, 479, 589, 664 with no load."""
        seen = made()
        spec = {"maxReplicas": 6, "metrics": [{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}]}  # fmt: skip
        steps = ((1.0, 2), (112.0, 3), (120.0, 5), (135.0, 2))
        grown = [replace(autoscaler(at, wanted), spec=spec) for at, wanted in steps]
        arm = replace(seen.trouble, timeline=timeline(*course(), *grown))
        verdict = rolled_out(replace(seen, arms={"trouble": arm}))
        told = [reason for reason in verdict.reasons if reason.startswith("orders went")]
        assert told == [
            "orders went from 2 to 5 replicas at most during the rollout; by the algorithm of Kubernetes "
            "1.36: 0 of 2 decisions explained"
        ]
        one_by_one = [each[:15] for each in verdict.reasons if each.startswith(("112.0 s:", "120.0 s:"))]
        assert one_by_one == ["112.0 s: 2 -> 3", "120.0 s: 3 -> 5"]
        assert "orders went" not in " ".join(rolled_out(seen).reasons)

    def test_one_pod_alone_says_too_little(self) -> None:
        verdict = rolled_out(made(pods=OLD[:1]))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "1 pod replaced, and 2 are needed" in verdict.observed

    def test_so_do_too_few_requests(self) -> None:
        assert rolled_out(made(end=101.0)).outcome is Outcome.INCONCLUSIVE


class TestFailed:
    def test_requests_that_failed_while_an_old_pod_left(self) -> None:
        verdict = rolled_out(made((111.05, 111.1)))
        assert verdict.outcome is Outcome.FAILED
        assert "5 of 3001 requests" in verdict.observed
        assert "endpoint of orders-a" in verdict.next_step

    def test_a_strategy_that_stops_all_pods_first_is_named(self) -> None:
        verdict = rolled_out(made((101.0, 110.0), overlapping=False))
        assert verdict.outcome is Outcome.FAILED
        assert "strategy RollingUpdate, not Recreate" in verdict.next_step

    def test_one_pod_too_few_forbids_no_failure(self) -> None:
        assert rolled_out(made((111.05, 111.1), pods=OLD[:1])).outcome is Outcome.FAILED

    def test_a_rollout_that_does_not_move_fails_though_clients_are_served(self) -> None:
        refused = "deployment/orders cannot be rolled out: its pods were refused by quota orders"
        verdict = rolled_out(impossible(refused, **{TRIED: True}))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed == f"{refused}; it was taken back"
        assert "maxSurge" in verdict.next_step


class TestNeither:
    def test_what_rolls_nothing_out_is_unsupported_by_name(self) -> None:
        paused = "deployment/orders is paused: a change of its template replaces 0 pods"
        verdict = rolled_out(impossible(paused))
        assert verdict.outcome is Outcome.UNSUPPORTED
        assert verdict.observed == paused

    def test_a_rollout_that_was_not_verified_is_an_error(self) -> None:
        seen = made()
        unseen = replace(seen.trouble, faults=(replace(rollout(), verified_at=None),))
        assert rolled_out(replace(seen, arms={"trouble": unseen})).outcome is Outcome.ERROR
