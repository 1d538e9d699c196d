"""Where the lines run between endpoints and requests that follow pods and such that do not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from replaced_shop import BEGAN, ENDED, course, listed, observed, pod, requests

from seatrial.judge.following import CONTROLLER_HELP, LOOKUP_HELP, Followed, endpoints_follow_pods, followed
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.timeline import Change, Seen, ServiceSeen
from seatrial.model.verdict import Outcome

STAY = (pod(BEGAN, "p0"), pod(BEGAN, "p1"), listed(BEGAN, "p0", "p1"))
"""Two pods that nothing happens to."""


def answer(at: float, who: str, sent_at: float | None = None) -> Exchange:
    sent = at if sent_at is None else sent_at
    return Exchange(0, "browse", at, sent, sent + 0.01, ExchangeOutcome.OK, 200, backend=who)


def avoiding(*names: str):
    def answering(at: float, serving: Sequence[str], number: int) -> str:
        left = [name for name in serving if name not in names] or list(serving)
        return left[number % len(left)]

    return answering


def begins(*, deleted_at: float | None = None, **kinds: float) -> list[Seen]:
    """A third pod, p2, that is Ready at 105 and listed by each of these Services from then on."""
    seen: list[Seen] = [*STAY, pod(100.0, "p2", ready=False), pod(105.0, "p2")]
    seen += [listed(at, "p0", "p1", "p2", service=service) for service, at in kinds.items()]
    if deleted_at is not None:
        seen += [pod(deleted_at, "p2", deleting=True), pod(deleted_at + 1, "p2", gone=True)]
    return seen


def of(name: str, seen: Sequence[Seen], *sent: Exchange) -> Followed:
    made = observed(sent, seen)
    assert made.timeline is not None
    return next(each for each in followed(made, made.timeline) if each.life.name == name)


class TestWords:
    def test_the_first_problem_is_told_with_its_help_and_the_number_of_others(self) -> None:
        verdict = endpoints_follow_pods(observed(requests(avoiding("p4")), course(left_after=8.0)))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed == "endpoint of p0 was there 5.05 s after its deletion; and 3 more cases"
        assert verdict.next_step == CONTROLLER_HELP
        assert len(verdict.reasons) == 4

    def test_one_and_two_problems(self) -> None:
        one = endpoints_follow_pods(observed(requests(avoiding("p4"))))
        assert "more case" not in one.observed
        assert one.next_step == LOOKUP_HELP
        two = endpoints_follow_pods(observed(requests(avoiding("p2", "p4"))))
        assert two.observed.endswith("; and 1 more case")

    def test_of_two_services_that_list_whatever_is_ready_the_first_is_named(self) -> None:
        flags = [
            ServiceSeen(BEGAN, Change.MODIFIED, name, publish_not_ready_addresses=True)
            for name in ("peers", "catalogue")
        ]
        early = [listed(100.5, "p2", service="peers"), listed(100.5, "p0", "p1", "p2")]
        verdict = endpoints_follow_pods(observed(requests(), [*begins(), *early, *flags]))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.next_step.startswith("Service catalogue has `publishNotReadyAddresses`")

    def test_the_longest_of_each_time_is_told(self) -> None:
        seen = [*begins(catalogue=105.5), pod(110.0, "p3", ready=False), pod(115.0, "p3")]
        seen += [listed(115.25, "p0", "p1", "p2", "p3")]
        sent = [answer(90.0, "p0"), answer(106.0, "p2"), answer(115.5, "p3")]
        verdict = endpoints_follow_pods(observed(sent, seen))
        assert verdict.numbers["ready_to_endpoint_seconds"] == 0.5
        assert "from Ready to the endpoint 0.50 s at most" in verdict.observed

    def test_what_was_not_seen_is_told_as_that(self) -> None:
        verdict = endpoints_follow_pods(observed(requests(avoiding("p2")), begins(catalogue=159.0)))
        assert verdict.outcome is Outcome.FAILED
        still = endpoints_follow_pods(observed(requests(), [*STAY, pod(ENDED - 1, "p2")]))
        assert still.outcome is Outcome.UNSUPPORTED
        kept = begins(catalogue=105.0)
        passed = endpoints_follow_pods(observed([answer(90.0, "p0"), answer(105.5, "p2")], kept))
        assert passed.observed == (
            "1 pod begun: from Ready to the endpoint 0.00 s at most, to the first answer 0.50 s at most; "
            "0 pods ended: from deletion to the endpoint's end not seen, to the last request not seen"
        )
        assert passed.numbers["deletion_to_endpoint_gone_seconds"] is None
        assert passed.numbers["endpoint_to_first_answer_seconds"] == 0.5


class TestBegun:
    @pytest.mark.parametrize(("lasted", "wrong"), [(1.0, False), (5.0, False), (7.0, False), (7.5, True)])
    def test_a_pod_in_no_endpoint_is_wrong_once_it_was_ready_for_long(
        self, lasted: float, wrong: bool
    ) -> None:
        found = of("p2", begins(deleted_at=105.0 + lasted))
        assert (found.never_listed, found.to_endpoint) == (wrong, None)
        verdict = endpoints_follow_pods(observed(requests(avoiding("p2")), begins(deleted_at=105.0 + lasted)))
        assert verdict.outcome is (Outcome.FAILED if wrong else Outcome.UNSUPPORTED)

    def test_one_that_became_ready_at_the_very_end_is_not(self) -> None:
        late = [*STAY, pod(ENDED - 5, "p2", ready=False), pod(ENDED - 1, "p2")]
        assert not of("p2", late).never_listed

    def test_the_last_of_several_services_counts(self) -> None:
        assert of("p2", begins(catalogue=105.0, front=111.0)).to_endpoint == 6.0
        assert of("p2", begins(catalogue=111.0, front=105.0)).to_endpoint == 6.0

    def test_a_service_that_lists_others_does_not(self) -> None:
        others = listed(BEGAN, "gateway-1", service="gateway")
        assert of("p2", [*begins(catalogue=105.5), others]).to_endpoint == 0.5

    def test_one_that_a_second_service_never_had_ready_has_no_endpoint(self) -> None:
        half = [*begins(catalogue=105.0), listed(104.0, unready=["p2"], service="front")]
        found = of("p2", half)
        assert (found.to_endpoint, found.never_listed) == (None, True)

    def test_it_waits_in_vain_from_ten_seconds_on_until_its_first_answer(self) -> None:
        others = [answer(at, "p1") for at in (90.0, 114.0, 115.0, 117.0, 120.0, 121.0)]
        found = of("p2", begins(catalogue=105.0), *others, answer(120.0, "p2"), answer(122.0, "p2"))
        assert (found.in_vain, found.to_first) == (2, 15.0)

    def test_the_first_request_of_all_begins_the_waiting(self) -> None:
        sent = [answer(110.0, "p0"), answer(119.0, "p1"), answer(120.0, "p1"), answer(131.0, "p2")]
        found = of("p2", begins(catalogue=105.0), *sent)
        assert (found.in_vain, found.to_first) == (1, 21.0)

    def test_its_deletion_ends_the_waiting(self) -> None:
        others = [answer(at, "p1") for at in (90.0, 116.0, 119.0, 120.0, 125.0)]
        found = of("p2", begins(catalogue=105.0, deleted_at=120.0), *others)
        assert (found.in_vain, found.to_first) == (2, None)

    def test_twenty_answers_of_others_are_enough(self) -> None:
        for number, outcome in ((19, Outcome.PASSED), (20, Outcome.FAILED)):
            others = [answer(90.0, "p0"), *(answer(116.0 + n, "p1") for n in range(number))]
            sent = [*others, answer(150.0, "p2")]
            assert endpoints_follow_pods(observed(sent, begins(catalogue=105.0))).outcome is outcome

    def test_one_new_pod_that_answered_is_enough_where_the_others_had_no_time(self) -> None:
        early = [each for each in requests(avoiding("p4")) if each.planned_at < 152]
        assert endpoints_follow_pods(observed(early)).outcome is Outcome.PASSED

    @pytest.mark.parametrize(
        ("listed_at", "outcome"),
        [(103.0, Outcome.PASSED), (102.5, Outcome.FAILED), (110.0, Outcome.PASSED), (110.5, Outcome.FAILED)],
    )
    def test_an_endpoint_has_five_seconds_and_a_watch_two(self, listed_at: float, outcome: Outcome) -> None:
        verdict = endpoints_follow_pods(observed(requests(), begins(catalogue=listed_at)))
        assert verdict.outcome is outcome


class TestEnded:
    def ends(self, *, left_at: float | None, gone: bool = True) -> list[Seen]:
        seen: list[Seen] = [*STAY, pod(100.0, "p0", deleting=True)]
        seen += [listed(left_at, "p1")] if left_at is not None else []
        return [*seen, pod(112.0, "p0", gone=True)] if gone else seen

    def test_an_endpoint_that_never_left_was_there_as_long_as_the_pod(self) -> None:
        assert of("p0", self.ends(left_at=None)).to_left == 12.0
        assert of("p0", self.ends(left_at=None, gone=False)).to_left == ENDED - 100.0

    @pytest.mark.parametrize(("left_at", "wrong"), [(105.0, False), (105.5, True)])
    def test_it_has_five_seconds_to_leave(self, left_at: float, wrong: bool) -> None:
        seen = self.ends(left_at=left_at)
        assert of("p0", seen).to_left == left_at - 100.0
        verdict = endpoints_follow_pods(observed(requests(), seen))
        assert (verdict.outcome is Outcome.FAILED) is wrong

    @pytest.mark.parametrize(("sent_at", "wrong"), [(111.0, False), (111.5, True)])
    def test_the_last_request_that_was_really_sent_has_ten_more(self, sent_at: float, wrong: bool) -> None:
        sent = [answer(90.0, "p0"), answer(99.0, "p0", sent_at), answer(100.5, "p0")]
        found = of("p0", self.ends(left_at=101.0), *sent)
        assert found.to_last == sent_at - 101.0
        seen = [*self.ends(left_at=101.0), *begins(catalogue=105.0)[3:5], listed(105.0, "p1", "p2")]
        made = observed([*sent, answer(106.0, "p2")], seen)
        assert endpoints_follow_pods(made).outcome is (Outcome.FAILED if wrong else Outcome.PASSED)

    def test_one_that_never_served_had_nothing_to_leave(self) -> None:
        never = [*STAY, pod(100.0, "p2", ready=False), listed(100.5, "p0", "p1", unready=["p2"])]
        never += [pod(101.0, "p2", ready=False, deleting=True), pod(102.0, "p2", ready=False, gone=True)]
        assert of("p2", never).to_left is None
