"""Kill -9 of every part under traffic: all invariants hold afterwards, and nothing is stuck."""

import asyncio
import json
import threading
import time

import httpx
import nats
import pytest
from chandlery.ids import new_id
from chandlery_invariants import Record, place, read_books, rows, traffic, violations, wait_for_rest
from chandlery_stage import DATABASES, SERVICES, Stage, eventually


def kill_and_restart(stage: Stage, victim: str) -> None:
    part = {"postgres": stage.postgres, "nats": stage.nats}.get(victim) or stage.parts[victim]
    part.kill()
    time.sleep(1.0)  # how long the victim is away: traffic runs into it
    part.start()


@pytest.mark.parametrize("victim", [*SERVICES, "postgres", "nats"])
def test_the_books_are_right_after_a_kill(stage: Stage, record: Record, victim: str):
    stop = threading.Event()
    already = len(record.sent)
    clients = traffic(stage.parts["orders"].url, record, stop)
    try:
        eventually("orders flow", lambda: accepted(record, already) > 20, within_seconds=20)
        kill_and_restart(stage, victim)
        before = accepted(record, already)
        eventually("orders flow again", lambda: accepted(record, already) > before + 20, within_seconds=40)
    finally:
        stop.set()
        for client in clients:
            client.join()
    wait_for_rest(stage)
    assert violations(read_books(stage), record) == []
    if victim in {"orders", "postgres"}:
        assert any(sent.outcome != "ok" for sent in record.sent[already:]), "nobody noticed the kill"


def accepted(record: Record, already: int) -> int:
    return sum(sent.outcome == "ok" for sent in record.sent[already:])


def test_a_second_delivery_of_everything_changes_nothing(stage: Stage, record: Record):
    """The broker forgets which ids it has seen (restart), the relay believes that it has sent nothing."""
    send_some(stage, record)
    sent = {name: rows(stage, name, "select count(*) from outbox")[0][0][0] for name in DATABASES}
    before = suppressed(stage)
    stage.nats.kill()
    stage.nats.start()
    for name in DATABASES:
        rows(stage, name, "update outbox set sent_at = null")
    wait_for_rest(stage)
    eventually("all delivered again", lambda: suppressed(stage) - before >= sum(sent.values()), 60)
    assert sum(sent.values()) >= 60, "six messages for each of ten orders"
    assert violations(read_books(stage), record) == []


def send_some(stage: Stage, record: Record, rest: bool = True) -> None:
    """Ten orders, and (with `rest`) nothing open afterwards."""
    with httpx.Client(base_url=stage.parts["orders"].url, timeout=10) as client:
        for _ in range(10):
            place(client, record, [{"sku": "rope", "quantity": 1}])
    if rest:
        wait_for_rest(stage)


def suppressed(stage: Stage) -> float:
    name = "chandlery_duplicates_suppressed_total"
    return sum(part.metric(name, where="inbox") for part in stage.parts.values())


def test_a_command_repeated_under_another_id_has_no_second_effect(stage: Stage, record: Record):
    """What the saga does when an answer is late: it asks again, and the inbox cannot know it."""
    with httpx.Client(base_url=stage.parts["orders"].url, timeout=5) as client:
        sent = place(client, record, [{"sku": "rope", "quantity": 5}])
    wait_for_rest(stage)
    lines = [{"sku": "rope", "quantity": 5}]
    commands = {
        "inventory.reserve": {"lines": lines},
        "inventory.commit": {},
        "inventory.release": {},  # late: the order is confirmed
        "payments.capture": {"customer": sent.customer, "amount_cents": 5 * 1250},
    }

    async def repeat() -> None:
        connection = await nats.connect(stage.nats_url)
        for subject, body in commands.items():
            payload = json.dumps({"order_id": sent.order_id, **body}).encode()
            await connection.jetstream().publish(subject, payload, headers={"Nats-Msg-Id": str(new_id())})
        await connection.close()

    before = handled(stage)
    asyncio.run(repeat())
    # The four commands, and the three answers that orders gets a second time.
    eventually("handled", lambda: handled(stage) >= before + 7, within_seconds=20)
    wait_for_rest(stage)
    assert violations(read_books(stage), record) == []


