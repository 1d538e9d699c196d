"""The variant `balance-behind` loses credits in a crash and nothing else; on a stage of its own."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from chandlery_invariants import Record, read_books, rows, traffic, violations, wait_for_rest
from chandlery_stage import SERVICES, ServiceProcess, Stage, eventually, open_stage


@pytest.fixture(scope="module")
def whole_stage(tmp_path_factory: pytest.TempPathFactory, images: dict[str, str]) -> Iterator[Stage]:
    """Everything but the gateway: other tests place orders that the record of this one does not know."""
    with open_stage(tmp_path_factory.mktemp("stage"), images) as stage:
        for service in SERVICES:
            stage.add(service)
        yield stage


@pytest.fixture(scope="module")
def record() -> Record:
    """Every order that a test of this file has asked for."""
    return Record()


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
    assert violations(read_books(stage), record) == []


def test_balance_behind_loses_credits_when_the_database_is_killed(
    stage: Stage, record: Record, payments_behind: tuple[ServiceProcess, Callable[[], None]]
):
    pod, stop_orders = payments_behind
    stage.postgres.kill()
    time.sleep(2.0)  # longer than a batch waits
    stage.start_postgres()
    eventually("database back", pod.is_ready, within_seconds=20)
    stop_orders()
    wait_for_rest(stage)
    time.sleep(1.5)  # the variant's last batch
    assert "chandlery" in wrong_balances(stage)
    found = violations(read_books(stage), record)
    assert {text[:2] for text in found} == {"I5", "I7"}
    assert "I5 the sum of all balances has changed" in found
    assert not any("transaction" in text for text in found)
