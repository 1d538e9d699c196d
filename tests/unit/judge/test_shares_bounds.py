"""From when on and how many answers tell whether an added replica takes its share, and what is said of it."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from observations import endpoints, exchange, failed, health, pod, service, timeline, workload

from seatrial.judge.load_step import LoadStep
from seatrial.judge.shares import takes_its_share
from seatrial.model.exchange import Exchange
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.timeline import EndpointsSeen, Seen
from seatrial.model.verdict import Outcome, Verdict

STEP = LoadStep("orders", "orders", 100.0, 160.0, 4)
OLD = [pod(90.0, f"orders-{n}", uid=f"{n}", ready=True) for n in (1, 2)]
NEW = [pod(130.0, f"orders-{n}", uid=f"{n}", ready=True) for n in (3, 4)]
SERVING = endpoints(131.0, orders_1=True, orders_2=True, orders_3=True, orders_4=True)
SINCE = 133.0
"""From then on the answers count: two seconds after the endpoints of the new pods serve."""


def judged(sent: Iterable[Exchange], *watched: Seen, step: LoadStep = STEP) -> Verdict:
    arm = Arm(tuple(sent), health(), timeline=timeline(workload(90.0, 2, 2), *watched))
    return takes_its_share(Observation({TROUBLE: arm}, target="orders"), step)


def answers(counts: dict[str, int], begin: float = SINCE, every: float = 0.1) -> list[Exchange]:
    names = [name for name, count in counts.items() for _ in range(count)]
    return [exchange(begin + every * n, backend=name) for n, name in enumerate(names)]


def sliced(at: float, name: str, *pods: str) -> EndpointsSeen:
    listed = endpoints(at, **{pod.replace("-", "_"): True for pod in pods})
    return replace(listed, slice_name=f"{name}-slice", service=name)


def test_answers_count_from_two_seconds_after_the_endpoint_serves() -> None:
    early = answers({"orders-3": 5, "orders-4": 5}, SINCE - 0.9, 0.01)
    verdict = judged([*early, *answers({"orders-1": 27})], *OLD, *NEW, SERVING)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == "4 ready, one answered 100.0 %: orders-1 gave 27 of 27 answers, orders-3 0"


def test_twenty_seven_answers_tell_of_four_and_twenty_six_do_not() -> None:
    verdict = judged(answers({"orders-1": 26}), *OLD, *NEW, SERVING)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "2 of 2 added replicas served too short a time" in verdict.observed


def test_an_answer_at_the_very_end_counts_and_one_that_failed_does_not() -> None:
    sent = [*answers({"orders-1": 26}), exchange(160.0, backend="orders-1")]
    sent += [failed(150.0 + n / 10, backend="orders-3") for n in range(40)]
    sent += answers({"orders-3": 40}, 160.01)
    assert judged(sent, *OLD, *NEW, SERVING).outcome is Outcome.FAILED


def test_without_endpoints_a_pod_counts_from_when_it_was_seen_ready() -> None:
    early = answers({"orders-3": 9, "orders-4": 9}, 131.0, 0.01)
    sent = [*early, *answers({"orders-1": 27}, 132.0)]
    assert judged(sent, *OLD, *NEW).outcome is Outcome.FAILED
    assert judged(sent[:-1], *OLD, *NEW).outcome is Outcome.INCONCLUSIVE


def test_the_share_that_is_expected_is_half_of_a_fair_one() -> None:
    for ready, share in ((4, "12.5 %"), (2, "25.0 %"), (1, "50.0 %"), (0, "50.0 %")):
        verdict = judged([], *[*OLD, *NEW][:ready])
        assert f"at least {share} of the requests" in verdict.expected


def test_none_ready_is_no_pass_and_none_added_neither() -> None:
    assert judged([]).outcome is Outcome.INCONCLUSIVE
    alone = judged([], *OLD)
    assert alone.outcome is Outcome.INCONCLUSIVE
    assert "no replica was added" in alone.observed


LATE = [replace(SERVING, endpoints=SERVING.endpoints[:3]), sliced(158.0, "orders-late", "orders-4")]
"""The last pod serves from 158 on only."""


@pytest.mark.parametrize(("wanted", "outcome"), [(3, Outcome.PASSED), (4, Outcome.INCONCLUSIVE)])
def test_as_many_must_be_known_as_were_wanted(wanted: int, outcome: Outcome) -> None:
    sent = answers({"orders-1": 40, "orders-2": 40, "orders-3": 20})
    verdict = judged(sent, *OLD, *NEW, *LATE, step=replace(STEP, wanted_replicas=wanted))
    assert verdict.outcome is outcome
    if outcome is Outcome.PASSED:
        assert verdict.observed == "4 ready; the least of the added answered 20.0 %"
    else:
        assert "1 of 2 added replicas served too short a time" in verdict.observed
        assert verdict.numbers == {"replicas_added": 2, "replicas_idle": 0}


def test_where_the_old_ones_were_enough_nothing_is_said_of_the_added() -> None:
    verdict = judged(answers({"orders-1": 5}), *OLD, *NEW, SERVING, step=replace(STEP, wanted_replicas=2))
    assert (verdict.outcome, verdict.observed) == (Outcome.PASSED, "4 ready")


def test_the_least_is_told_by_its_share_and_not_by_its_number() -> None:
    early = answers({"orders-1": 60, "orders-3": 20, "orders-2": 20})
    late = answers({"orders-1": 40, "orders-4": 25, "orders-3": 35}, 150.0, 0.01)
    served_late = [replace(SERVING, endpoints=SERVING.endpoints[:3]), sliced(148.0, "late", "orders-4")]
    verdict = judged([*early, *late], *OLD, *NEW, *served_late)
    assert verdict.observed == "4 ready; the least of the added answered 25.0 %"
    fewer = answers({"orders-1": 60, "orders-3": 10, "orders-4": 30}, 150.0, 0.01)
    verdict = judged([*early, *fewer], *OLD, *NEW, *served_late)
    assert verdict.observed == "4 ready; the least of the added answered 15.0 %"


def test_of_two_idle_ones_the_first_is_named_with_its_own_service() -> None:
    front = sliced(131.0, "front", "orders-3")
    tied = service(90.0, "front", affinity="ClientIP")
    verdict = judged(answers({"orders-1": 40}), *OLD, *NEW, SERVING, front, tied)
    assert "orders-3 0" in verdict.observed
    assert verdict.next_step.startswith("Service front has")


def test_of_two_services_that_tie_clients_the_first_by_name_is_told() -> None:
    back, front = sliced(131.0, "back", "orders-3"), sliced(131.0, "front", "orders-3")
    tied = [service(90.0, name, affinity="ClientIP") for name in ("front", "back")]
    verdict = judged(answers({"orders-1": 40}), *OLD, *NEW, SERVING, back, front, *tied)
    assert verdict.next_step.startswith("Service back has")
