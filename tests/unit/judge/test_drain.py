"""A drain must be possible, cost nothing, and leave as many pods Ready as the budgets keep."""

from dataclasses import replace

import pytest
from drained_shop import BEGAN, DRAINED, drain, gone, leaving, observed, pod, request, traffic

from seatrial.faults.budgets import Covering, blocking
from seatrial.judge.admissible import judge
from seatrial.judge.drain import drained
from seatrial.model.check import CHECKS
from seatrial.model.fault import BLOCKED, BUDGETS_KEPT, TRIED
from seatrial.model.observation import Observation
from seatrial.model.step import StepRecord
from seatrial.model.timeline import Change, NodeSeen, Seen
from seatrial.model.verdict import Outcome

BUDGET = {
    "name": "catalogue",
    "declared": "maxUnavailable 1",
    "keeps": 1,
    "pods": ["catalogue-a", "catalogue-b"],
}
ARITHMETIC = (
    "PodDisruptionBudget catalogue (minAvailable 2) allows 2 pods - 2 that must stay healthy = 0 disruptions"
)
IN_ORDER = (
    *leaving("catalogue-a", at=101.0, left_at=101.1),
    pod(BEGAN, "catalogue-b"),
    pod(108.0, "catalogue-c"),
    NodeSeen(BEGAN, Change.ADDED, DRAINED, ready=True, schedulable=True),
    NodeSeen(100.1, Change.MODIFIED, DRAINED, ready=True, schedulable=False),
    NodeSeen(125.0, Change.MODIFIED, DRAINED, ready=True, schedulable=True),
)


def seen(*more: Seen, budgets: object = (BUDGET,), failing: bool = False, end: float = 140.0) -> Observation:
    details = {"evicted": ["catalogue-a"], BUDGETS_KEPT: budgets}
    spans = ((102.0, 103.0),) if failing else ()
    return observed(traffic(*spans, end=end), *IN_ORDER, *more, fault=replace(drain(), details=details))


class TestPassed:
    def test_it_tells_what_each_budget_kept(self) -> None:
        verdict = drained(seen())
        assert verdict.outcome is Outcome.PASSED, verdict.explain()
        assert "at every change as many were Ready as 1 budget kept (catalogue 1)" in verdict.observed
        assert verdict.numbers["below_budget_times"] == 0
        assert verdict.numbers["requests_in_disruption"] > 200

    def test_pods_without_a_budget_are_named_beside_it(self) -> None:
        verdict = drained(seen(budgets=()))
        assert verdict.outcome is Outcome.PASSED
        assert "no disruption budget covers catalogue-a" in verdict.explain()

    def test_what_was_before_the_drain_and_after_it_is_not_its_doing(self) -> None:
        away = [pod(at, "catalogue-b", ready=ready) for at, ready in ((90.0, False), (95.0, True))]
        later = [pod(at, name, ready=False) for at, name in ((131.0, "catalogue-b"), (132.0, "catalogue-c"))]
        assert drained(seen(*away, *later)).outcome is Outcome.PASSED


