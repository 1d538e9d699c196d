"""The oracle on its edges: from zero, below zero, and numbers that only one rule decides."""

from hpa_building import BROKEN, asked, down, past, pod, pods, recommended, resource, total, up

from seatrial.judge.hpa import Autoscaler, Behavior, Controller, Decision, Memory, Metric, Pod, View, decide

WOKEN = {"scale_to_zero": True, "scaled_to_zero": True}


def wants(replicas: int) -> Metric:
    """Asks for `replicas`: so many jobs at one each."""
    return total("External", "AverageValue", 1, replicas)


def woken(wanted: int, minimum: int, behavior: Behavior | None = None) -> Decision:
    return asked(wants(wanted), 0, bounds=(minimum, 9), behavior=behavior, **WOKEN)  # type: ignore[arg-type]


def test_from_zero_the_metrics_decide_and_not_the_minimum() -> None:
    assert woken(3, 2).replicas == 3
    assert woken(3, 1).replicas == 3


def test_a_target_that_wakes_gets_the_minimum_at_least() -> None:
    raised = woken(1, 2, Behavior())
    assert raised.replicas == 2
    assert raised.why.endswith("raised to minReplicas 2")
    exact = woken(2, 2, Behavior())
    assert exact.replicas == 2
    assert "raised" not in exact.why


def test_a_metric_of_pods_wakes_a_target_only_if_it_has_a_minimum() -> None:
    away = Metric(kind="Pods", target_type="AverageValue", target=1, failure="away")
    assert "zero replicas" in asked(away, 0, bounds=(0, 9), **WOKEN).why  # type: ignore[arg-type]
    assert asked(away, 0, bounds=(1, 9), **WOKEN).why == "no decision: Pods: away"  # type: ignore[arg-type]


def test_a_negative_wish_is_a_wish_for_none() -> None:
    none = asked(wants(-5), 2, bounds=(0, 9))
    assert (none.replicas, none.limited) == (0, "DesiredWithinRange")
    assert none.memory.recommendations[-1] == (0.0, 0)


def test_one_metric_of_the_outside_is_enough_to_wake() -> None:
    cpu = resource(50, 10)
    assert asked((wants(3), cpu), 0, bounds=(0, 9), **WOKEN).replicas == 3  # type: ignore[arg-type]


def test_a_failed_metric_forbids_to_shrink_and_nothing_else() -> None:
    same = asked((BROKEN, wants(3)), 3)
    assert (same.replicas, "no decision" in same.why) == (3, False)
    assert "no decision" in asked((BROKEN, wants(2)), 3).why
    assert "no decision" in asked((BROKEN, wants(0)), 1, bounds=(0, 9)).why
    assert asked((BROKEN, wants(4)), 3).replicas == 4


def test_what_was_changed_is_remembered_and_what_was_not_is_not() -> None:
    def remembered(wanted: int) -> tuple[object, object]:
        memory = asked(wants(wanted), 4, behavior=down(window=0)).memory
        return memory.grown, memory.shrunk

    assert remembered(6) == (((0.0, 2),), ())
    assert remembered(3) == ((), ((0.0, 1),))
    assert remembered(4) == ((), ())
    assert asked(wants(6), 4).memory.grown == ()


def test_what_held_a_number_back_is_said() -> None:
    window = asked(wants(1), 4, memory=recommended((100, 3)))
    assert window.why.endswith("= 1; held at 3 by a higher recommendation in the scale-down window")
    policies = asked(wants(20), 4)
    assert policies.why.endswith("= 20; held at 8 by the scale-up policies")
    assert asked(wants(6), 4, bounds=(1, 5)).why.endswith("= 6; held at 5 by maxReplicas")
    assert asked(wants(5), 4).why.endswith("= 5")


def grown(wanted: int, current: int, *changes: tuple[float, int]) -> int:
    memory = Memory(past((400, 0)), past(*changes))
    return asked(wants(wanted), current, bounds=(1, 1000), behavior=Behavior(), memory=memory).replicas


def test_by_default_four_pods_or_as_many_again_in_fifteen_seconds() -> None:
    assert grown(999, 4, (14.5, 2)) == 6  # of the 2 before: 2 + 4, or 2 x 2
    assert grown(999, 3, (15.5, 2)) == 7  # of 3: 3 + 4, or 3 x 2
    assert grown(999, 10, (15.5, 5)) == 20  # of 10: 10 + 4, or 10 x 2
    assert grown(999, 200) == 400


def test_by_default_all_pods_but_the_minimum_may_go_at_once() -> None:
    assert asked(wants(1), 200, bounds=(1, 1000), behavior=down(window=0)).replicas == 1


