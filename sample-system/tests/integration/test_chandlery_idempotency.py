"""One effect per key: missing 400, still running 409, other body 422, a repeat is the same answer."""

import asyncio
import concurrent.futures
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from chandlery_invariants import Record, Sent, read_books, rows, violations, wait_for_rest
from chandlery_stage import Stage

LINES = [{"sku": "compass", "quantity": 1}]


def post(stage: Stage, key: str | None, body: dict[str, Any]) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return httpx.post(f"{stage.parts['orders'].url}/v1/orders", json=body, headers=headers, timeout=10)


def test_a_request_without_a_key_is_refused(stage: Stage):
    answer = post(stage, None, {"customer": "nobody", "lines": LINES})
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["error"]


def test_a_repeat_gets_the_stored_answer_to_the_byte(stage: Stage, record: Record):
    key, body = str(uuid4()), {"customer": "twice", "lines": LINES}
    first, second = post(stage, key, body), post(stage, key, dict(reversed(body.items())))
    record.add(Sent("twice", key, "ok", first.json()["id"]))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    stored = rows(stage, "orders", f"select 1 from orders where idempotency_key = '{key}'")[0]
    assert len(stored) == 1


def test_the_key_with_another_body_is_refused(stage: Stage, record: Record):
    key = str(uuid4())
    first = post(stage, key, {"customer": "changed", "lines": LINES})
    record.add(Sent("changed", key, "ok", first.json()["id"]))
    other = post(stage, key, {"customer": "changed", "lines": [{"sku": "compass", "quantity": 2}]})
    assert other.status_code == 422


def test_the_same_key_of_another_customer_is_another_order(stage: Stage, record: Record):
    key = str(uuid4())
    ids = set()
    for customer in ("one", "other"):
        order_id = post(stage, key, {"customer": customer, "lines": LINES}).json()["id"]
        record.add(Sent(customer, key, "ok", order_id))
        ids.add(order_id)
    assert len(ids) == 2


def test_the_key_of_a_running_request_conflicts(stage: Stage, record: Record):
    """The running request is a transaction of ours that holds the key's lock and then gives up."""
    key, body = str(uuid4()), {"customer": "running", "lines": LINES}

    async def hold_and_ask() -> httpx.Response:
        connection = await asyncpg.connect(stage.database_url("orders"))
        async with connection.transaction():
            lock = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
            await connection.fetchval(lock, f"running\n{key}")
            answer = await asyncio.to_thread(post, stage, key, body)
        await connection.close()
        return answer

    assert asyncio.run(hold_and_ask()).status_code == 409
    after = post(stage, key, body)
    record.add(Sent("running", key, "ok", after.json()["id"]))
    assert after.status_code == 202


def test_many_at_once_with_one_key_make_one_order(stage: Stage, record: Record):
    key, body = str(uuid4()), {"customer": "stampede", "lines": LINES}
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: post(stage, key, body), range(48)))
    assert {answer.status_code for answer in answers} <= {202, 409}
    accepted = {answer.content for answer in answers if answer.status_code == 202}
    assert len(accepted) == 1
    record.add(Sent("stampede", key, "ok", next(a.json()["id"] for a in answers if a.status_code == 202)))
    wait_for_rest(stage)
    assert violations(read_books(stage), record) == []


@pytest.mark.parametrize(("cents", "status"), [(5_000, 201), (10_000_001, 422)])
def test_a_transfer_is_made_once_and_keeps_the_sum(stage: Stage, record: Record, cents: int, status: int):
    url = stage.parts["payments"].url
    source, target = f"payer-{cents}", f"payee-{cents}"
    body = {"from": source, "to": target, "amount_cents": cents}
    headers = {"Idempotency-Key": "1"}
    answers = [httpx.post(f"{url}/v1/transfers", json=body, headers=headers, timeout=5) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {status}
    assert len({answer.content for answer in answers}) == 1
    accounts = [httpx.get(f"{url}/v1/accounts/{name}", timeout=5).json() for name in (source, target)]
    balances = [account["balance_cents"] for account in accounts]
    moved = cents if status == 201 else 0
    assert balances == [10_000_000 - moved, 10_000_000 + moved]
    assert violations(read_books(stage), record) == []


def test_a_restock_is_made_once(stage: Stage, record: Record):
    url = stage.parts["inventory"].url
    before = httpx.get(f"{url}/v1/stock/sailcloth", timeout=5).json()["on_hand"]
    headers = {"Idempotency-Key": "r"}
    for _ in range(3):
        answer = httpx.post(f"{url}/v1/stock/sailcloth/restock", json={"quantity": 50}, headers=headers)
        assert answer.json() == {"sku": "sailcloth", "on_hand": before + 50}
    record.restocked["sailcloth"] += 50
    assert httpx.get(f"{url}/v1/stock/sailcloth", timeout=5).json()["on_hand"] == before + 50
    unknown = httpx.post(f"{url}/v1/stock/gold/restock", json={"quantity": 1}, headers=headers, timeout=5)
    assert unknown.status_code == 404
