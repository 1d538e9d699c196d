"""Endpoints follow pods, and requests follow endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from replaced_shop import BEGAN, FIRST, course, faults, listed, observed, pod, requests, without_timeline

from seatrial.judge.admissible import judge
from seatrial.judge.asked import answers_by_pod, lives_of
from seatrial.judge.following import endpoints_follow_pods
from seatrial.model.check import CHECKS
from seatrial.model.timeline import Change, EndpointsSeen, Seen, ServiceSeen
from seatrial.model.verdict import Outcome

CHECK = CHECKS.get("discovery.endpoints-follow-pods")
FLAGGED = ServiceSeen(BEGAN, Change.MODIFIED, "catalogue", publish_not_ready_addresses=True)


def stale(seconds: float, old: str = "p0"):
    """Senders keep to an old pod for so long after its deletion."""

    def answering(at: float, serving: Sequence[str], number: int) -> str:
        return old if FIRST <= at < FIRST + seconds and number % 2 else serving[number // 2 % len(serving)]

    return answering


def without(*names: str):
    """These pods are never asked."""

    def answering(at: float, serving: Sequence[str], number: int) -> str:
        left = [name for name in serving if name not in names] or list(serving)
        return left[number % len(left)]

    return answering


class TestPassed:
    def test_it_tells_the_longest_of_each_time(self) -> None:
        verdict = judge(CHECK, observed(requests()))
        assert verdict.outcome is Outcome.PASSED, verdict.explain()
        assert verdict.observed == (
            "3 pods begun: from Ready to the endpoint 0.05 s at most, to the first answer 0.09 s at most; "
            "3 pods ended: from deletion to the endpoint's end 0.05 s at most, to the last request 0.00 s at "
            "most"
        )
        assert (verdict.numbers["pods_begun"], verdict.numbers["pods_ended"]) == (3, 3)

    def test_what_one_watch_tells_later_than_another_is_no_order(self) -> None:
        verdict = endpoints_follow_pods(observed(requests(), course(listed_after=-2.0, left_after=-1.0)))
        assert verdict.outcome is Outcome.PASSED

    def test_a_twin_that_lists_pods_whether_ready_or_not_is_not_the_way(self) -> None:
        twin = replace(FLAGGED, name="peers")
        early = [listed(BEGAN, *(f"p{n}" for n in range(5)), service="peers")]
        assert (
            endpoints_follow_pods(observed(requests(), [*course(), twin, *early])).outcome is Outcome.PASSED
        )

    def test_before_the_traffic_nobody_could_ask(self) -> None:
        late = [each for each in requests() if each.planned_at > 118]
        assert endpoints_follow_pods(observed(late)).outcome is Outcome.PASSED

    def test_pods_of_a_version_that_is_bad_on_purpose_are_left_out(self) -> None:
        made = observed(requests(without("p2")))
        bad = [
            replace(state, revision="bad") if getattr(state, "name", "") == "p2" else state
            for state in course()
        ]
        fault = replace(faults()[0], details={"revision_bad": "bad"})
        arm = replace(observed(made.exchanges, bad).trouble, faults=(fault, *faults()[1:]))
        assert endpoints_follow_pods(made).outcome is Outcome.FAILED
        assert endpoints_follow_pods(replace(made, arms={"trouble": arm})).outcome is Outcome.PASSED


class TestFailed:
    @pytest.mark.parametrize(
        ("exchanges", "seen", "words", "help_words"),
        [
            (requests(), course(listed_after=6.0), "p2 was Ready 6.00 s before its endpoint", "late"),
            (requests(), course(left_after=8.0), "endpoint of p0 was there", "late"),
            (requests(without("p4")), course(), "p4 was listed and got no request, while", "look names up"),
            (requests(stale(11.9)), course(), "p0 was still sent a request 11.8 s after", "look names up"),
        ],
    )  # fmt: skip
    def test_each_way_is_named(
        self, exchanges: object, seen: list[Seen], words: str, help_words: str
    ) -> None:
        verdict = endpoints_follow_pods(observed(exchanges, seen))  # type: ignore[arg-type]
        assert verdict.outcome is Outcome.FAILED
        assert words in verdict.explain()
        assert help_words in verdict.next_step

    def test_a_pod_that_is_found_late(self) -> None:
        def slowly(at: float, serving: Sequence[str], number: int) -> str:
            left = [name for name in serving if name != "p4" or at > 157] or list(serving)
            return left[number % len(left)]

        verdict = endpoints_follow_pods(observed(requests(slowly)))
        assert verdict.outcome is Outcome.FAILED
        assert "p4 was listed and got its first request after 12.0 s" in verdict.observed

    def test_a_service_that_publishes_pods_that_are_not_ready_is_named(self) -> None:
        early = [listed(FIRST + 0.5, "p1", "p2"), *course()]
        verdict = endpoints_follow_pods(observed(requests(), [*early, FLAGGED]))
        assert verdict.outcome is Outcome.FAILED
        assert "endpoint of p2 was there 4.50 s before it was Ready" in verdict.observed
        assert "Service catalogue has `publishNotReadyAddresses`" in verdict.next_step

    def test_a_ready_pod_in_no_endpoint(self) -> None:
        def alone(state: Seen) -> Seen:
            if not isinstance(state, EndpointsSeen):
                return state
            return replace(state, endpoints=tuple(end for end in state.endpoints if end.pod != "p3"))

        verdict = endpoints_follow_pods(observed(requests(without("p3")), [alone(each) for each in course()]))
        assert verdict.outcome is Outcome.FAILED
        assert "p3 was Ready, and no Service listed it" in verdict.explain()


class TestNeither:
    def test_answers_without_names_are_unsupported_where_nothing_names_them(self) -> None:
        unnamed = requests(named=False)
        assert endpoints_follow_pods(observed(unnamed)).outcome is Outcome.INCONCLUSIVE
        verdict = endpoints_follow_pods(observed(unnamed, served_by=""))
        assert verdict.outcome is Outcome.UNSUPPORTED
        assert "served_by" in verdict.next_step
        late = endpoints_follow_pods(observed(unnamed, course(listed_after=6.0), served_by=""))
        assert late.outcome is Outcome.FAILED, "endpoints alone show it"

    def test_where_nothing_is_sent_nobody_can_be_asked(self) -> None:
        assert endpoints_follow_pods(observed([])).outcome is Outcome.UNSUPPORTED
        assert endpoints_follow_pods(observed([], course(listed_after=6.0))).outcome is Outcome.FAILED

    def test_no_pod_that_began_says_nothing(self) -> None:
        still = [pod(BEGAN, "p0"), pod(BEGAN, "p1"), listed(BEGAN, "p0", "p1")]
        assert endpoints_follow_pods(observed(requests(), still)).outcome is Outcome.UNSUPPORTED

    def test_nothing_watched_or_a_gap_is_no_pass(self) -> None:
        assert endpoints_follow_pods(without_timeline(observed(requests()))).outcome is Outcome.INCONCLUSIVE
        gap = observed(requests(), gaps=((101.0, 102.0),))
        assert endpoints_follow_pods(gap).outcome is Outcome.INCONCLUSIVE


class TestAsked:
    def test_a_name_that_two_pods_had_is_the_one_of_that_time(self) -> None:
        again = [
            pod(BEGAN, "p0"), replace(pod(101.0, "p0", gone=True)),
            replace(pod(102.0, "p0", ready=False), uid="second"), replace(pod(104.0, "p0"), uid="second"),
        ]  # fmt: skip
        made = observed(requests(lambda *_: "p0"), again)
        counted = {uid: len(mine) for uid, mine in answers_by_pod(made, "catalogue").items()}
        assert counted == {"uid-p0": 600, "second": 2900}
        first, second = lives_of(made, "catalogue")
        assert (first.ready_at, first.gone_at, second.ready_at) == (None, 101.0, 104.0)

    def test_addresses_are_names_too_and_any_of_several_may_be_it(self) -> None:
        made = requests(lambda *_: "gateway-1, 10.0.0.1")
        assert [*answers_by_pod(observed(made), "catalogue")] == ["uid-p1"]
        assert answers_by_pod(observed(made), "gateway") == {}
