"""A journey with weight 0, or with so little that it is never sent, has an objective that nobody looks at."""

from typing import Any, ClassVar

import pytest
from dry_session import dry_system
from load_results import OBJECTIVES, result, summary

from seatrial.errors import BadInput
from seatrial.load.gate import judge_load
from seatrial.load.plan import LoadPlan
from seatrial.model.verdict import Outcome
from seatrial.traffic.job import job_from


@pytest.mark.parametrize("weight", [0, -1, float("nan")])
def test_a_weight_that_sends_nothing_is_refused_before_anything_is_sent(weight: float) -> None:
    class Plan(LoadPlan):
        journeys: ClassVar = {"look": 1, "buy": weight}

    journeys: Any = Plan.choose(dry_system())
    job = {"base_url": "http://127.0.0.1:1", "journeys": journeys, "output": "x", "schedule": SCHEDULE}
    with pytest.raises(BadInput, match="weight of journey buy"):
        job_from(job)


SCHEDULE = "constant:60:1"


def test_a_journey_that_was_never_sent_is_no_pass() -> None:
    quick = [5.0] * 6_000
    assert judge_load(summary(result(quick, journeys={"look": quick})), OBJECTIVES).passed
    verdict = judge_load(summary(result(quick, journeys={"look": quick, "buy": []})), OBJECTIVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "no request of buy was sent" in verdict.observed


def test_one_worker_that_sent_it_is_enough_and_a_failure_stays_one() -> None:
    quick = [5.0] * 3_000
    both = result(quick, journeys={"look": quick[:2_999], "buy": [5.0]})
    assert judge_load(summary(both, result(quick, journeys={"look": quick, "buy": []})), OBJECTIVES).passed
    red = result(quick, bad=900, journeys={"look": quick, "buy": []})
    assert judge_load(summary(red), OBJECTIVES).outcome is Outcome.FAILED
