"""What is said of a whole search: the interval, what limited it, advice, and why there is none."""

import math
from dataclasses import replace

import pytest

from seatrial.judge.capacity.advice import zone_words
from seatrial.judge.capacity.search import Search
from seatrial.judge.capacity.verdict import judge_capacity
from seatrial.model.capacity import CapacityRun, ContainerUse, SearchPlan, Trial
from seatrial.model.objectives import Objectives
from seatrial.model.verdict import Outcome

OBJECTIVES = Objectives(availability=0.999, latency_p99_ms=300)
PLAN = SearchPlan(first=10, highest=1_000)


def use(rate: float, **more) -> ContainerUse:
    """A container that needs 10 ms of CPU for each request, two replicas, half a core each at the most."""
    cores = min(rate * 0.01 / 2, 0.49)
    values = {"limit_cores": 0.5, "request_cores": 0.25, "throttled": 0.0 if cores < 0.49 else 0.9}
    return ContainerUse("api", "api-1", "app", cores, **values | more)


def searched(capacity: float = 95, *, plan: SearchPlan = PLAN, **more) -> CapacityRun:
    search, trials = Search(plan, OBJECTIVES.availability), []
    while (rate := search.next_rate()) is not None:
        trial = Trial(
            rate, 12, round(rate * 12), 0, 0 if rate <= capacity else round(rate * 6), 200.0,
            uses=(use(rate),), machine_busy=0.5, replicas={"api": 2},
        )  # fmt: skip
        trials.append(trial)
        search.take(trial)
    return CapacityRun(plan, tuple(trials), role="api", **more)


WHOLE = searched()


def changed(run: CapacityRun, **changes) -> CapacityRun:
    return replace(run, trials=tuple(replace(each, **changes) for each in run.trials))


def text(run: CapacityRun, wanted: float | None = None) -> str:
    return judge_capacity(run, OBJECTIVES, wanted).explain()


def test_the_answer_is_an_interval_with_its_confidence_objective_and_replicas():
    verdict = judge_capacity(WHOLE, OBJECTIVES)
    assert verdict.outcome is Outcome.PASSED
    low, high = (verdict.numbers[f"capacity_{end}_per_second"] for end in ("low", "high"))
    assert low < 95 < high
    head = f"{low:.3g} to {high:.3g} requests/s at p99 300 ms, 95%, 2 replicas of api ("
    assert verdict.observed.startswith(head)


@pytest.mark.parametrize(
    ("wanted", "outcome"), [(50, Outcome.PASSED), (95, Outcome.INCONCLUSIVE), (200, Outcome.FAILED)]
)
def test_what_must_be_sustained_is_judged(wanted, outcome):
    verdict = judge_capacity(WHOLE, OBJECTIVES, wanted)
    assert verdict.outcome is outcome
    assert f"{wanted} requests/s or more" in verdict.expected


def test_the_container_whose_cpu_is_used_up_is_named():
    seen = "0.49 cores of its limit 0.5, throttled in"
    assert f"limited by CPU of container app of api: {seen}" in text(WHOLE)


def test_a_container_that_is_idle_is_not_named():
    idle = changed(WHOLE, uses=(use(10),))
    assert "limited by CPU of container" not in text(idle)
    assert "nothing that was looked at was used up" in text(idle)


def test_a_busy_machine_is_named_and_what_was_not_seen_is_said():
    assert "limited by CPU of this machine" in text(changed(WHOLE, machine_busy=0.99))
    unseen = replace(changed(WHOLE, uses=(), machine_busy=None, replicas={}), unseen="exec is forbidden")
    assert "what limits it is unknown: exec is forbidden" in text(unseen)
    assert "replicas not looked at" in text(unseen)


def test_what_failed_is_told_and_connections_that_nobody_took_are_the_limit():
    failed = {"failed": 400, "errors": {"connection refused": 312, "status 503": 88}}
    over = tuple(replace(each, **failed) if each.slow else each for each in WHOLE.trials)
    number = sum(each.slow > 0 for each in WHOLE.trials)
    said = text(replace(WHOLE, trials=over))
    assert f"limited by connections: {312 * number} of {400 * number} failed requests could make none" in said
    assert f"not held for {312 * number} x connection refused, {88 * number} x status 503" in said
    assert "limited by connections" not in text(WHOLE)
    assert "not held for" not in text(WHOLE)


def test_the_journey_that_misses_its_own_objective_is_named():
    over = tuple(
        replace(each, slow=0, worst="pay", worst_badness=40.0) if each.slow else each for each in WHOLE.trials
    )
    verdict = judge_capacity(replace(WHOLE, trials=over), OBJECTIVES)
    assert verdict.numbers["capacity_low_per_second"] < 95 < verdict.numbers["capacity_high_per_second"]
    assert "own objectives missed by pay: 40 times what they allow" in verdict.explain()


def test_memory_is_advised_with_its_arithmetic():
    said = text(changed(WHOLE, uses=(use(90, memory_bytes=100 * 2**20),)))
    assert "app of api held 100 MiB: memory request 120Mi, a fifth more; for a limit see whether it" in said
    assert "memory request" not in text(WHOLE)


