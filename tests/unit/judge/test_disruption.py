"""A whole observation is judged by its kind of disruption, and never by the other's rules."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from observations import (
    crash_fault,
    failed,
    health,
    observation,
    pod,
    stream,
    three_faults,
    timeline,
    warning,
    workload,
)

from seatrial.judge.disruption import by_disruption, involuntary, of_the_subject, voluntary
from seatrial.model.exchange import Exchange
from seatrial.model.measurement import ENTRY_SERVICE, ONE_NODE, Measurement, MeasurementOutcome
from seatrial.model.objectives import Objectives
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.verdict import Outcome, Verdict

WATCHED = timeline(workload(1.0))
CLEAN = observation(stream(90, 140), three_faults(), timeline=WATCHED)
CRASHED = replace(observation(stream(90, 140), [crash_fault(100.0, 103.0)], timeline=WATCHED), repetitions=1)


def test_each_kind_passes_by_its_own_judge() -> None:
    assert voluntary(CLEAN).outcome is Outcome.PASSED
    assert involuntary(CRASHED).outcome is Outcome.PASSED, involuntary(CRASHED).explain()
    assert by_disruption(CLEAN) == voluntary(CLEAN)
    assert by_disruption(CRASHED) == involuntary(CRASHED)


@pytest.mark.parametrize("shown", [{"reason": "Evicted"}, {"disruption": "TerminationByKubelet"}])
def test_a_pod_that_the_kubelet_took_meanwhile_is_a_crash_and_named(shown: dict[str, str]) -> None:
    """Report 11: disk pressure evicts pods whatever budgets say, and that is no planned disruption."""
    taken = replace(pod(100.25, "orders-x", uid="x"), phase="Failed", **shown)
    seen = timeline(workload(1.0), pod(1.0, "orders-x", uid="x", ready=True), taken)
    failing = observation([*stream(90, 140), failed(100.501)], three_faults(), timeline=seen)
    verdict = voluntary(failing)
    assert verdict.outcome is Outcome.FAILED
    (told,) = [reason for reason in verdict.reasons if reason.startswith("the kubelet evicted")]
    assert told.startswith("the kubelet evicted orders-x 0.25 s after the fault: a crash, which no ")
    later = replace(failing.trouble, timeline=timeline(workload(1.0), replace(taken, at=139.0)))
    assert "evicted" not in " ".join(voluntary(replace(failing, arms={TROUBLE: later})).reasons)


@pytest.mark.parametrize("judged", [voluntary, involuntary])
def test_an_entry_by_one_node_says_nothing_of_the_others(judged: Callable[[Observation], Verdict]) -> None:
    """Report 26: with externalTrafficPolicy Local a drain of the only replica's node is what decides."""
    seen = CLEAN if judged is voluntary else CRASHED
    value = {"shown_by": "its node port 30001 at 10.9.0.1", ONE_NODE: "10.9.0.1"}
    look = Measurement(ENTRY_SERVICE, "gateway", 1.0, 2.0, MeasurementOutcome.ANSWERED, value)
    by_one = replace(seen, arms={TROUBLE: replace(seen.trouble, measurements=(look,))})
    (told,) = [reason for reason in judged(by_one).reasons if reason.startswith("holds for")]
    assert "clients that come in by 10.9.0.1 only: Service gateway has externalTrafficPolicy Local" in told
    assert judged(seen).reasons == tuple(reason for reason in judged(by_one).reasons if reason != told)


def test_no_fault_is_an_error() -> None:
    assert by_disruption(observation(stream(90, 140))).outcome is Outcome.ERROR


def test_as_many_repetitions_are_needed_as_the_scenario_says() -> None:
    assert voluntary(replace(CLEAN, repetitions=3)).outcome is Outcome.PASSED
    assert voluntary(replace(CLEAN, repetitions=4)).outcome is Outcome.INCONCLUSIVE


def test_the_objectives_are_those_of_the_recorded_system() -> None:
    assert CLEAN.objectives == Objectives()


def among_others(seen: Observation, *others: Exchange) -> Observation:
    """With requests of another journey beside those of the subject, before and after it was steady."""
    theirs = tuple(replace(one, journey="transfer") for one in others)
    arm = replace(seen.trouble, exchanges=(*seen.exchanges, *theirs), warm_up=(*seen.warm_up, *theirs))
    return replace(seen, arms={TROUBLE: arm}, journey="browse")


@pytest.mark.parametrize(("judge", "seen"), [(voluntary, CLEAN), (involuntary, CRASHED)])
def test_requests_of_other_journeys_are_not_the_subjects(
    judge: Callable[[Observation], Verdict], seen: Observation
) -> None:
    others = [failed(at) for at in (95.0, 100.5, 125.0)]
    told = judge(among_others(seen, *others))
    assert told.outcome is Outcome.INCONCLUSIVE, "theirs are judged by themselves"
    assert "bystander transfer: 1 request failed before anything was disturbed" in told.observed
    assert {**told.numbers, **judge(seen).numbers} == told.numbers, "the subject's figures are the same"
    assert by_disruption(among_others(seen, *others)) == told
    unnamed = replace(among_others(seen, *others), journey="")
    assert judge(unnamed).outcome is not Outcome.PASSED, "without a name all requests are the subject's"