class TestFailed:
    def test_one_that_became_unready_by_itself_while_the_other_was_evicted(self) -> None:
        dip = (pod(103.0, "catalogue-b", ready=False), pod(105.5, "catalogue-b"))
        verdict = drained(seen(*dip))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed == (
            "none Ready where PodDisruptionBudget catalogue (maxUnavailable 1) keeps 1, from 3.00 s after "
            "the drain began for 2.50 s: catalogue-b became not Ready by itself"
        )
        assert verdict.numbers["below_budget_seconds"] == 2.5

    def test_more_than_the_budget_allows_were_taken(self) -> None:
        both = (pod(102.0, "catalogue-b", deleting=True), gone(107.0, "catalogue-b"))
        verdict = drained(seen(*both))
        assert verdict.outcome is Outcome.FAILED
        assert "from 2.00 s after the drain began for 6.00 s: catalogue-b was deleted" in verdict.observed

    def test_a_dip_that_does_not_end_lasts_to_the_end_of_the_drain(self) -> None:
        verdict = drained(
            seen(pod(112.0, "catalogue-b", ready=False), pod(113.0, "catalogue-c", ready=False))
        )
        assert "from 13.0 s after the drain began for 17.0 s" in verdict.observed

    def test_requests_that_failed_count_whatever_the_budget_kept(self) -> None:
        verdict = drained(seen(failing=True))
        assert verdict.outcome is Outcome.FAILED
        assert "10 of 301 requests begun during 1 disruption (drain-node) failed" in verdict.observed

    def test_a_budget_that_never_allows_it_is_named_with_its_arithmetic(self) -> None:
        verdict = judge(CHECKS.get("orchestration.drain-loses-nothing"), blocked({BLOCKED: True}))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed == (
            f"node/{DRAINED} cannot be drained: {ARITHMETIC}, found in 0.50 s; it was not cordoned"
        )
        assert "maxUnavailable 1" in verdict.next_step
        assert verdict.numbers == {"found_seconds": 0.5}

    def test_how_long_it_took_is_told_where_it_is_known(self) -> None:
        unknown = blocked({BLOCKED: True})
        without = replace(unknown, arms={"trouble": replace(unknown.trouble, steps=())})
        assert drained(without).observed.endswith(f"cannot be drained: {ARITHMETIC}; it was not cordoned")
        assert drained(without).numbers == {"found_seconds": None}
        late = tuple(replace(step, began_at=100.25) for step in unknown.trouble.steps)
        at_once = drained(replace(unknown, arms={"trouble": replace(unknown.trouble, steps=late)}))
        assert at_once.numbers == {"found_seconds": 0.0}

    def test_one_that_shows_only_in_the_trying_is_told_as_that(self) -> None:
        verdict = drained(blocked({BLOCKED: True, TRIED: True}))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed.endswith("given up after 0.50 s; the node is released")
        assert "let them go to other nodes" in verdict.next_step

    def test_of_several_dips_the_first_is_told_and_all_are_listed(self) -> None:
        first = (pod(103.0, "catalogue-b", ready=False), pod(105.0, "catalogue-b"))
        second = [pod(at, f"catalogue-{n}", ready=at > 112) for at in (110.0, 113.0) for n in "bc"]
        verdict = drained(seen(*first, *second))
        assert "from 3.00 s after the drain began for 2.00 s" in verdict.observed
        assert verdict.numbers["below_budget_times"] == 2
        assert verdict.numbers["below_budget_seconds"] == 5.0
        assert len([line for line in verdict.reasons if "keeps 1" in line]) == 2

    def test_the_fewest_of_a_dip_are_told(self) -> None:
        keeps_two = {**BUDGET, "keeps": 2, "declared": "minAvailable 2"}
        back = (pod(102.5, "catalogue-d"), pod(106.0, "catalogue-d", ready=False))
        verdict = drained(seen(pod(104.0, "catalogue-b", ready=False), *back, budgets=(keeps_two,)))
        assert "none Ready where PodDisruptionBudget catalogue (minAvailable 2) keeps 2" in verdict.explain()

    def test_pods_of_another_controller_fill_no_gap(self) -> None:
        dip = (pod(103.0, "catalogue-b", ready=False), pod(105.5, "catalogue-b"))
        assert drained(seen(*dip, pod(BEGAN, "gateway-a"))).outcome is Outcome.FAILED

    def test_a_pod_without_a_controller_is_covered_by_none(self) -> None:
        alone = replace(pod(BEGAN, "catalogue-b"), owner="")
        bare = [alone, replace(pod(103.0, "catalogue-b", ready=False), owner="")]
        only = {**BUDGET, "pods": ["catalogue-b"]}
        assert drained(seen(*bare, budgets=(only,))).outcome is Outcome.PASSED

    def test_how_a_pod_was_lost_is_told(self) -> None:
        evicted = replace(pod(102.0, "catalogue-b", deleting=True), disruption="EvictionByEvictionAPI")
        assert "catalogue-b was evicted" in drained(seen(evicted)).observed
        crashed = replace(pod(102.0, "catalogue-b", ready=False), reason="CrashLoopBackOff")
        assert "catalogue-b became not Ready by itself (CrashLoopBackOff)" in drained(seen(crashed)).observed