def test_advice_has_its_arithmetic():
    said = text(WHOLE, 200)
    low = judge_capacity(WHOLE, OBJECTIVES).numbers["capacity_low_per_second"]
    each = low / 2
    assert f"one replica serves at least {each:.3g} requests/s" in said
    assert f"{200 / each:.1f}, rounded up, and one that may be gone" in said
    assert f"target utilisation {int(100 * 0.8 * low * 0.005 / 0.25)} with the present request" in said
    assert "its CPU limit 0.5 is what it reaches at capacity" in said


def test_the_advised_request_is_four_fifths_of_what_is_used_at_capacity_in_steps_of_ten():
    used = judge_capacity(WHOLE, OBJECTIVES).numbers["capacity_low_per_second"] * 5
    advised = int(text(WHOLE).split("CPU request ")[1].split("m: 80% of that")[0])
    assert advised % 10 == 0
    assert 0 <= advised - 0.8 * used < 10


def test_the_least_replicas_are_advised_with_every_number():
    verdict = judge_capacity(WHOLE, OBJECTIVES, planned=100)
    each = verdict.numbers["capacity_low_per_second"] / 2
    needed = math.ceil(100 / each)
    assert (
        f"minReplicas {needed + 1}: the planned 100 (`load.arrivals`) / {each:.3g} is {100 / each:.1f}, "
        f"rounded up {needed}, and one that may be gone; where a zone may be gone {2 * needed} over 2 zones"
    ) in verdict.explain()
    assert f"minReplicas for R requests/s in quiet hours: R / {each:.3g}" in text(WHOLE)


@pytest.mark.parametrize(("needed", "two", "three"), [(1, 2, 3), (2, 4, 3), (3, 6, 6), (4, 8, 6)])
def test_a_lost_zone_leaves_as_many_replicas_as_are_needed(needed, two, three):
    said = zone_words(needed)
    assert f"{two} over 2 zones ({needed} in each), {three} over 3" in said
    assert two - two // 2 >= needed
    assert three - three // 3 >= needed


def test_a_workload_without_a_request_has_no_target():
    said = text(changed(WHOLE, uses=(use(90, request_cores=None),)))
    assert "no CPU request is set" in said
    assert "target utilisation" not in said


@pytest.mark.parametrize(
    ("run", "outcome", "named"),
    [
        (CapacityRun(PLAN, (), broken="before the first trial: refused"), Outcome.ERROR, "before the first"),
        (
            CapacityRun(PLAN, (), broken="workers never came", absent=("worker 1: pod/w-1 runs", "worker 2")),
            Outcome.INCONCLUSIVE,
            "nothing was sent, for 2 workers never came: worker 1: pod/w-1 runs; worker 2",
        ),
        (replace(WHOLE, broken="1 of 2 workers never reported"), Outcome.INCONCLUSIVE, "1 of 2 workers"),
        (replace(WHOLE, never_sent=("buy",)), Outcome.INCONCLUSIVE, "no request of buy was sent"),
        (CapacityRun(PLAN, ()), Outcome.INCONCLUSIVE, "no trial"),
        (searched(10_000), Outcome.INCONCLUSIVE, "peak not identified in the tested range"),
        (searched(0), Outcome.INCONCLUSIVE, "not even"),
        (changed(WHOLE, void="the generator was late"), Outcome.INCONCLUSIVE, "the generator was late"),
    ],
)
def test_what_forbids_an_answer_is_named(run, outcome, named):
    verdict = judge_capacity(run, OBJECTIVES)
    assert verdict.outcome is outcome
    assert named in verdict.observed
    assert verdict.next_step


@pytest.mark.parametrize("doubt", [{"broken": "1 of 2 workers never reported"}, {"never_sent": ("buy",)}])
def test_a_search_without_an_answer_leaves_no_capacity_that_an_edge_or_a_price_could_rest_on(doubt):
    verdict = judge_capacity(replace(WHOLE, **doubt), OBJECTIVES, 200)
    assert verdict.numbers["capacity_low_per_second"] is None
    assert verdict.numbers["capacity_high_per_second"] is None
    assert "maxReplicas" not in verdict.explain()


def test_replicas_that_changed_forbid_an_answer():
    moved = (*WHOLE.trials[:-1], replace(WHOLE.trials[-1], replicas={"api": 3}))
    verdict = judge_capacity(replace(WHOLE, trials=moved), OBJECTIVES)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "api had 2 and 3 ready replicas" in verdict.observed
    assert verdict.numbers["capacity_low_per_second"] is None


def test_each_rate_has_its_line_and_what_ended_itself_says_so():
    trials = (*WHOLE.trials[:-1], replace(WHOLE.trials[-1], stopped="stopped itself: 30% failed"))
    said = text(replace(WHOLE, trials=trials))
    assert "10/s: 1 of 1 trial held; 0.0 % slow, 0.0 % failed" in said
    assert "stopped itself: 30% failed" in said
