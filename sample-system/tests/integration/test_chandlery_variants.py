"""Each flaw that is a switch in the code breaks exactly what its name says, and the correct path does not."""

import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from chandlery_invariants import Record, Sent, place, read_books, rows, traffic, violations, wait_for_rest
from chandlery_stage import ServiceProcess, Stage, eventually


def kill_the_database_under_writes(stage: Stage, name: str, variant: str) -> list[Sent]:
    """Acknowledged orders that are not there after the database was killed and came back."""
    pod = stage.add("orders", name=name, CHANDLERY_VARIANT=variant)
    own, stop = Record(), threading.Event()
    clients = traffic(pod.url, own, stop)
    try:
        eventually("orders flow", lambda: len(own.sent) > 40, within_seconds=20)
        stage.postgres.kill()
        time.sleep(1.0)
        stage.postgres.start()
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


def wrong_balances(stage: Stage) -> list[str]:
    """Accounts whose balance is not the sum of their entries."""
    found = rows(
        stage,
        "payments",
        "select id from account left join entry on account = id where id <> 'bank' group by id, balance"
        " having balance <> coalesce(sum(amount), 0)",
    )
    return [row["id"] for row in found[0]]


def repair_balances(stage: Stage) -> None:
    """For the tests after this one."""
    rows(
        stage,
        "payments",
        "update account set balance = coalesce((select sum(amount) from entry where account = id), 0)"
        " where id <> 'bank'",
    )


@pytest.fixture
def payments_behind(stage: Stage, record: Record) -> Iterator[tuple[ServiceProcess, Callable[[], None]]]:
    """Payments with the flaw in place of the correct one, with orders flowing to it; and what stops them."""
    correct = stage.parts.pop("payments")
    correct.terminate()
    assert correct.wait(within_seconds=15) == 0
    pod = stage.add("payments", name="payments", CHANDLERY_VARIANT="balance-behind")
    stop = threading.Event()
    clients = traffic(stage.parts["orders"].url, record, stop)

    def stop_orders() -> None:
        stop.set()
        for client in clients:
            client.join()

    try:
        eventually("money flows", lambda: wrong_balances(stage) != [], within_seconds=20)
        yield pod, stop_orders
    finally:
        stop_orders()
        pod.remove()
        correct.start()
        stage.parts["payments"] = correct
        eventually("payments ready", correct.is_ready, within_seconds=20)
        repair_balances(stage)


def about_money(found: list[str]) -> list[str]:
    """Without orders that this record knows nothing of: other tests have placed them on the same stage."""
    return [text for text in found if not text.startswith("I2")]


def test_balance_behind_keeps_the_books_without_a_fault(
    stage: Stage, record: Record, payments_behind: tuple[ServiceProcess, Callable[[], None]]
):
    """The balances arrive by themselves, and a pod that is asked to stop writes its last ones."""
    pod, stop_orders = payments_behind
    pod.terminate()
    assert pod.wait(within_seconds=20) == 0
    assert wrong_balances(stage) == []
    pod.start()
    stop_orders()
    wait_for_rest(stage)
    eventually("balances right", lambda: not wrong_balances(stage), within_seconds=10)
    assert about_money(violations(read_books(stage), record)) == []


def test_balance_behind_loses_credits_when_the_database_is_killed(
    stage: Stage, record: Record, payments_behind: tuple[ServiceProcess, Callable[[], None]]
):
    pod, stop_orders = payments_behind
    stage.postgres.kill()
    time.sleep(2.0)  # longer than a batch waits
    stage.postgres.start()
    eventually("database back", pod.is_ready, within_seconds=20)
    stop_orders()
    wait_for_rest(stage)
    time.sleep(1.5)  # the variant's last batch
    assert "chandlery" in wrong_balances(stage)
    found = about_money(violations(read_books(stage), record))
    assert {text[:2] for text in found} == {"I5", "I7"}
    assert "I5 the sum of all balances has changed" in found
    assert not any("transaction" in text for text in found)


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
