"""Connections that were tried, judged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drained_shop import shop

from seatrial.judge.admissible import judge
from seatrial.model.check import CHECKS
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.reach import (
    ADMITTED,
    CONNECTED,
    CONNECTION,
    CONNECTORS,
    SILENT,
    STRANGER,
    ClosedPort,
    Set,
    Tried,
)
from seatrial.model.verdict import Outcome, Verdict

CHECK = CHECKS.get("security.policies-are-enforced")
WEB, ADMIN = ClosedPort(8080, ("services",), ()), ClosedPort(9902, ("scrapes",), ())
MADE = Set({ADMITTED: "in", STRANGER: "out"}, "gateway-1", False, (WEB,))


def fault(made: Set = MADE) -> FaultRecord:
    return FaultRecord(
        "c-1", CONNECTORS, Disruption.NONE, Target("Deployment", "shop", "catalogue", "u"), "catalogue",
        100.0, 101.0, "both run", 101.0, 120.0, 1, details=made.details(),
    )  # fmt: skip


def tried(who: str, answer: str, *, port: int = 8080, number: int = 1) -> Measurement:
    return Tried(who, "catalogue-a", port, answer, number).measurement(102.0, 103.0)


def judged(*looks: Measurement, made: Set = MADE, record: FaultRecord | None = None) -> Verdict:
    arm = Arm(measurements=looks, faults=(record or fault(made),))
    head = Observation(
        {TROUBLE: arm}, "reach-look.catalogue", "reach-look", "catalogue", Disruption.NONE, "browse", 0,
        shop(),
    )  # fmt: skip
    return judge(CHECK, head)


GOOD = tried(ADMITTED, CONNECTED)


def test_refused_where_the_other_is_connected_passes() -> None:
    verdict = judged(GOOD, tried(STRANGER, SILENT), GOOD)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == (
        "1 connection to port 8080 of catalogue: connected with the labels of gateway-1, not connected "
        "without (silent)"
    )


def test_a_policy_that_the_network_learned_late_of_is_enforced() -> None:
    late = [tried(STRANGER, CONNECTED), tried(STRANGER, "refused: no route", number=2)]
    assert judged(tried(ADMITTED, SILENT), tried(ADMITTED, CONNECTED, number=2), *late, GOOD).passed


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (MADE, "the cluster's network plugin does not enforce NetworkPolicies"),
        (replace(MADE, host_network=True), "remove `hostNetwork`"),
        (replace(MADE, closed=(replace(WEB, undone_by=("debug",)),)),
         "NetworkPolicy debug lets everybody in at every port"),
    ],
)  # fmt: skip
def test_a_stranger_that_is_let_in_fails_and_the_cause_is_named(made: Set, words: str) -> None:
    verdict = judged(GOOD, tried(STRANGER, CONNECTED), GOOD, made=made)
    assert verdict.outcome is Outcome.FAILED
    assert "port 8080 of 1 pod of catalogue let a pod in that NetworkPolicy services" in verdict.observed
    assert words in verdict.next_step


def test_without_the_positive_control_a_refusal_says_nothing() -> None:
    silent = tried(ADMITTED, SILENT)
    for looks in ((silent, tried(STRANGER, SILENT), GOOD), (GOOD, tried(STRANGER, SILENT), silent), ()):
        verdict = judged(*looks)
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "was not connected either" in verdict.observed


def test_could_not_try_is_not_refused() -> None:
    untried = Measurement(
        CONNECTION, STRANGER, 102.0, 103.0, MeasurementOutcome.COULD_NOT_TRY, reason="no exec"
    )
    verdict = judged(GOOD, untried, GOOD)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "no exec" in verdict.observed


def two_ports(answer: str, *, declared: bool) -> Verdict:
    """Port 8080 is closed as it should be, and at 9902 nobody was connected."""
    made = replace(MADE, closed=(WEB, replace(ADMIN, declared=declared)))
    shut = [tried(who, answer, port=9902) for who in (ADMITTED, STRANGER)]
    return judged(GOOD, shut[0], tried(STRANGER, SILENT), shut[1], GOOD, shut[0], made=made)


def test_a_port_on_which_nobody_listens_is_told_and_the_other_judged() -> None:
    verdict = two_ports("refused: x", declared=False)
    assert verdict.outcome is Outcome.PASSED
    assert "port 9902 was not tested" in verdict.reasons[0]


@pytest.mark.parametrize(("answer", "declared"), [("refused: x", True), (SILENT, True), (SILENT, False)])
def test_no_port_is_passed_by_another_ones_control(answer: str, declared: bool) -> None:
    """Report 55: what could not be tried is not refused, also where another port could."""
    verdict = two_ports(answer, declared=declared)
    assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.explain()
    assert "at port 9902 the pod with the labels of gateway-1 was not connected either" in verdict.observed


def test_a_port_that_was_tested_at_one_pod_is_covered_for_the_others() -> None:
    other = [Tried(who, "catalogue-b", 8080, SILENT, 1) for who in (ADMITTED, STRANGER)]
    shut = [one.measurement(102.0, 103.0) for one in other]
    assert judged(GOOD, shut[0], tried(STRANGER, SILENT), shut[1], GOOD, shut[0]).passed


def test_nothing_to_try_is_unsupported_by_name() -> None:
    impossible = replace(fault(), impossible="no NetworkPolicy limits who may reach the pods", details={})
    verdict = judged(record=impossible)
    assert verdict.outcome is Outcome.UNSUPPORTED
    assert "no NetworkPolicy limits" in verdict.observed
