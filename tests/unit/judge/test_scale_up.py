"""A scale-up is split along the pod that the load waited for; latency is regained or not."""

import dataclasses
from pathlib import Path

import pytest
from load_steps import BEFORE, TRAFFIC, UP, observed
from observations import OBJECTIVES, endpoints, exchange, failed, pod, stream, timeline, workload

from seatrial.judge.load_step import LoadStep, step_of
from seatrial.judge.scale_up import Stage, in_numbers, in_words, needed_pod, regained_at, stages
from seatrial.judge.scaling import follows_load
from seatrial.model.exchange import Exchange
from seatrial.model.timeline import EventSeen, Seen, Timeline
from seatrial.record.observations import read_observation

STEP = LoadStep("orders", "orders", 100.0, 300.0, 4)
RUN = Path(__file__).parents[3] / "reports" / "example" / "observations" / "load-step.orders"


def test_a_recorded_scale_up_is_split_without_a_rest() -> None:
    whole = read_observation(RUN).observation
    found = step_of(whole)
    assert isinstance(found, tuple)
    timeline_, step = found
    split = stages(whole, timeline_, step)
    assert [stage.name for stage in split] == [
        "CPU measured", "sample served", "decided", "pod created", "scheduled", "image", "started", "Ready",
        "endpoint", "first answer",
    ]  # fmt: skip
    seen = [stage.at for stage in split if stage.at is not None]
    assert seen == sorted(seen)
    verdict = follows_load(whole)
    ready = verdict.numbers["stages_seconds"]["Ready"]
    assert ready == pytest.approx(verdict.numbers["scale_up_seconds"], abs=0.2)
    assert "CPU measured 14.6 s, sample served 8.23 s, decided 10.5 s, pod created" in verdict.reasons[0]
    assert "image was on the node" in verdict.reasons[0]
    assert "first answer not seen" in verdict.reasons[0], "its answers name no pod"
    assert verdict.reasons[1] == "the latency objective of quote was never lost"


def new_pod(name: str, ready_at: float) -> list[Seen]:
    return [
        pod(130.0, name, uid=name, node=""),
        pod(131.0, name, uid=name),
        pod(ready_at, name, uid=name, started_at=ready_at - 1, ready=True),
    ]


def of(*seen: Seen) -> Timeline:
    return timeline(workload(90.0, 2, 2), *seen)


def test_the_pod_that_was_waited_for_is_the_one_that_makes_the_number() -> None:
    three = [*new_pod("orders-c", 150.0), *new_pod("orders-a", 133.0), *new_pod("orders-b", 140.0)]
    assert needed_pod(of(*three), STEP)[0].name == "orders-b"
    assert needed_pod(of(*new_pod("orders-a", 133.0)), STEP) == (), "one of two is not enough"
    assert needed_pod(of(pod(90.0, "old", uid="old", ready=True), *three), STEP)[0].name == "orders-b"
    shop = [dataclasses.replace(state, workload="shop") for state in three]
    assert needed_pod(of(*shop), STEP) == ()
    assert needed_pod(of(*three), dataclasses.replace(STEP, wanted_replicas=2)) == ()


def pulled(message: str, name: str = "orders-a") -> EventSeen:
    return EventSeen(130.9, "Pod", name, "Pulled", message, warning=False)


def names(*more: Seen) -> dict[str, Stage]:
    whole = observed([*BEFORE, *UP, *more], [dataclasses.replace(one, backend="orders-a") for one in TRAFFIC])
    one = dataclasses.replace(STEP, wanted_replicas=3)
    assert whole.timeline is not None
    return {stage.name: stage for stage in stages(whole, whole.timeline, one)}


def test_an_image_that_was_pulled_is_a_stage_and_one_that_was_there_is_said() -> None:
    assert names(pulled("Successfully pulled image"))["image pulled"].at == 130.9
    assert names(pulled("Container image already present on machine"))["image"].note == "was on the node"
    assert "image" not in names(pulled("Successfully pulled image", "orders-b"))
    assert "image pulled" not in names()


def test_endpoint_and_first_answer_end_it() -> None:
    found = names(endpoints(133.5, orders_a=True))
    assert found["endpoint"].at == 133.5
    assert found["started"].at == 131.0
    assert found["first answer"].at is not None
    assert in_numbers([found["endpoint"]], STEP) == {"endpoint": 33.5}


def test_a_stage_is_never_negative_and_what_was_not_seen_is_said() -> None:
    found = [Stage("decided", 130.0), Stage("pod created", 129.9), Stage("Ready", 140.0)]
    found.append(Stage("endpoint", None))
    assert in_words(found, STEP) == (
        "scale-up by stage, each since the one before: decided 30.0 s, pod created 0.00 s, Ready 10.0 s, "
        "endpoint not seen"
    )


def slow(begin: float, end: float, latency: float = 2.0) -> list[Exchange]:
    return [exchange(begin + n / 10, latency=latency) for n in range(round((end - begin) * 10))]


def test_latency_is_regained_where_it_stays_within_its_objective() -> None:
    fast = stream(100, 300, per_second=10)
    assert regained_at(fast, STEP, OBJECTIVES) == 100.0
    late = [*slow(100, 150), *stream(150, 300, per_second=10)]
    assert regained_at(late, STEP, OBJECTIVES) == pytest.approx(150.0, abs=1.1)
    assert regained_at([*late[:1900], *slow(290, 300)], STEP, OBJECTIVES) is None, "lost again at the end"
    assert regained_at(slow(100, 300), STEP, OBJECTIVES) is None
    assert regained_at(fast[:99], STEP, OBJECTIVES) is None, "too few to have a 99th percentile"
    errors = [failed(100 + n / 10) for n in range(200)]
    regained = regained_at([*errors, *stream(120, 300, per_second=10)], STEP, OBJECTIVES)
    assert regained == pytest.approx(120.0, abs=1.1)


def test_the_objective_itself_is_within_it_and_half_a_thousandth_more_is_not() -> None:
    bound = OBJECTIVES.latency_p99_ms / 1000
    assert regained_at(slow(100, 300, bound - 1e-6), STEP, OBJECTIVES) == 100.0
    assert regained_at(slow(100, 300, bound * 1.0005), STEP, OBJECTIVES) is None