def test_the_window_that_held_a_number_is_named() -> None:
    rising = asked(wants(9), 4, behavior=up(window=60), memory=recommended((30, 5)))
    assert (rising.replicas, rising.able) == (5, "ScaleUpStabilized")
    assert rising.why.endswith("held at 5 by a lower recommendation in the scale-up window")
    falling = asked(wants(1), 4, behavior=down(window=60), memory=recommended((30, 3)))
    assert (falling.replicas, falling.able) == (3, "ScaleDownStabilized")


def test_a_policy_and_a_bound_at_the_same_number_are_told_apart() -> None:
    """The bound is named where the policy would let the number go as far, and nothing where it is reached."""
    top = asked(wants(20), 4, bounds=(1, 8), behavior=Behavior())
    assert (top.replicas, top.limited) == (8, "TooManyReplicas")
    assert asked(wants(8), 4, bounds=(1, 8), behavior=Behavior()).limited == "DesiredWithinRange"
    assert asked(wants(8), 4, bounds=(1, 9)).limited == "DesiredWithinRange"
    slow = down(("Pods", 1, 15), window=0)
    bottom = asked(wants(1), 4, bounds=(3, 8), behavior=slow)
    assert (bottom.replicas, bottom.limited) == (3, "TooFewReplicas")
    assert asked(wants(3), 4, bounds=(3, 8), behavior=slow).limited == "DesiredWithinRange"


def test_without_a_window_nothing_earlier_counts() -> None:
    assert asked(wants(1), 4, behavior=down(window=0), memory=recommended((0.5, 9))).replicas == 1
    assert asked(wants(6), 4, behavior=up(window=0), memory=recommended((0.5, 5))).replicas == 6


def test_three_quarters_of_two_hundred_are_fifty() -> None:
    quarter = down(("Percent", 75, 15), window=0)
    assert asked(wants(1), 200, bounds=(1, 1000), behavior=quarter).replicas == 50


def among_twenty(*others: Pod, usage: int = 60, spec: int | None = None, **more: object) -> int:
    """Twenty pods at 60 % of their request with a target of 50 %, beside `others` (at 60 %, too)."""
    count = 20 + len(others)
    seen = (*pods(20), *others)
    return asked(resource(50, *[usage] * count), seen, spec=spec, **more).replicas  # type: ignore[arg-type]


DAMPED, COUNTED = 24, 26
"""By 21 pods: with one of them at nothing ceil(1.14 x 21), with all of them counted ceil(1.2 x 21)."""


def test_pods_that_cannot_work_yet_damp_the_growth() -> None:
    assert among_twenty(pod(20)) == COUNTED
    assert among_twenty(pod(20, age=60.0, ready="False")) == DAMPED
    two_pending = (pod(20, phase="Pending"), pod(21, phase="Pending"))
    assert among_twenty(*two_pending) == 22  # 1200/2200 = 54 %: within tolerance, where 24 would be asked for
    two_unready = (pod(20, age=60.0, ready="False"), pod(21, age=60.0, ready="False"))
    assert among_twenty(*two_unready) == 22
    assert among_twenty(*(pod(20 + n, phase="Pending") for n in range(5)), usage=50) == 25


def test_pods_that_end_or_failed_are_not_there() -> None:
    assert among_twenty(pod(20, deleting=True), spec=20) == 24
    assert among_twenty(pod(20, phase="Failed"), spec=20) == 24


def test_a_pod_is_new_for_three_hundred_seconds() -> None:
    def young(age: float) -> int:
        return among_twenty(pod(20, age=age, ready_for=5.0))

    assert [young(age) for age in (299.5, 300.0, 300.5)] == [DAMPED, COUNTED, COUNTED]


def test_a_pod_that_was_never_ready_changed_last_within_thirty_seconds_of_its_start() -> None:
    def since(after: float) -> int:
        return among_twenty(pod(20, age=400.0, ready_for=400.0 - after, ready="False"))

    assert [since(after) for after in (29.5, 30.0)] == [DAMPED, COUNTED]


def test_both_ends_of_the_tolerance_belong_to_it() -> None:
    assert asked(resource(50, *[45] * 10), 10).replicas == 10
    assert asked(resource(50, *[44] * 10), 10).replicas == 9


def test_a_number_that_goes_the_other_way_than_the_ratio_is_not_taken() -> None:
    shrinking = asked(resource(50, *[30] * 5, None), 6, spec=2)  # 250/600 = 41 %: ceil(0.82 x 6) = 5
    assert shrinking.replicas == 2
    assert shrinking.why.endswith("5 would be the wrong way")
    growing = asked(resource(50, 100, 100, 100, None), 4, spec=20)  # 300/400 = 75 %: ceil(1.5 x 4) = 6
    assert growing.replicas == 20
    assert growing.why.endswith("6 would be the wrong way")


