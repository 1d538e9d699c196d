"""Readings of devices: kept when they are answered, counted once however often the broker delivers them."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import nats
from chandlery_stage import Stage, eventually


def send(url: str, device: str, value_milli: Any, key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4())}
    body = {"device": device, "value_milli": value_milli}
    return httpx.post(f"{url}/v1/readings", json=body, headers=headers, timeout=10)


def summary(url: str, device: str) -> dict[str, Any] | None:
    answer = httpx.get(f"{url}/v1/readings/{device}/summary", timeout=5)
    return answer.json() if answer.status_code == 200 else None


def device() -> str:
    return f"buoy-{uuid4()}"


async def deliver(url: str, message_id: str, body: dict[str, Any], *, repeats_known: bool) -> None:
    """Publish a message, past what suppresses a repeated id where the broker is not to know it."""
    client = await nats.connect(url)
    headers = {"Nats-Msg-Id": message_id} if repeats_known else {"Nats-Msg-Id": message_id.upper()}
    await client.jetstream().publish("ingest.reading", json.dumps(body).encode(), headers=headers)
    await client.close()


def test_readings_sum_up_once_each_and_are_there_at_once(stage: Stage):
    url, name = stage.parts["ingest"].url, device()
    taken = [send(url, name, value) for value in (1500, -250, 4000)]
    assert [answer.status_code for answer in taken] == [202, 202, 202]
    kept = httpx.get(f"{url}/v1/readings/{taken[1].json()['id']}", timeout=5).json()
    assert (kept["device"], kept["value_milli"]) == (name, -250)
    eventually("all are counted", lambda: (summary(url, name) or {}).get("readings") == 3, within_seconds=20)
    assert summary(url, name) == {
        "device": name, "readings": 3, "sum_milli": 5250, "lowest_milli": -250, "highest_milli": 4000,
    }  # fmt: skip


def test_a_repeat_is_answered_alike_and_counts_nothing(stage: Stage):
    url, name, key = stage.parts["ingest"].url, device(), str(uuid4())
    first, again = send(url, name, 7, key), send(url, name, 7, key)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert send(url, name, 8, key).status_code == 422
    eventually("it is counted", lambda: summary(url, name), within_seconds=20)
    assert (summary(url, name) or {})["readings"] == 1


def test_a_message_that_comes_twice_counts_once(stage: Stage):
    part, name, message_id = stage.parts["ingest"], device(), str(uuid4())
    body = {"device": name, "value_milli": 5}
    suppressed = part.metric("chandlery_duplicates_suppressed_total", where="inbox")
    for known in (True, False):
        asyncio.run(deliver(stage.nats_url, message_id, body, repeats_known=known))
    eventually(
        "the second delivery is suppressed",
        lambda: part.metric("chandlery_duplicates_suppressed_total", where="inbox") == suppressed + 1,
        within_seconds=20,
    )
    assert (summary(part.url, name) or {})["readings"] == 1
    asyncio.run(forget(stage, name))


async def forget(stage: Stage, name: str) -> None:
    """It was never sent to the service: without this the books would be wrong for other tests."""
    connection = await asyncpg.connect(stage.database_url("ingest"))
    await connection.execute("delete from summary where device = $1", name)
    await connection.close()


def test_what_is_no_reading_is_refused_with_the_reason(stage: Stage):
    url = stage.parts["ingest"].url
    assert send(url, "no such device!", 1).status_code == 422
    for value in (None, "1", 1.5, True, 10**10):
        answer = send(url, device(), value)
        assert (answer.status_code, "value_milli" in answer.json()["error"]) == (422, True), value
    assert httpx.post(f"{url}/v1/readings", json={}, timeout=5).status_code == 400
    assert summary(url, device()) is None
    assert httpx.get(f"{url}/v1/readings/none", timeout=5).status_code == 404