class TestNeitherPassedNorFailed:
    def test_a_cluster_without_another_node_cannot_show_it(self) -> None:
        verdict = drained(blocked({}))
        assert verdict.outcome is Outcome.UNSUPPORTED
        assert ARITHMETIC in verdict.observed

    def test_what_the_budgets_keep_must_be_recorded(self) -> None:
        verdict = drained(seen(budgets=None))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "what the disruption budgets keep was not recorded" in verdict.observed

    def test_without_a_timeline_nothing_is_known_of_them(self) -> None:
        made = seen()
        blind = replace(made, arms={"trouble": replace(made.trouble, timeline=None)})
        assert drained(blind).outcome is Outcome.INCONCLUSIVE

    def test_a_gap_of_the_watch_may_hide_a_dip(self) -> None:
        made = seen()
        assert made.timeline is not None
        broken = replace(made.trouble, timeline=replace(made.timeline, gaps=((103.0, 104.0),)))
        assert drained(replace(made, arms={"trouble": broken})).outcome is Outcome.INCONCLUSIVE

    def test_a_node_that_is_still_cordoned_is_an_error(self) -> None:
        still = NodeSeen(126.0, Change.MODIFIED, DRAINED, ready=True, schedulable=False)
        verdict = drained(seen(still))
        assert verdict.outcome is Outcome.ERROR
        assert "still unschedulable" in verdict.observed

    def test_a_node_that_is_gone_needs_no_release(self) -> None:
        removed = NodeSeen(126.0, Change.DELETED, DRAINED, ready=False, schedulable=False)
        assert drained(seen(removed)).outcome is Outcome.PASSED

    def test_no_drain_is_no_verdict_on_one(self) -> None:
        made = seen()
        none = replace(made, arms={"trouble": replace(made.trouble, faults=())})
        assert drained(none).outcome is Outcome.ERROR

    def test_too_few_requests_forbid_a_pass(self) -> None:
        assert drained(seen(end=110.0)).outcome is Outcome.INCONCLUSIVE


def blocked(details: dict[str, object]) -> Observation:
    fault = replace(
        drain(), verified_at=None, effect="", available_at=None, impossible=ARITHMETIC, details=details
    )
    made = observed([request(95.0 + n / 10) for n in range(50)], *IN_ORDER[3:4], fault=fault)
    step = StepRecord("2", "inject", "drain-node", 99.5, 100.0)
    return replace(made, arms={"trouble": replace(made.trouble, steps=(step,))})


class TestBlocking:
    def covering(self, never_allows: str = "", *pods: str) -> Covering:
        return Covering("web", frozenset(pods), 1, "minAvailable 1", never_allows)

    def test_only_a_budget_over_one_of_the_pods_blocks(self) -> None:
        never = self.covering("budget web allows 2 - 2 = 0", "a", "b")
        assert blocking([never], ["z", "b", "a"]) == "budget web allows 2 - 2 = 0, so a can never be evicted"
        assert blocking([never], ["z"]) == ""
        assert blocking([self.covering("", "a")], ["a"]) == ""

    @pytest.mark.parametrize("others", [0, 1])
    def test_any_of_several_is_enough(self, others: int) -> None:
        never = self.covering("budget web allows none", "a")
        assert blocking([*[self.covering("", "a")] * others, never], ["a"]).startswith(
            "budget web allows none"
        )
