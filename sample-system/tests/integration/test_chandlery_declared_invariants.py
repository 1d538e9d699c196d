"""The invariants of fixtures/systems/chandlery.yaml on real databases: all hold at rest, each can break."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from chandlery_invariants import Record, place, wait_for_rest
from chandlery_stage import DATABASES, Stage, docker

from seatrial.adapters import Refused
from seatrial.adapters.invariants import ask_sql, converge
from seatrial.adapters.store import Row, Store
from seatrial.adapters.store.postgres import PostgresArguments, Psql
from seatrial.kube.exec import Ran
from seatrial.model.system_file import parse_system

FILE = Path(__file__).resolve().parents[3] / "fixtures" / "systems" / "chandlery.yaml"
DECLARED = {one.name: one for one in parse_system(FILE.read_text(), source=str(FILE)).invariants if one.sql}
AN_ID = "00000000-0000-7000-8000-000000000001"
ANOTHER = "00000000-0000-7000-8000-000000000002"

FLAWS = MappingProxyType(
    {
        "one-order-per-key": (
            "orders",
            "alter table orders drop constraint orders_customer_idempotency_key_key",
            f"insert into orders values ('{AN_ID}', 'c', 'k', 'REJECTED', 5)",
            f"insert into orders values ('{ANOTHER}', 'c', 'k', 'REJECTED', 5)",
        ),
        "orders-end": (
            "orders",
            f"insert into orders values ('{AN_ID}', 'c', 'k', 'PAID', 5)",
        ),
        "orders-walk-legal-paths": (
            "orders",
            f"insert into orders values ('{AN_ID}', 'c', 'k', 'CANCELLED', 5)",
            f"insert into order_log values ('{AN_ID}', 1, 'PENDING'), ('{AN_ID}', 2, 'CANCELLED')",
        ),
        "orders-outbox-is-empty": ("orders", f"insert into outbox values ('{AN_ID}', 'x', '')"),
        "inventory-outbox-is-empty": ("inventory", f"insert into outbox values ('{AN_ID}', 'x', '')"),
        "payments-outbox-is-empty": ("payments", f"insert into outbox values ('{AN_ID}', 'x', '')"),
        "ingest-outbox-is-empty": ("ingest", f"insert into outbox values ('{AN_ID}', 'x', '')"),
        "readings-are-counted-once": (
            "ingest",
            f"insert into reading values ('{AN_ID}', 'buoy', 5)",
            "insert into summary values ('buoy', 2, 10, 5, 5)",
        ),
        "nothing-is-oversold": (
            "inventory",
            "alter table stock drop constraint stock_check",
            "update stock set reserved = on_hand + 1 where sku = 'rope'",
        ),
        "stock-is-the-sum-of-movements": (
            "inventory",
            "update stock set on_hand = on_hand + 1 where sku = 'rope'",
        ),
        "nothing-stays-reserved": ("inventory", "update stock set reserved = 1 where sku = 'rope'"),
        "shelf-agrees-with-reservations": (
            "inventory",
            f"insert into reservation values ('{AN_ID}', '{{}}', 'COMMITTED')",
        ),
        "entries-sum-to-zero": ("payments", f"insert into entry values ('{AN_ID}', 'chandlery', 1)"),
        "balances-are-the-sum-of-entries": (
            "payments",
            "update account set balance = balance + 1 where id <> 'bank'",
        ),
        "no-balance-is-negative": (
            "payments",
            "alter table account drop constraint account_balance_check",
            "update account set balance = -1 where id = 'chandlery'",
        ),
        "money-is-constant": ("payments", "update account set balance = balance + 1 where id = 'bank'"),
        "payments-are-captured-once": (
            "payments",
            f"insert into payment values ('{AN_ID}', 'chandlery', 5, 'CAPTURED')",
        ),
        "confirmed-orders-are-paid": ("payments", "delete from payment where status = 'CAPTURED'"),
        "confirmed-orders-left-the-shelf": (
            "inventory",
            "delete from reservation where status = 'COMMITTED'",
        ),
    }
)
"""For each invariant the database and the statements that break it."""


class Server(Store):
    """The stage's server, asked by the psql of its own image; `names` says where a database is found."""

    def __init__(self, psql: Psql, names: Mapping[str, str]) -> None:
        self.psql = psql
        self.names = names

    def query(self, statement: str, *, database: str, at_most_rows: int = 100) -> list[Row]:
        return self.psql.ask(statement, database=self.names[database], at_most_rows=at_most_rows)

    primary = replicas = write_witness = read_witness = remove_witnesses = None  # type: ignore[assignment]


