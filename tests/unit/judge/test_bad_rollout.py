"""Which bad versions were contained, and which were not rolled out and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from observations import exchange, failed, fault, observation

from seatrial.judge.rollout import contained
from seatrial.model.observation import Observation
from seatrial.model.system import System
from seatrial.model.verdict import Outcome, Verdict

UNSUPPORTED = "answers-500 (Ready, and wrong): unsupported, for "
NOT_DECLARED = (
    UNSUPPORTED + "neither progressive delivery nor outlier ejection is declared in the system file"
)
PLAIN = ("image-missing", "never-ready", "crash-after-ready")
ALL = (*PLAIN, "answers-500")


def system(contained_by: str | None, **changes: Any) -> System:
    orders = {"kind": "Deployment", "name": "orders", "stateless": True, "contained_by": contained_by}
    content = {
        "apiVersion": "seatrial/v1", "kind": "System", "metadata": {"name": "shop"},
        "target": {"context": "there", "namespace": "shop"}, "entry": {"url": "http://127.0.0.1:1"},
        "workloads": {"orders": orders}, "journeys": {"look": {"request": {"path": "/"}}},
    }  # fmt: skip
    return System.model_validate(content | changes)


GUARDED = system("outlier-ejection", images={"helper": "example.com/helper:1"})


def seen(
    kinds: tuple[str, ...], made_for: System | None, *, failing: str = "", per_second: int = 100
) -> Observation:
    """Windows of 4 s each, 10 s apart from 100 s on; one request of the kind `failing` fails."""
    faults = [
        replace(fault(at, at + 4.0, identity=kind), details={"kind": kind})
        for kind, at in zip(kinds, range(100, 200, 10), strict=False)
    ]
    exchanges = [
        exchange(90.0 + number / per_second) for number in range((10 * len(kinds) + 20) * per_second)
    ]
    exchanges += [
        failed(each.injected_at + 1.001, error="status 500") for each in faults if each.id == failing
    ]
    made = observation(exchanges, faults)
    return replace(made, target="orders", system=made_for, repetitions=3)


def judged(*arguments: Any, **more: Any) -> Verdict:
    return contained(seen(*arguments, **more))


@pytest.mark.parametrize("made_for", [None, system(None), system(None, images={"helper": "x"})])
def test_without_a_declared_protection_the_kind_is_unsupported_by_name(made_for: System | None) -> None:
    verdict = judged(PLAIN, made_for)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.reasons[-1] == NOT_DECLARED


@pytest.mark.parametrize("protection", ["outlier-ejection", "progressive-delivery"])
def test_where_the_helper_image_cannot_be_had_the_kind_is_unsupported_by_name(protection: str) -> None:
    verdict = judged(PLAIN, system(protection))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.reasons[-1] == UNSUPPORTED + (
        "the cluster is not our own and `images.helper` of the system file names no helper image"
    )


@pytest.mark.parametrize("made_for", [GUARDED, system(None)])
def test_a_kind_that_was_rolled_out_is_judged_and_not_called_unsupported(made_for: System) -> None:
    verdict = judged(ALL, made_for)
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.reasons[-1] == "answers-500: contained, none of 401 requests failed"
    assert not any(UNSUPPORTED in reason for reason in verdict.reasons)
    assert verdict.numbers["answers-500_requests"] == 401


def test_one_request_that_was_answered_wrongly_is_not_contained() -> None:
    verdict = judged(ALL, GUARDED, failing="answers-500")
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("not contained: answers-500; ")
    assert "answers-500: not contained, 1 of 402 requests failed (1x status 500)" in verdict.reasons


def test_a_protection_that_is_declared_and_was_not_tried_is_no_pass() -> None:
    verdict = judged(PLAIN, GUARDED)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "fewer than 200 requests met answers-500" in verdict.observed


def test_too_few_requests_of_one_kind_are_no_pass() -> None:
    assert judged(ALL, GUARDED, per_second=45).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("left_out", "outcome"), [(1, Outcome.PASSED), (2, Outcome.INCONCLUSIVE)])
def test_two_hundred_requests_of_each_kind_are_enough(left_out: int, outcome: Outcome) -> None:
    """At 50 a second 201 are begun in the four seconds of a window."""
    moments = [at + n / 50 for at in range(100, 140, 10) for n in range(left_out)]
    made = seen(ALL, GUARDED, per_second=50).narrowed(lambda one: one.planned_at not in moments)
    verdict = contained(made)
    assert verdict.outcome is outcome
    assert verdict.numbers["never-ready_requests"] == 201 - left_out