def test_why_a_metric_gives_no_number_is_said() -> None:
    assert asked(resource(50), 2).why.endswith("no metrics were returned")
    assert asked(resource(50, 10), (), spec=2).why.endswith("the selector matches no pod")
    pending = (pod(0, phase="Pending"), pod(1, phase="Pending"))
    assert "no sample of a ready pod" in asked(resource(50, 10, 10), pending).why
    assert asked(total("External", "Value", 5), 2).why.endswith("no metrics were returned")
    assert asked(total("External", "Value", 5, 9), (), spec=2).why.endswith("the selector matches no pod")


def test_no_more_is_asked_for_than_a_field_can_hold() -> None:
    for kind in ("AverageValue", "Value"):
        (proposal,) = asked(total("External", kind, 1, 10**15), 2).proposals
        assert proposal.replicas == 2**31 - 1


def test_a_target_at_zero_is_left_alone_unless_the_controller_scaled_it_there() -> None:
    spec = Autoscaler(9, (wants(3),), 0)
    assert decide(spec, View(0.0, 0, 0, ()), flags=Controller(scale_to_zero=True)).replicas == 0


def test_missing_pods_are_taken_to_work_at_their_request_when_others_are_idle() -> None:
    idle = asked(resource(50, *[20] * 9, None), 10)  # 180 of 900 = 20 %; (180 + 100) of 1000 = 28 %
    assert (idle.replicas, "the ratio 0.4 is 0.56" in idle.why) == (6, True)
    high = asked(resource(150, *[100] * 9, None), 10)  # 100 %; (900 + 150) of 1000 = 105 %: ceil(0.7 x 10)
    assert (high.replicas, "the ratio 0.6667 is 0.7:" in high.why.replace(",", ":")) == (7, True)


def test_missing_and_unready_pods_are_taken_to_be_idle_when_others_are_busy() -> None:
    seen = (*pods(4), pod(4), pod(5, phase="Pending"))
    busy = asked(resource(50, *[200] * 4, None, None), seen)  # 200 %; 800 of 600 = 133 %: ceil(2.66 x 6)
    assert busy.replicas == 12  # at most twice as many
    assert "with 1 missing and 1 unready the ratio 4 is 2.66, ceil(2.66 x 6) = 16" in busy.why
    shrinking = asked(
        resource(50, *[20] * 4, None, None), seen
    )  # the unready one is left out: (80 + 100) of 500
    assert "the ratio 0.4 is 0.72, ceil(0.72 x 5) = 4" in shrinking.why


def test_a_request_of_the_whole_pod_stands_for_those_of_its_containers() -> None:
    def of(pod_requests: dict[str, int], requests: dict[str, dict[str, int]]) -> Decision:
        return asked(resource(50, 100), (pod(0, pod_requests=pod_requests, requests=requests),))

    assert "cpu: 50 % of 50 %" in of({"cpu": 200}, {"app": {"cpu": 100}}).why
    assert "cpu: 50 % of 50 %" in of({"memory": 9}, {"app": {"cpu": 150}, "proxy": {"cpu": 50}, "x": {}}).why
    assert "missing pod-level request for cpu in pod pod-0" in of({"memory": 9}, {"app": {}}).why
    assert "missing request for cpu in container app of pod pod-0" in of({}, {"app": {}}).why


def test_samples_of_other_pods_give_no_utilization() -> None:
    metric = resource(50, None, 100)
    assert asked(metric, (pod(0),)).why.endswith("no sample belongs to a pod that was found")
    one = (pod(0, request=1),)
    assert "cpu: 10000 % of 50 %" in asked(resource(50, 100), one).why


def test_only_a_ratio_over_the_target_is_tolerated_growth() -> None:
    def tolerated(usage: int) -> bool:
        (proposal,) = asked(resource(50, usage), 1).proposals
        return proposal.tolerated

    assert [tolerated(usage) for usage in (47, 50, 52)] == [False, False, True]


def test_a_share_of_no_pods_is_within_no_tolerance() -> None:
    some = asked(total("External", "AverageValue", 10, 15), 2, status=0)
    assert some.why.endswith("15m of 10m for each pod, ceil(15 / 10) = 2")
    none = asked(total("External", "AverageValue", 10, 0), 2, status=0, bounds=(0, 9))
    assert none.replicas == 0


def test_what_stands_in_for_a_pod_is_exact() -> None:
    """Each total lies just at a whole percent, or just below one."""
    full = asked(resource(80, 29, None), 2)  # (29 + 100) of 200 = 64.5 %
    assert "the ratio 0.3625 is 0.8" in full.why
    nothing = asked(resource(40, 100, None), 2)  # 100 of 200 = 50 %
    assert "1 missing and 0 unready the ratio 2.5 is 1.25" in nothing.why
    pending = asked(resource(40, 100, None), (pod(0), pod(1, phase="Pending")))
    assert "0 missing and 1 unready the ratio 2.5 is 1.25" in pending.why
