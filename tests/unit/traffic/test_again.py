"""Writes that are sent again, as they were or with another body, to a shop that keeps its keys."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from seatrial.errors import BadInput
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.traffic.again import send_again, send_other_body, writes_to_contradict, writes_to_repeat
from seatrial.traffic.http import Answer, Http, NoAnswer
from seatrial.traffic.job import job_from

LINES = [{"sku": "rope", "whole": True, "quantity": 1}, {"quantity": 5}]
BUY = {
    "request": {
        "method": "POST",
        "path": "/orders",
        "headers": {"Idempotency-Key": "{uuid}"},
        "json": {"customer": "c-{n}", "lines": LINES},
    },
    "expect": {"status": 202},
    "idempotent": True,
}


class Shop:
    """Answers as a shop does that compares bodies."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.bodies: list[dict[str, Any]] = []
        self.away = False

    def request(self, *_: str, headers: dict[str, str], content: bytes, **_more: Any) -> Answer:
        if self.away:
            raise NoAnswer("no answer: refused")
        key, body = headers["Idempotency-Key"], json.loads(content)
        self.bodies.append(body)
        if self.kept.setdefault(key, body) != body:
            return Answer(422, {}, b"{}")
        return Answer(202, {}, json.dumps({"id": f"o-{key}"}).encode())


def write(number: int, outcome: ExchangeOutcome = ExchangeOutcome.OK, *, at: float = 0.0) -> Exchange:
    return Exchange(number, "buy", number + at, number + at, number + at, outcome, 202, key=f"k{number}")


def again(shop: Shop, *writes: Exchange, journey: Any = BUY) -> list[Exchange]:
    return list(send_again(cast(Http, shop), writes, "buy", journey))


def test_what_is_sent_again_has_the_same_key_and_body() -> None:
    shop = Shop()
    first, second = again(shop, write(7), write(7))
    assert (first.outcome, first.key, first.answer_id) == (ExchangeOutcome.OK, "k7", "o-k7")
    assert second.answer_id == first.answer_id
    assert shop.bodies[0] == shop.bodies[1] == {
        "customer": "c-7", "lines": [{"sku": "rope", "whole": True, "quantity": 1}, {"quantity": 5}],
    }  # fmt: skip


def test_another_body_is_of_the_same_customer_and_is_first_tried_with_a_key_of_its_own() -> None:
    shop = Shop()
    again(shop, write(7))
    [(own, other)] = send_other_body(cast(Http, shop), [write(7)], "buy", BUY)
    assert own.ok
    assert own.key not in ("", "k7")
    assert own.answer_id == f"o-{own.key}"
    assert (other.key, other.outcome, other.status) == ("k7", ExchangeOutcome.FAILED, 422)
    assert shop.bodies[1] == shop.bodies[2] == {
        "customer": "c-7", "lines": [{"sku": "rope", "whole": True, "quantity": 2}, {"quantity": 5}],
    }  # fmt: skip


def test_where_no_answer_comes_it_is_unknown() -> None:
    shop = Shop()
    shop.away = True
    [(own, other)] = send_other_body(cast(Http, shop), [write(7)], "buy", BUY)
    assert own.outcome is other.outcome is ExchangeOutcome.UNKNOWN
    assert other.status is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"sku": "rope", "whole": True, "more": [None, {}]}, "holds no number"),
        (None, "holds no number"),
        ({"to": "p-{random.9}", "cents": 1}, "draws random values"),
    ],
)
def test_a_body_of_which_no_other_can_be_made_is_refused(body: Any, words: str) -> None:
    journey = {**BUY, "request": {**BUY["request"], "json": body}}  # type: ignore[dict-item]
    with pytest.raises(BadInput, match=words):
        list(send_other_body(cast(Http, Shop()), [write(1)], "buy", journey))


def test_unknown_writes_come_first_and_only_used_keys_are_contradicted() -> None:
    lost, refused = write(3, ExchangeOutcome.UNKNOWN), write(4, ExchangeOutcome.FAILED)
    sent = [write(1), write(2), lost, refused, write(2, at=0.5)]
    assert [e.key for e in writes_to_repeat(sent, "buy", 3)] == ["k3", "k2", "k2"]
    assert [e.key for e in writes_to_contradict(sent, "buy", 3)] == ["k2", "k1"]
    assert [e.key for e in writes_to_contradict(sent, "buy", 1)] == ["k2"]
    assert writes_to_contradict(sent, "look", 3) == []


@pytest.mark.parametrize("copies", [[], [0.5], [0, 2, 1]])
def test_copies_begin_at_once_and_in_order(copies: list[float], tmp_path: Any) -> None:
    job = {"base_url": "http://127.0.0.1:1", "journeys": {"buy": BUY}, "schedule": "constant:1:1"}
    with pytest.raises(BadInput, match="seconds in order, the first 0"):
        job_from({**job, "output": str(tmp_path / "out"), "copies": copies})
    plan = job_from({**job, "output": str(tmp_path / "out"), "copies": [0, 0, 0.4]}).plan()
    assert [(round(at, 3), copy) for at, _, _, copy in plan.planned()] == [(0, 0), (0, 1), (0.4, 2)]
