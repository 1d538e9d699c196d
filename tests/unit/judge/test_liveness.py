"""A process that hangs is restarted by its own probe, and nobody else is."""

from dataclasses import replace

import pytest
from observations import crash_fault, observation, pod, timeline

from seatrial.judge.liveness import hang_is_detected
from seatrial.model.fault import ACTS_WITHIN, NO_PROBE
from seatrial.model.timeline import Change, EventSeen
from seatrial.model.verdict import Outcome

DETAILS = {
    ACTS_WITHIN: 55.0,
    "probe": "GET /livez of port 8080",
    "handler": "httpGet",
    "arithmetic": "55 s may pass",
}


def frozen(*seen, reverted_at=170.0, **details):
    fault = replace(
        crash_fault(100.0, reverted_at, name="orders-a", uid="uid-a"), reverted_at=reverted_at,
        details=DETAILS | details,
    )  # fmt: skip
    before = [
        pod(0.0, "orders-a", uid="uid-a", ready=True, restarts=1),
        pod(0.0, "orders-b", uid="uid-b", ready=True),
    ]
    return observation((), (fault,), timeline=timeline(*before, *seen))


def restarted(at, name="orders-a", uid="uid-a", restarts=2):
    return pod(at, name, uid=uid, ready=True, restarts=restarts)


def unhealthy(at, message):
    return EventSeen(at, "Pod", "orders-a", "Unhealthy", message, warning=True)


def test_a_restart_in_time_is_told_with_the_arithmetic():
    verdict = hang_is_detected(frozen(restarted(151.0)))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == "orders-a hung and was restarted after 51.0 s; 55 s may pass; nobody else was"
    assert verdict.numbers["restarted_seconds"] == 51.0


@pytest.mark.parametrize("seen", [(), (restarted(175.0),)])
def test_no_restart_while_it_hung_is_a_failure(seen):
    verdict = hang_is_detected(frozen(*seen))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "orders-a hung for 70.0 s and was not restarted: 55 s may pass"


def test_a_restart_before_it_hung_is_none():
    verdict = hang_is_detected(frozen(restarted(50.0), restarted(151.0)))
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert hang_is_detected(frozen(restarted(50.0), restarted(151.0, restarts=3))).passed


@pytest.mark.parametrize(
    ("handler", "words"),
    [("tcpSocket", "the kernel accepts it"), ("exec", "does not ask the process"), ("httpGet", "a sidecar")],
)
def test_why_a_probe_stayed_green_is_named_by_its_kind(handler, words):
    verdict = hang_is_detected(frozen(handler=handler, probe="the probe"))
    assert "(the probe) went on passing" in verdict.next_step
    assert words in verdict.next_step


def test_a_probe_that_did_fail_is_not_called_blind():
    events = [
        unhealthy(99.0, "Liveness probe failed: before"),
        unhealthy(130.0, "Liveness probe failed: timeout"),
    ]
    ready = unhealthy(131.0, "Readiness probe failed: timeout")
    verdict = hang_is_detected(frozen(*events, ready))
    assert verdict.numbers["probe_failures_told"] == 1
    assert verdict.next_step.endswith("kubelet did not restart it in time: Liveness probe failed: timeout")


def test_a_sidecar_that_restarts_is_not_the_frozen_container():
    still = replace(restarted(151.0), container_ids=("containerd://app", "containerd://proxy-2"))
    assert hang_is_detected(frozen(still, container_id="containerd://app")).outcome is Outcome.FAILED
    anew = replace(restarted(160.0, restarts=3), container_ids=("containerd://app-2", "containerd://proxy-2"))
    verdict = hang_is_detected(frozen(still, anew, container_id="containerd://app"))
    assert verdict.numbers["restarted_seconds"] == 60.0


def test_another_pod_that_restarts_meanwhile_is_a_failure():
    verdict = hang_is_detected(frozen(restarted(151.0), restarted(140.0, "orders-b", "uid-b", 1)))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "1 other container restarted while orders-a hung: orders-b"
    late = hang_is_detected(frozen(restarted(151.0), restarted(171.0, "orders-b", "uid-b", 1)))
    assert late.passed


def test_pods_that_are_none_of_the_systems_do_not_count():
    stranger = replace(restarted(140.0, "other", "uid-o", 3), workload="")
    first = replace(restarted(0.0, "other", "uid-o", 0), workload="")
    assert hang_is_detected(frozen(restarted(151.0), first, stranger)).passed


def test_no_probe_is_a_failure_and_one_that_takes_too_long_is_unsupported():
    made = frozen()
    bare = replace(
        made.faults[0], verified_at=None, impossible="no container of orders-a has a liveness probe"
    )
    none = replace(bare, details={NO_PROBE: True})
    verdict = hang_is_detected(observation((), (none,)))
    assert (verdict.outcome, verdict.observed) == (Outcome.FAILED, bare.impossible)
    assert verdict.next_step
    assert hang_is_detected(observation((), (replace(bare, details={}),))).outcome is Outcome.UNSUPPORTED


def test_without_evidence_there_is_no_pass():
    assert hang_is_detected(observation((), ())).outcome is Outcome.ERROR
    made = frozen(restarted(151.0))
    assert hang_is_detected(observation((), made.faults)).outcome is Outcome.INCONCLUSIVE
    broken = replace(made.timeline, gaps=((120.0, 130.0),))
    assert hang_is_detected(observation((), made.faults, timeline=broken)).outcome is Outcome.INCONCLUSIVE


def test_a_pod_that_began_meanwhile_and_restarts_counts():
    came = pod(120.0, "orders-c", uid="uid-c", change=Change.ADDED)
    verdict = hang_is_detected(frozen(restarted(151.0), came, restarted(140.0, "orders-c", "uid-c", 1)))
    assert "orders-c" in verdict.observed