def test_the_subject_keeps_its_own_requests_and_the_health_of_all_traffic() -> None:
    late = replace(CLEAN, arms={TROUBLE: replace(CLEAN.trouble, generator=health(late=100))})
    mine = of_the_subject(among_others(late, failed(100.5)))
    assert (mine.exchanges, mine.warm_up) == (CLEAN.exchanges, ())
    assert mine.generator == late.generator
    assert voluntary(among_others(late)).outcome is Outcome.INCONCLUSIVE
    assert voluntary(among_others(CLEAN)).outcome is Outcome.PASSED


def test_a_disruption_of_the_other_kind_is_judged_by_neither() -> None:
    mixed = replace(observation(stream(90, 140), [*three_faults(), crash_fault(130.0, 131.0)]), repetitions=1)
    for judge, seen, others, wanted in (
        (voluntary, mixed, "kill-pod (involuntary)", "voluntary"),
        (involuntary, mixed, "delete-pod (voluntary)", "involuntary"),
        (voluntary, CRASHED, "kill-pod (involuntary)", "voluntary"),
        (involuntary, CLEAN, "delete-pod (voluntary)", "involuntary"),
    ):
        verdict = judge(seen)
        assert verdict.outcome is Outcome.ERROR
        assert verdict.observed == f"not a {wanted} disruption: {others}"
        assert verdict.expected == f"{wanted} disruptions only"
        assert verdict.next_step == "Judge each kind by a check of its own."


def test_one_crash_among_them_and_all_is_judged_as_involuntary() -> None:
    """Where both kinds happened, none of the two rules holds: that is said, and nothing passes."""
    mixed = observation(stream(90, 140), [*three_faults(), crash_fault(130.0, 131.0)], timeline=WATCHED)
    assert by_disruption(mixed) == involuntary(mixed)
    assert by_disruption(mixed).outcome is Outcome.ERROR


def slow(seen: Observation) -> Observation:
    """All answers of 100 to 131 take 2 s."""
    slower = [
        replace(each, completed_at=each.planned_at + 2.0) if 100 <= each.planned_at < 131 else each
        for each in seen.exchanges
    ]
    return replace(seen, arms={TROUBLE: replace(seen.trouble, exchanges=tuple(slower))})


def test_a_voluntary_disruption_may_not_make_answers_slow() -> None:
    verdict = voluntary(slow(CLEAN))
    assert verdict.outcome is Outcome.FAILED
    assert "p99 2000 ms" in verdict.observed
    assert verdict.numbers["disruption_latency_p99_ms"] == 2000.0


def test_nothing_is_said_of_latency_where_no_fault_was_proven() -> None:
    unproven = [replace(each, verified_at=None, effect="") for each in three_faults()]
    verdict = voluntary(slow(observation(stream(90, 140), unproven, timeline=WATCHED)))
    assert verdict.outcome is Outcome.ERROR
    assert "disruption_latency_p99_ms" not in verdict.numbers
    none = voluntary(observation(stream(90, 140), timeline=WATCHED))
    assert none.outcome is Outcome.ERROR
    assert "p99" not in none.explain()


GAP = replace(WATCHED, gaps=((105.0, 112.0),))


def test_a_broken_watch_forbids_a_pass_and_takes_back_no_failure() -> None:
    def with_gap(seen: Observation) -> Observation:
        return replace(seen, arms={TROUBLE: replace(seen.trouble, timeline=GAP)})

    assert voluntary(with_gap(CLEAN)).outcome is Outcome.INCONCLUSIVE
    assert voluntary(with_gap(slow(CLEAN))).outcome is Outcome.FAILED
    lost = observation([*stream(90, 140), failed(100.5)], three_faults(), timeline=GAP)
    assert voluntary(lost).outcome is Outcome.FAILED
    unwatched = replace(CLEAN, arms={TROUBLE: replace(CLEAN.trouble, timeline=None)})
    assert voluntary(unwatched).outcome is Outcome.PASSED, "which records are needed is another question"


def test_clients_are_told_why_a_replacement_was_late_without_being_charged_for_it() -> None:
    refused = replace(
        warning(100.2, 'pods "orders-x" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, '
                       "limited: pods=2", kind="Deployment", name="orders"),
        reason="FailedCreate",
    )  # fmt: skip
    seen = replace(CLEAN, arms={TROUBLE: replace(CLEAN.trouble, timeline=timeline(workload(1.0), refused))})
    verdict = voluntary(seen)
    assert verdict.passed
    assert any("by quota few: requested pods=1" in reason for reason in verdict.reasons)
    assert voluntary(CLEAN).reasons == ()