@pytest.fixture(scope="module")
def psql(bare_stage: Stage) -> Psql:
    def run(command: Sequence[str], timeout_seconds: float) -> Ran:
        inside = ["docker", "exec", bare_stage.postgres.name, *command]
        done = subprocess.run(inside, capture_output=True, text=True, timeout=timeout_seconds, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)

    return Psql(run, PostgresArguments(workload="database"), bare_stage.postgres.name)


@pytest.fixture(scope="module")
def at_rest(whole_stage: Stage, psql: Psql, record: Record) -> dict[str, str]:
    """A copy of each database after some orders: confirmed ones, and one whose customer cannot pay."""
    with httpx.Client(base_url=whole_stage.parts["orders"].url, timeout=10) as client:
        for quantity in (1, 2, 3, 100_000):
            assert place(client, record, [{"sku": "rope", "quantity": quantity}]).outcome == "ok"
    wait_for_rest(whole_stage)
    copies = {name: f"{name}_at_rest" for name in DATABASES}
    for name, copy in copies.items():
        psql.execute([f"create database {copy}"], database="postgres")
        dump = f"pg_dump -U postgres {name} | psql -q -U postgres -v ON_ERROR_STOP=1 -d {copy}"
        docker("exec", whole_stage.postgres.name, "bash", "-c", f"set -o pipefail; {dump}")
    return copies


def test_all_hold_on_the_living_system_at_rest(at_rest: dict[str, str], psql: Psql) -> None:
    server = Server(psql, {name: name for name in at_rest})
    found = converge(list(DECLARED.values()), lambda one: ask_sql(one, {"store": server}), within_seconds=60)
    assert [(one.name, one.reason, one.value) for one in found if not one.value.get("holds")] == []
    assert len(found) == len(FLAWS)


@pytest.mark.parametrize("name", DECLARED)
def test_each_can_break(name: str, at_rest: dict[str, str], psql: Psql) -> None:
    database, *statements = FLAWS[name]
    assert ask(name, psql, at_rest)["holds"] is True
    flawed = f"{database}_flawed"
    psql.execute([f"create database {flawed} template {at_rest[database]}"], database="postgres")
    try:
        psql.execute(statements, database=flawed)
        value = ask(name, psql, at_rest | {database: flawed})
    finally:
        psql.execute([f"drop database {flawed} with (force)"], database="postgres")
    assert value["holds"] is False
    assert value["rows"], "what breaks it can be shown"


def ask(name: str, psql: Psql, names: Mapping[str, str]) -> Mapping[str, Any]:
    return ask_sql(DECLARED[name], {"store": Server(psql, names)})


def test_a_question_cannot_write_and_names_what_is_not_there(at_rest: dict[str, str], psql: Psql) -> None:
    database = at_rest["orders"]
    for statement, words in (
        ("with gone as (delete from orders returning id) select id from gone", "SQLSTATE"),
        ("select nextval('a_sequence')", "SQLSTATE 25006"),
        ("select pg_sleep(60)", "not answered within 1 s"),
        ("select * from nowhere", "SQLSTATE 42P01"),
        ("select 1; drop table orders", "SQLSTATE 42601"),
    ):
        quick = Psql(psql._run, PostgresArguments(workload="database", timeout_seconds=1), "here")
        psql.execute(["create sequence if not exists a_sequence"], database=database)
        with pytest.raises(Refused, match=words):
            quick.ask(statement, database=database)
    with pytest.raises(Refused, match='database "nowhere" does not exist'):
        psql.ask("select 1", database="nowhere")


def test_a_witness_is_written_read_and_removed(at_rest: dict[str, str], psql: Psql) -> None:
    database = at_rest["orders"]
    assert not psql.read_witness("it's here", database=database)
    psql.write_witness("it's here", database=database)
    assert psql.read_witness("it's here", database=database)
    assert not psql.read_witness("another", database=database)
    with pytest.raises(Refused, match="SQLSTATE 23505"):
        psql.write_witness("it's here", database=database)
    psql.remove_witnesses(database=database)
    psql.remove_witnesses(database=database)
    assert not psql.read_witness("it's here", database=database)
