"""Each flaw that is a switch in the code breaks exactly what its name says, and the correct path does not."""

import threading
import time

import httpx
import pytest
from chandlery_invariants import Record, Sent, place, read_books, traffic, violations, wait_for_rest
from chandlery_stage import Stage, eventually


def kill_the_database_under_writes(stage: Stage, name: str, variant: str) -> list[Sent]:
    """Acknowledged orders that are not there after the database was killed and came back."""
    pod = stage.add("orders", name=name, CHANDLERY_VARIANT=variant)
    own, stop = Record(), threading.Event()
    clients = traffic(pod.url, own, stop)
    try:
        eventually("orders flow", lambda: len(own.sent) > 40, within_seconds=20)
        stage.postgres.kill()
        time.sleep(1.0)
        stage.start_postgres()
        eventually("database back", pod.is_ready, within_seconds=20)
    finally:
        stop.set()
        for client in clients:
            client.join()
    time.sleep(1.0)  # the variant's last batch
    with httpx.Client(base_url=pod.url, timeout=5) as client:
        acknowledged = [sent for sent in own.sent if sent.outcome == "ok"]
        lost = [sent for sent in acknowledged if client.get(f"/v1/orders/{sent.order_id}").status_code == 404]
    pod.remove()
    del stage.parts[name]
    return lost


def test_the_correct_system_loses_no_acknowledged_order(stage: Stage):
    assert kill_the_database_under_writes(stage, "orders-correct", "") == []


def test_ack_before_commit_loses_acknowledged_orders(stage: Stage):
    assert len(kill_the_database_under_writes(stage, "orders-ack", "ack-before-commit")) > 0


def test_no_sigterm_drain_drops_requests_in_flight(stage: Stage):
    pod = stage.add("orders", name="orders-abrupt", CHANDLERY_VARIANT="no-sigterm-drain")
    failures: list[Exception] = []

    def long() -> None:
        try:
            httpx.post(f"{pod.url}/v1/quote?ms=700", timeout=10)
        except httpx.TransportError as error:
            failures.append(error)

    client = threading.Thread(target=long)
    client.start()
    eventually("in flight", lambda: pod.metric("chandlery_http_in_flight") == 1, within_seconds=5)
    pod.terminate()
    assert pod.wait(within_seconds=5) == 143
    client.join()
    assert len(failures) == 1
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{pod.url}/livez", timeout=2)
    del stage.parts["orders-abrupt"]


def test_the_variants_left_the_other_books_alone(stage: Stage, record: Record):
    with httpx.Client(base_url=stage.parts["orders"].url, timeout=5) as client:
        place(client, record, [{"sku": "rope", "quantity": 1}])
    wait_for_rest(stage)
    lost_or_unknown = {"I1", "I2"}
    assert {found[:2] for found in violations(read_books(stage), record)} <= lost_or_unknown
