"""For how long fewer pods could answer than were declared, fault by fault, and who refused the next one."""

from dataclasses import replace

import pytest
from observations import fault, observation, pod, stream, timeline, workload

from seatrial.judge.refusal import refusals
from seatrial.judge.replacement import replaced
from seatrial.judge.shortfall import shortfall, told
from seatrial.model.observation import Observation
from seatrial.model.timeline import Change, EventSeen, Seen, Timeline
from seatrial.model.verdict import Outcome

FIRST, SECOND = fault(100.0, 110.0, identity="first"), fault(120.0, 130.0, identity="second")
STAYS = pod(1.0, "a", uid="a", ready=True)


def refused(at: float, message: str, name: str = "orders-7c9f") -> EventSeen:
    return EventSeen(at, "ReplicaSet", name, "FailedCreate", message, warning=True)


def away(since: float, until: float) -> list[Seen]:
    """The second of two pods is not ready from `since` to `until`."""
    return [pod(since, "b", uid="b"), pod(until, "b", uid="b", ready=True)]


def of_two(*more: Seen, ended_at: float = 200.0) -> Timeline:
    second = pod(1.0, "b", uid="b", ready=True)
    return timeline(workload(1.0), STAYS, second, *more, ended_at=ended_at)


def seen(*more: Seen, second_available: bool = True) -> Observation:
    last = SECOND if second_available else replace(SECOND, available_at=None)
    made = observation(stream(90, 140), [FIRST, last], timeline=of_two(*more))
    return replace(made, target="orders")


class TestSeconds:
    def test_they_are_those_in_which_fewer_were_ready_than_wanted(self) -> None:
        assert shortfall(of_two(*away(102, 105.5)), FIRST) == 3.5
        assert shortfall(of_two(*away(102, 103), *away(104, 106)), FIRST) == 3.0
        assert shortfall(of_two(), FIRST) == 0.0

    def test_only_the_faults_own_count(self) -> None:
        assert shortfall(of_two(*away(90, 104)), FIRST) == 4.0
        assert shortfall(of_two(*away(106, 125)), FIRST) == 4.0
        assert shortfall(of_two(*away(90, 150)), FIRST) == 10.0
        assert shortfall(of_two(*away(90, 99), *away(111, 119)), FIRST) == 0.0

    def test_a_fault_that_never_ended_lasts_to_the_end_of_the_watch(self) -> None:
        never = replace(FIRST, available_at=None)
        assert shortfall(of_two(pod(105.0, "b", uid="b"), ended_at=160.0), never) == 55.0

    def test_what_is_wanted_may_change_meanwhile(self) -> None:
        assert shortfall(of_two(workload(103.0, wanted=3)), FIRST) == 7.0
        assert shortfall(of_two(*away(102, 109), workload(106.0, wanted=1)), FIRST) == 4.0
        other = replace(workload(103.0, wanted=3), workload="stock", name="stock")
        assert shortfall(of_two(other), FIRST) == 0.0

    def test_pods_of_others_do_not_count(self) -> None:
        other = replace(pod(101.0, "c", uid="c", ready=True), workload="stock")
        assert shortfall(of_two(*away(102, 105), other), FIRST) == 3.0

    def test_of_a_workload_that_was_never_seen_nothing_is_missing(self) -> None:
        assert shortfall(timeline(pod(101.0, "b", uid="b")), FIRST) == 0.0


class TestRefusals:
    def test_those_at_the_very_begin_and_end_count(self) -> None:
        events = [refused(at, "something new") for at in (99.9, 100.0, 110.0, 110.1)]
        [found] = refusals(of_two(*events), "orders", 100.0, 110.0)
        assert (found.first_at, found.last_at, found.count) == (100.0, 110.0, 2)

    def test_what_is_not_understood_is_the_same_only_word_for_word(self) -> None:
        events = [refused(101.0, "oh: no"), refused(102.0, "oh: dear"), refused(103.0, "oh: no")]
        found = refusals(of_two(*events), "orders", 100.0, 110.0)
        assert [(one.words, one.count) for one in found] == [("oh: no", 2), ("oh: dear", 1)]

    def test_a_line_is_told_for_each_refuser_of_the_faults_that_are_asked_for(self) -> None:
        made = seen(*away(102, 105), refused(101.0, "new"), refused(101.5, "other"), refused(121.0, "new"))
        assert len(told(made)) == 3
        [only] = told(made, [made.faults[1]])
        assert only.startswith("orders stood below its declared replicas for 0.00 s after delete-pod")
        assert told(made, []) == ()
        blind = replace(made.trouble, timeline=None)
        assert told(replace(made, arms={"trouble": blind})) == ()


class TestReplaced:
    def test_the_longest_of_several_is_told_beside_their_sum(self) -> None:
        verdict = replaced(seen(*away(102, 105), *away(122, 123)))
        assert verdict.outcome is Outcome.PASSED
        assert verdict.observed == (
            "orders stood below its declared replicas for 4.00 s in 2 disruptions, 3.00 s at the longest"
        )
        assert verdict.numbers == {
            "below_declared_seconds": 4.0,
            "below_declared_longest_seconds": 3.0,
            "refused_creations": 0,
        }

    def test_one_of_several_that_was_never_available_again_is_enough(self) -> None:
        verdict = replaced(seen(second_available=False))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed.endswith("at the longest, and was not available again")

    def test_the_first_refuser_is_told_first_and_all_are_reasons(self) -> None:
        verdict = replaced(seen(refused(101.0, "on holiday"), refused(122.0, "still away")))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed.endswith("refused from 1.00 s after the fault on, 1 time, by on holiday")
        assert [reason.rpartition(", by ")[2] for reason in verdict.reasons] == ["on holiday.", "still away."]


@pytest.mark.parametrize("change", [Change.ADDED, Change.MODIFIED])
def test_a_pod_on_its_way_out_cannot_answer(change: Change) -> None:
    leaving = pod(103.0, "b", uid="b", ready=True, deleting=True, change=change)
    assert shortfall(of_two(leaving, pod(105.0, "c", uid="c", ready=True)), FIRST) == 2.0
