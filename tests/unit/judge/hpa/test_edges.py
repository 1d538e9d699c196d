"""The oracle on its edges: from zero, below zero, and numbers that only one rule decides."""

from hpa_building import BROKEN, asked, down, past, recommended, resource, total, up

from seatrial.judge.hpa import Behavior, Decision, Memory, Metric

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
