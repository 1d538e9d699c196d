"""The one verdict of a load that workers in the cluster shared; whoever is why nothing passed is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from load_results import judged_in_cluster as judged
from load_results import there

from seatrial.load.figures import APART_SECONDS, ERROR_SECONDS, MOST_NAMED
from seatrial.load.outcome import LoadRun
from seatrial.load.summary import summarize
from seatrial.load.trials import trial_from
from seatrial.model.system_file import parse_system
from seatrial.model.verdict import Outcome


def test_workers_that_all_kept_their_rate_pass_and_each_is_told() -> None:
    verdict = judged(*(there(place, late=2) for place in (2, 0, 1)))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.reasons == tuple(
        f"worker {place}, pod/w-{place} on node n{place}: 2000 planned, 2000 sent, 2 late (0.1 %), "
        "0 dropped, clock 0.001 s ahead (known to 0.002 s)"
        for place in range(3)
    )


def test_of_few_arrivals_one_that_is_late_is_no_doubt() -> None:
    few = [there(place, fine=50, late=1 if place == 3 else 0) for place in range(60)]
    assert judged(*few).outcome is Outcome.PASSED


def test_how_many_more_did_not_is_told() -> None:
    verdict = judged(*(there(place, late=100) for place in range(4)))
    assert verdict.observed.endswith("and 3 more workers did not keep their rate")


@pytest.mark.parametrize(
    ("ahead", "outcome"), [(APART_SECONDS * 0.9, Outcome.PASSED), (APART_SECONDS * 1.1, Outcome.INCONCLUSIVE)]
)
def test_clocks_that_are_too_far_apart_are_no_common_plan(ahead: float, outcome: Outcome) -> None:
    verdict = judged(there(0, ahead=0.0), there(1, ahead=ahead), there(2, ahead=ahead / 2))
    assert verdict.outcome is outcome
    named = "clocks are 0.550 s apart: worker 0, pod/w-0 on node n0 (clock 0.000 s ahead (known to 0.002 s))"
    assert (named in verdict.observed) == (outcome is Outcome.INCONCLUSIVE)


def test_all_clocks_as_far_from_the_masters_are_one_clock() -> None:
    assert judged(there(0, ahead=-30.0), there(1, ahead=-30.1)).outcome is Outcome.PASSED


@pytest.mark.parametrize("error", [None, ERROR_SECONDS * 1.5])
def test_a_clock_that_is_hardly_known_proves_nothing(error: float | None) -> None:
    verdict = judged(there(0), there(1, ahead=0.0, error=error))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "worker 1, pod/w-1 on node n1" in verdict.observed


def test_one_whose_absence_nobody_can_explain_is_an_error() -> None:
    assert judged(there(0), workers=2).outcome is Outcome.ERROR


def test_what_the_others_saw_fail_stays_failed() -> None:
    weak = judged(there(0, bad=600), there(1, late=900), workers=3, lost=("worker 2, pod/w-2 on node n2",))
    assert weak.outcome is Outcome.FAILED


def test_one_that_never_came_keeps_all_from_being_sent_and_is_named() -> None:
    run = LoadRun("journeys", "constant:60", "http://web:80", workers=1, in_cluster=True)
    run.absent = run.lost = ("worker 3: 0/3 nodes are available",)
    run.look_for_lost({})
    assert run.complete
    verdict = judged(workers=run.workers, lost=run.lost)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "worker 3: 0/3 nodes are available" in verdict.observed


def test_many_workers_are_told_by_the_worst_and_one_line() -> None:
    verdict = judged(*(there(place, late=place % 10) for place in range(1_000)))
    assert len(verdict.reasons) == MOST_NAMED + 1
    assert "9 late" in verdict.reasons[0]
    assert verdict.reasons[-1] == "992 more workers, each at most 0.4 % late"


SYSTEM = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: nowhere, namespace: shop}
entry: {service: {name: web, port: 80}}
workloads: {web: {kind: Deployment, name: web, stateless: true}}
journeys: {read: {request: {path: /}}}
"""


@pytest.mark.parametrize(
    ("late", "ahead", "void"), [(0, 0.0, ""), (900, 0.0, "worker 1, "), (0, 3.0, "3.000 s apart")]
)
def test_a_trial_of_a_capacity_is_void_by_the_same_names(late: int, ahead: float, void: str) -> None:
    both = there(0, ahead=0.0), there(1, late=late, ahead=ahead)
    shared = [replace(each, journeys={"read": each.histograms["from_planned"]}) for each in both]
    summary = summarize(shared, began_at=0.0, ended_at=60.0, workers=2, in_cluster=True)
    trial = trial_from(summary, parse_system(SYSTEM, source="shop.yaml"), per_second=60, seconds=60)
    assert void in trial.void
    assert bool(trial.void) == bool(void)
