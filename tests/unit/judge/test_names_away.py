"""While names are not answered, clients are, or it is told who depends on a lookup."""

from dataclasses import replace

from observations import failed, fault, observation, pod, stream, timeline, workload

from seatrial.judge.names import names_are_tolerated
from seatrial.model.log import LogLine
from seatrial.model.timeline import EventSeen
from seatrial.model.verdict import Outcome


def away(*seen, failing=(), **changes):
    one = replace(
        fault(100.0, 125.0, kind="Deployment", name="coredns"), verified_at=103.0, reverted_at=123.0
    )
    one = replace(one, **changes)
    begun = [
        workload(0.0),
        pod(0.0, "orders-a", uid="a", ready=True),
        pod(0.0, "orders-b", uid="b", ready=True),
    ]
    sent = sorted([*stream(90.0, 130.0, per_second=50), *failing], key=lambda e: e.planned_at)
    made = observation(sent, (one,), timeline=timeline(*begun, *seen))
    return replace(made, repetitions=1)


RESTARTED = pod(115.0, "orders-a", uid="a", ready=True, restarts=1)
FAILED = EventSeen(110.0, "Pod", "orders-a", "Unhealthy", "Liveness probe failed:\n gaierror", warning=True)


def test_nothing_fails():
    verdict = names_are_tolerated(away())
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed.startswith("without names for 20.0 s: ")
    assert verdict.numbers["without_names_seconds"] == 20.0


def test_a_request_that_fails_is_a_failure_with_what_helps():
    verdict = names_are_tolerated(away(failing=[failed(110.001, error="no such host")]))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.next_step.startswith("Keep connections, or the addresses of names")


def test_a_probe_that_restarts_a_pod_is_named():
    verdict = names_are_tolerated(away(RESTARTED, FAILED, failing=[failed(114.001)]))
    assert verdict.next_step.startswith(
        "orders-a was restarted meanwhile (Liveness probe failed: gaierror): let no probe look up a name."
    )
    assert verdict.numbers["restarts"] == 1


KEPT = {"details": {"absent_kept_seconds": 30}}


def test_how_long_requests_failed_after_names_were_back_is_told():
    """Report 28: a name that was asked for too early is kept as absent; one lookup afterwards is green."""
    late = [failed(110.001), *(failed(125.001 + n, error="no such host") for n in range(3))]
    verdict = names_are_tolerated(away(failing=late, **KEPT))
    assert verdict.outcome is Outcome.FAILED
    assert (
        "3 requests failed still, for 2.00 s after names were answered again (no such host); the cluster's "
        "DNS keeps an absent name for 30 s at most"
    ) in verdict.observed
    assert verdict.numbers["failed_after_names_back_seconds"] == 2.001
    assert "keeps that a name could not be found" in verdict.next_step


def test_who_fails_by_name_only_after_they_were_back_has_failed():
    """Report 28: the client's own cache, which nothing in the outage itself shows."""
    late = failed(129.901, error="[Errno -2] Name or service not known")
    verdict = names_are_tolerated(away(failing=[late]))
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert "for at least 4.90 s after names were answered again" in verdict.observed


def test_what_a_pod_wrote_says_that_it_was_by_name():
    made = away(failing=[failed(126.001, error="status 503")])
    line = LogLine(126.01, "orders-a", "app", "dial tcp: lookup db: no such host")
    told = replace(made, arms={"trouble": replace(made.trouble, logs=(line,))})
    verdict = names_are_tolerated(told)
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert "orders-a wrote: dial tcp: lookup db: no such host" in verdict.observed


def test_what_fails_later_and_not_by_name_is_not_the_outage_s_doing():
    verdict = names_are_tolerated(away(failing=[failed(126.001, error="status 503")]))
    assert verdict.outcome is Outcome.ERROR
    assert "failed still, for 1.00 s after names were answered again" in verdict.observed


def test_a_restart_that_cost_nothing_is_told_only():
    verdict = names_are_tolerated(away(RESTARTED, FAILED))
    assert verdict.outcome is Outcome.PASSED
    assert "orders-a was restarted meanwhile" in verdict.reasons[-1]
    late = pod(126.0, "orders-a", uid="a", ready=True, restarts=1)
    assert names_are_tolerated(away(late)).numbers["restarts"] == 0


def test_without_evidence_there_is_no_pass():
    assert names_are_tolerated(away(verified_at=None)).outcome is Outcome.ERROR
    other = away(verified_at=None, impossible="0 Deployments are labelled so")
    assert names_are_tolerated(other).outcome is Outcome.UNSUPPORTED
    few = away()
    thin = replace(few.trouble, exchanges=few.exchanges[::20])
    assert names_are_tolerated(replace(few, arms={"trouble": thin})).outcome is Outcome.INCONCLUSIVE