def handled(stage: Stage) -> float:
    return sum(stage.parts[name].metric("chandlery_messages_total", outcome="done") for name in DATABASES)


def test_the_broker_suppresses_what_the_relay_sends_twice(stage: Stage, record: Record):
    """A relay that died between the broker's word and its own mark."""
    relay = stage.parts["relay"]
    send_some(stage, record)
    before = relay.metric("chandlery_duplicates_suppressed_total", where="publish")
    rows(stage, "orders", "update outbox set sent_at = null where created_at > now() - interval '10 seconds'")
    wait_for_rest(stage)
    assert relay.metric("chandlery_duplicates_suppressed_total", where="publish") > before
    assert violations(read_books(stage), record) == []


def test_an_answer_that_never_came_is_asked_for_again(stage: Stage, record: Record):
    """The broker loses what it held (its stream is purged): the saga repeats the question."""
    inventory = stage.parts["inventory"]
    inventory.kill()
    send_some(stage, record, rest=False)
    unsent = "select 1 from outbox where sent_at is null"
    eventually("relayed", lambda: not rows(stage, "orders", unsent)[0], 20)
    asyncio.run(purge(stage))
    inventory.start()
    wait_for_rest(stage)
    assert stage.parts["orders"].metric("chandlery_saga_resent_total") > 0
    assert violations(read_books(stage), record) == []


async def purge(stage: Stage) -> None:
    connection = await nats.connect(stage.nats_url)
    await connection.jetstream().purge_stream("EVENTS")
    await connection.close()


@pytest.mark.parametrize(
    ("subject", "headers", "payload"),
    [
        ("inventory.reserve", {}, b'{"order_id": "x"}'),
        ("inventory.reserve", {"Nats-Msg-Id": "01a210a5-94af-7be1-ba29-cfac9670d901"}, b"\xff\x00 no JSON"),
        ("payments.capture", {"Nats-Msg-Id": "01a210a5-94af-7be1-ba29-cfac9670d902"}, b'{"order_id": 7}'),
        ("orders.paid-in-gold", {"Nats-Msg-Id": "01a210a5-94af-7be1-ba29-cfac9670d903"}, b"[]"),
    ],
)
def test_a_poisonous_message_goes_to_the_dead_letters(
    stage: Stage, record: Record, subject: str, headers: dict[str, str], payload: bytes
):
    async def poison_and_wait() -> str:
        connection = await nats.connect(stage.nats_url)
        dead = await connection.subscribe(f"deadletter.{subject.split('.', maxsplit=1)[0]}")
        await connection.jetstream().publish(subject, payload, headers=headers or {"X": "y"})
        message = await dead.next_msg(timeout=20)
        await connection.close()
        assert message.data == payload
        return str(message.headers["Reason"])

    assert "Poison" in asyncio.run(poison_and_wait())
    send_some(stage, record)
    assert violations(read_books(stage), record) == []


def test_without_a_database_requests_fail_quickly_and_say_that_nothing_was_done(stage: Stage, record: Record):
    orders = stage.parts["orders"]
    stage.postgres.kill()
    try:
        begun = time.monotonic()
        answer = httpx.get(f"{orders.url}/v1/orders", timeout=8)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert time.monotonic() - begun < 5
        # It stays ready through a short loss: see lifecycle.FORGIVEN_SECONDS.
        assert httpx.get(f"{orders.url}/readyz", timeout=5).status_code == 200
        assert httpx.get(f"{orders.url}/livez", timeout=5).status_code == 200
    finally:
        stage.start_postgres()
    eventually("ready again", orders.is_ready, within_seconds=20)
    assert violations(read_books(stage), record) == []
