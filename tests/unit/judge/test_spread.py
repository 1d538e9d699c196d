"""Requests must be spread over all ready pods, before and after each replacement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from replaced_shop import BEGAN, course, listed, observed, pod, requests, without_timeline

from seatrial.judge.admissible import judge
from seatrial.judge.spread import load_is_spread
from seatrial.model.check import CHECKS
from seatrial.model.scenario import Subject
from seatrial.model.timeline import Change, ServiceSeen
from seatrial.model.verdict import Outcome

CHECK = CHECKS.get("discovery.load-is-spread")


def stays_on_one(at: float, serving: Sequence[str], number: int) -> str:
    """The oldest pod answers all."""
    return serving[0]


def kept_by_the_client(at: float, serving: Sequence[str], number: int) -> str:
    """One connection carries nine requests in ten; each tenth has one of its own."""
    return serving[0] if number % 10 else serving[number // 10 % len(serving)]


def test_it_passes_where_all_answer_alike() -> None:
    verdict = judge(CHECK, observed(requests()))
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.numbers == {"spans": 4, "answers": 2450, "uneven_spans": 0}
    assert "in 4 times with the same ready pods the most uneven was" in verdict.observed


def test_a_pod_that_gets_nothing_fails_with_the_counts_of_all() -> None:
    verdict = judge(CHECK, observed(requests(stays_on_one)))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("4 times of 4 uneven: p")
    assert "of 500 answers (0.0 % where 50.0 % were fair)" in verdict.observed
    assert "no hash of what all requests share" in verdict.next_step


def test_once_is_enough() -> None:
    def late(at: float, serving: Sequence[str], number: int) -> str:
        return serving[0] if at > 140 else serving[number % len(serving)]

    verdict = load_is_spread(observed(requests(late)))
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed.startswith("1 time of 4 uneven: p4 0, p3")


def test_behind_a_proxy_a_kept_connection_is_no_excuse() -> None:
    made = requests(kept_by_the_client)
    assert load_is_spread(observed(made)).outcome is Outcome.FAILED
    alone = load_is_spread(observed(made, through=""))
    assert alone.outcome is Outcome.PASSED, alone.explain()
    assert "2.5 % of its fair share, by connection" in alone.expected
    assert load_is_spread(observed(requests(stays_on_one), through="")).outcome is Outcome.FAILED


def test_a_slower_pod_may_rightly_get_less() -> None:
    def third(at: float, serving: Sequence[str], number: int) -> str:
        return serving[-1] if number % 10 < 3 else serving[0]

    assert load_is_spread(observed(requests(third))).outcome is Outcome.PASSED


def test_a_service_that_ties_clients_to_pods_is_named() -> None:
    tied = ServiceSeen(BEGAN + 1, Change.MODIFIED, "catalogue", session_affinity="ClientIP")
    verdict = load_is_spread(observed(requests(stays_on_one), [*course(), tied]))
    assert "Service catalogue has `sessionAffinity: ClientIP`" in verdict.next_step
    other = replace(tied, name="beside")
    verdict = load_is_spread(observed(requests(stays_on_one), [*course(), other]))
    assert "sessionAffinity: ClientIP" not in verdict.next_step


@pytest.mark.parametrize(
    "made",
    [
        observed(requests(per_second=1)),
        observed(requests(named=False)),
        without_timeline(observed(requests())),
    ],
    ids=["few", "unnamed", "unwatched"],
)
def test_too_little_is_no_pass(made: object) -> None:
    assert load_is_spread(made).outcome is Outcome.INCONCLUSIVE  # type: ignore[arg-type]


def test_with_one_ready_pod_there_is_nothing_to_spread() -> None:
    lone = [pod(BEGAN, "p0"), listed(BEGAN, "p0")]
    assert load_is_spread(observed(requests(lambda *_: "p0"), lone)).outcome is Outcome.INCONCLUSIVE


def test_a_pod_that_is_leaving_need_not_be_asked() -> None:
    """Of p0 nothing is wanted from its deletion on, nor of p2 before it was Ready for a while."""
    verdict = load_is_spread(observed(requests()))
    assert verdict.numbers["uneven_spans"] == 0


def test_it_needs_answers_that_name_their_pod() -> None:
    named, unnamed = observed(requests()).system, observed(requests(), served_by="").system
    assert named is not None
    assert unnamed is not None
    assert CHECK.subjects(named) == [Subject("catalogue", named)]
    assert CHECK.subjects(unnamed) == []
    assert "named-answers" in [need.name for need in CHECK.all_needs()]


def test_a_watch_that_was_broken_meanwhile_may_hide_a_pod_that_gets_nothing() -> None:
    whole = observed(requests())
    assert whole.timeline is not None
    blind = replace(whole.timeline, gaps=((92.0, 93.0),))
    verdict = load_is_spread(replace(whole, arms={"trouble": replace(whole.trouble, timeline=blind)}))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "a watch was broken 1 time" in verdict.observed
    before = replace(whole.timeline, gaps=((51.0, 51.5),))
    assert load_is_spread(replace(whole, arms={"trouble": replace(whole.trouble, timeline=before)})).passed
