"""While no metric is read nobody may take replicas away; afterwards the autoscaler reads again."""

import dataclasses

import pytest
from observations import autoscaler, failed, fault, observation, stream, timeline, workload

from seatrial.judge.metrics_away import EXPECTED, survives_metrics_outage
from seatrial.model.ledger import ActSeen, Writer
from seatrial.model.verdict import Outcome

OUTAGE = dataclasses.replace(
    fault(100.0, 158.0, kind="APIService", name="v1beta1.metrics.k8s.io"),
    id="outage", fault="metrics-outage", verified_at=108.0, reverted_at=150.0,
    details={"autoscaler": "orders"},
)  # fmt: skip
ADDED = [
    dataclasses.replace(
        fault(at, at + 18.0, kind="Deployment", name="orders"),
        id=f"added-{at}", fault="add-replica", verified_at=at + 0.1, reverted_at=at + 17.0,
    )
    for at in (109.0, 130.0)
]  # fmt: skip
OURS = Writer("seatrial", "scale", 0.0, "r")
SCALER = Writer("kube-controller-manager", "scale", 0.0, "r")
FALLBACK = Writer("fallback", "", 0.0, "r")


def course(*steps, unsaid=False):
    """The wanted replicas over time, each with its writer, and what the ledger has of our own."""
    seen = [dataclasses.replace(workload(50.0, 2), generation=1)]
    for number, (at, wanted, writer) in enumerate(steps, 2):
        by = dataclasses.replace(writer, wrote_at=at)
        told = () if unsaid else (by,)
        seen.append(dataclasses.replace(workload(at, wanted), writers=told, generation=number))
        if writer is OURS:
            seen.append(ActSeen(at - 0.1, "patch", "Deployment", "orders", ""))
    return seen


KEPT = ((109.1, 3, OURS), (126.0, 2, OURS), (130.1, 3, OURS), (147.0, 2, OURS))
UNDONE = ((109.1, 3, OURS), (112.0, 2, FALLBACK), (130.1, 3, OURS), (133.0, 2, FALLBACK))


def away(*steps, outage=OUTAGE, added=ADDED, failing=(), seen=(), gaps=(), unsaid=False):
    sent = sorted([*stream(90.0, 160.0, per_second=20), *failing], key=lambda one: one.planned_at)
    watched = timeline(*course(*steps, unsaid=unsaid), autoscaler(60.0, 2), *seen)
    made = observation(sent, (outage, *added), timeline=dataclasses.replace(watched, ledger=True, gaps=gaps))
    return survives_metrics_outage(dataclasses.replace(made, repetitions=1))


def test_what_was_added_stays_and_metrics_are_read_again():
    verdict = away(*KEPT)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed.startswith(
        "without metrics for 42.0 s every replica stayed, and one that was not needed, too, 2 times; "
        "metrics were read again 8.00 s after they were back; "
    )
    assert verdict.numbers["without_metrics_seconds"] == 42.0
    assert (verdict.numbers["replicas_added"], verdict.numbers["scaled_in"]) == (2, 0)
    assert verdict.numbers["read_again_seconds"] == 8.0
    assert verdict.numbers["requests_in_disruption"] == 480, "until 2 s before the first is taken back"


def test_what_is_written_to_scale_is_ours_by_the_ledger_where_no_manager_is_named():
    """Nothing is kept of such a write where no manager owned the number before: seen on a cluster."""
    wishes = [autoscaler(at + 0.1, 2) for at in (109.0, 126.0, 147.0)]
    verdict = away(*KEPT, unsaid=True, seen=wishes)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    taken = away(*KEPT[:1], (118.0, 2, SCALER), *KEPT[2:], unsaid=True, seen=wishes)
    assert taken.outcome is Outcome.FAILED
    assert "3 -> 2 by the autoscaler" in taken.observed


def test_who_takes_them_away_twice_is_named_with_what_helps():
    verdict = away(*UNDONE)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "without metrics for 42.0 s replicas were taken away 2 times: "
        "4.00 s after the autoscaler could read no metric: 3 -> 2 by fallback"
    )
    assert verdict.reasons[1] == "25.0 s after the autoscaler could read no metric: 3 -> 2 by fallback"
    assert verdict.next_step.startswith("Let fallback leave `replicas` alone while no metric is read")
    assert verdict.numbers["scaled_in"] == 2
    assert verdict.expected == EXPECTED


def test_somebody_who_does_so_once_is_no_part_of_the_system():
    verdict = away(*UNDONE[:2], *KEPT[2:])
    assert verdict.outcome is Outcome.ERROR
    assert "deployment/orders was changed by fallback" in verdict.observed


def test_an_autoscaler_that_takes_what_is_missing_for_zero_fails_the_first_time():
    verdict = away((109.1, 3, OURS), (112.0, 2, SCALER), *KEPT[2:], seen=[autoscaler(112.1, 2)])
    assert verdict.outcome is Outcome.FAILED
    assert "3 -> 2 by kube-controller-manager" in verdict.observed
    assert verdict.next_step.startswith("An autoscaler keeps the number where a metric is missing")


@pytest.mark.parametrize("at", [107.9, 150.1])
def test_what_it_decides_while_it_reads_metrics_does_not_count(at):
    steps = sorted([*KEPT, (at, 1, SCALER)])[: 1 if at < 108 else 5]
    verdict = away(*steps, seen=[autoscaler(at + 0.1, 1)])
    assert verdict.outcome is Outcome.PASSED, verdict.explain()


def test_metrics_that_do_not_come_back_fail_with_the_autoscalers_own_words():
    words = autoscaler(120.0, 2, conditions=("ScalingActive: FailedGetResourceMetric",))
    verdict = away(*KEPT, outage=dataclasses.replace(OUTAGE, available_at=None), seen=[words])
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "850.0 s after the metrics were back none was read (ScalingActive: FailedGetResourceMetric)"
    )
    held = dataclasses.replace(OUTAGE, available_at=None, reverted_at=None)
    assert away(*KEPT, outage=held).outcome is Outcome.FAILED


def test_a_request_that_fails_meanwhile_is_a_failure_unless_a_replica_was_taken_back():
    assert away(*KEPT, failing=[failed(115.001)]).outcome is Outcome.FAILED
    assert away(*KEPT, failing=[failed(124.001)]).outcome is Outcome.PASSED, "another check's affair"
    assert away(*KEPT, failing=[failed(127.001)]).outcome is Outcome.PASSED, "another check's affair"
    assert away(*KEPT, failing=[failed(95.001)]).outcome is Outcome.ERROR, "not clean before"


def test_without_evidence_there_is_no_pass():
    assert away(*KEPT, outage=dataclasses.replace(OUTAGE, verified_at=None)).outcome is Outcome.ERROR
    assert away(*KEPT, outage=dataclasses.replace(OUTAGE, fault="name-outage")).outcome is Outcome.ERROR
    assert away(*KEPT, gaps=((120.0, 121.0),)).outcome is Outcome.INCONCLUSIVE
    nothing = away(added=[])
    assert nothing.outcome is Outcome.INCONCLUSIVE
    assert "no replica was there that could have been taken away" in nothing.observed
    full = dataclasses.replace(
        ADDED[0], verified_at=None, impossible="deployment/orders has 6 replicas, and its autoscaler allows 6"
    )
    verdict = away(added=[full])
    assert (verdict.outcome, verdict.observed) == (Outcome.UNSUPPORTED, full.impossible)
