"""Records survive the way into JSON and back, whatever they hold."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.ledger import ActSeen
from seatrial.model.timeline import (
    AutoscalerSeen,
    EndpointsSeen,
    EventSeen,
    NodeSeen,
    PodSeen,
    ReplicaSetSeen,
    UsageSeen,
    WorkloadSeen,
)
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record import codec

times = st.floats(allow_nan=False, allow_infinity=False)
# Text as hostile as JSON can carry it: lone surrogates and control characters, too.
texts = st.text(st.characters(), max_size=30)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | times | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
exchanges = st.builds(
    Exchange,
    sequence=st.integers(min_value=0),
    journey=texts,
    planned_at=times,
    sent_at=st.none() | times,
    completed_at=st.none() | times,
    outcome=st.sampled_from(ExchangeOutcome),
    status=st.none() | st.integers(100, 599),
    error=texts,
    key=texts,
    answer_id=texts,
    backend=texts,
)
faults = st.builds(
    FaultRecord,
    id=texts,
    fault=texts,
    disruption=st.sampled_from(Disruption),
    target=st.builds(Target, kind=texts, namespace=texts, name=texts, uid=texts),
    workload=texts,
    injected_at=times,
    verified_at=st.none() | times,
    effect=texts,
    available_at=st.none() | times,
    reverted_at=st.none() | times,
    seed=st.integers(),
    replacement=texts,
    details=st.dictionaries(texts, plain, max_size=3),
)
results = st.builds(
    CheckResult,
    check=texts,
    subject=texts,
    requirement=texts,
    verdict=st.builds(
        Verdict,
        outcome=st.sampled_from(Outcome),
        observed=texts,
        expected=texts,
        next_step=texts,
        numbers=st.dictionaries(texts, plain, max_size=3),
        reasons=st.lists(texts, max_size=3).map(tuple),
    ),
    tool=texts,
    started_at=times,
    finished_at=times,
    evidence=texts,
)
amounts = st.dictionaries(texts, st.integers(min_value=0), max_size=2)
by_container = st.dictionaries(texts, amounts, max_size=2)
objects = st.dictionaries(texts, plain, max_size=3)
seen = st.one_of(
    *(
        st.from_type(kind)
        for kind in (EndpointsSeen, WorkloadSeen, NodeSeen, EventSeen, ActSeen, ReplicaSetSeen)
    ),
    st.builds(PodSeen, requests=by_container, limits=by_container, pod_requests=amounts),
    st.builds(UsageSeen, containers=by_container),
    st.builds(AutoscalerSeen, spec=objects, current_metrics=st.lists(objects, max_size=2).map(tuple)),
)


def through_a_line(value: object) -> object:
    line = codec.dumps(value)
    assert line.isascii()
    assert "\n" not in line
    return json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@given(exchanges)
def test_an_exchange_comes_back_equal(exchange: Exchange) -> None:
    data = through_a_line(exchange)
    assert codec.exchange_from_dict(data) == exchange
    assert codec.from_plain(Exchange, data) == exchange


@given(faults)
def test_a_fault_comes_back_equal(record: FaultRecord) -> None:
    assert codec.from_plain(FaultRecord, through_a_line(record)) == record


@given(results)
def test_a_result_comes_back_equal(result: CheckResult) -> None:
    assert codec.from_plain(CheckResult, through_a_line(result)) == result


@given(seen)
def test_a_timeline_record_comes_back_equal(item: object) -> None:
    back = codec.seen_from_dict(through_a_line(codec.seen_to_dict(item)))
    # repr, because not-a-number equals nothing.
    assert repr(back) == repr(item)


def test_numbers_that_json_lacks_come_back_as_floats() -> None:
    health = GeneratorHealth(1, 1, 0, 0, 0.01, math.inf, -math.inf)
    assert codec.from_plain(GeneratorHealth, through_a_line(health)) == health
    assert math.isnan(
        codec.from_plain(GeneratorHealth, {**codec.to_plain(health), "cpu_fraction": "NaN"}).cpu_fraction
    )


def test_what_json_does_not_know_becomes_its_text() -> None:
    data = through_a_line({"set": {2, 1}, 3: (1, 2), "class": object, Outcome.PASSED: Outcome.FAILED})
    assert data == {"set": [1, 2], "3": [1, 2], "class": "<class 'object'>", "passed": "failed"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "green"}, "Verdict.outcome has the unknown value 'green'"),
        ({"observed": 7}, "Verdict.observed is 7, which is no str"),
        ({"reasons": "one"}, "Verdict.reasons is no array"),
        ({"reasons": [1]}, "Verdict.reasons[0] is 1, which is no str"),
        ({"numbers": []}, "Verdict.numbers is no object"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, object], message: str) -> None:
    data = {**codec.to_plain(Verdict(Outcome.PASSED, "observed", "expected")), **change}
    with pytest.raises(codec.CodecError) as caught:
        codec.from_plain(Verdict, data)
    assert str(caught.value) == message


def test_a_missing_field_is_named_and_an_unknown_one_is_left_out() -> None:
    with pytest.raises(codec.CodecError, match=r"Verdict\.expected is missing"):
        codec.from_plain(Verdict, {"outcome": "passed", "observed": ""})
    with pytest.raises(codec.CodecError, match="sent is True, which is no int"):
        codec.from_plain(GeneratorHealth, {"planned": 1, "sent": True})
    assert codec.from_plain(Target, {"kind": "Pod", "namespace": "n", "name": "p", "later": 1}).name == "p"


@pytest.mark.parametrize(
    "change", [{"planned_at": "NaN"}, {"planned_at": None}, {"outcome": "maybe"}, {"sequence": "x"}]
)
def test_an_exchange_that_cannot_be_drawn_is_refused(change: dict[str, object]) -> None:
    data = {**codec.to_plain(Exchange(0, "browse", 1.0, 1.0, 1.1, ExchangeOutcome.OK)), **change}
    with pytest.raises(codec.CodecError):
        codec.exchange_from_dict(data)
