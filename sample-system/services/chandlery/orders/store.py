"""The orders database: schema and every statement on it."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from chandlery import idempotency, outbox
from chandlery.database import Connection
from chandlery.ids import new_id
from chandlery.orders.saga import FIRST_COMMAND, Step

SCHEMA = (
    """
create table if not exists orders (
    id uuid primary key,
    customer text not null,
    idempotency_key text not null,
    state text not null,
    total_cents bigint not null check (total_cents > 0),
    created_at timestamptz not null default now(),
    unique (customer, idempotency_key)
);
create table if not exists order_lines (
    order_id uuid not null references orders,
    sku text not null,
    quantity int not null check (quantity > 0),
    price_cents bigint not null check (price_cents >= 0),
    primary key (order_id, sku)
);
create table if not exists saga (
    order_id uuid primary key references orders,
    command text,
    cancel_requested boolean not null default false,
    resent int not null default 0,
    asked_at timestamptz not null default clock_timestamp()
);
create index if not exists saga_waiting on saga (asked_at) where command is not null;
create table if not exists order_log (
    order_id uuid not null references orders,
    position int not null,
    state text not null,
    at timestamptz not null default clock_timestamp(),
    primary key (order_id, position)
);
create or replace function refuse_change() returns trigger language plpgsql as
    $$ begin raise exception 'order_log is append-only'; end $$;
create or replace trigger order_log_append_only before update or delete on order_log
    for each row execute function refuse_change();
"""
    + idempotency.SCHEMA
    + outbox.SCHEMA
)
# Order, lines, saga, log and outbox in one round trip; the key's row follows in the same transaction.
PLACE = """
with placed as (
    insert into orders (id, customer, idempotency_key, state, total_cents) values ($1, $2, $3, 'PENDING', $4)
), lines as (
    insert into order_lines (order_id, sku, quantity, price_cents)
    select $1, * from unnest($5::text[], $6::int[], $7::bigint[])
), saga as (
    insert into saga (order_id, command) values ($1, $8)
), log as (
    insert into order_log (order_id, position, state) values ($1, 1, 'PENDING')
)
insert into outbox (id, subject, payload) values ($9, $8, $10)
"""
READ = """
select o.id, o.state, o.customer, o.total_cents, s.cancel_requested
from orders o join saga s on s.order_id = o.id where o.id = $1
"""
LOCK = READ + " for update of o, s"
# States, saga, log and the next question in one round trip.
ADVANCE = """
with moved as (
    update orders set state = $2 where id = $1
), asked as (
    update saga set command = $3::text, asked_at = clock_timestamp(), resent = 0 where order_id = $1
), question as (
    insert into outbox (id, subject, payload) select $5::uuid, $3::text, $6::text where $3::text is not null
)
insert into order_log (order_id, position, state)
select $1, (select max(position) from order_log where order_id = $1) + step.position, step.state
from unnest($4::text[]) with ordinality as step (state, position)
"""
UNANSWERED = """
update saga set asked_at = clock_timestamp(), resent = resent + 1 where order_id in (
    select order_id from saga where command is not null
      and asked_at < clock_timestamp() - make_interval(secs => $1) order by asked_at limit 50
    for update skip locked
) returning order_id, command
"""
LINES = "select sku, quantity, price_cents from order_lines where order_id = $1 order by sku"
PATH = "select state from order_log where order_id = $1 order by position"


@dataclass(frozen=True)
class Order:
    """An order as it is placed. Money in cents."""

    id: UUID
    customer: str
    key: str
    lines: tuple[tuple[str, int, int], ...]

    @property
    def total_cents(self) -> int:
        return sum(quantity * price for _sku, quantity, price in self.lines)


async def place(connection: Connection, order: Order) -> None:
    """Write the order and ask for its stock, in the caller's transaction."""
    skus, quantities, prices = (list(column) for column in zip(*order.lines, strict=True))
    command = {
        "order_id": str(order.id),
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in zip(skus, quantities, strict=True)],
    }
    await connection.execute(
        PLACE,
        order.id,
        order.customer,
        order.key,
        order.total_cents,
        skus,
        quantities,
        prices,
        FIRST_COMMAND,
        new_id(),
        json.dumps(command),
    )


async def lock(connection: Connection, order_id: UUID) -> "asyncpg.Record | None":
    return await connection.fetchrow(LOCK, order_id)


async def advance(connection: Connection, row: "asyncpg.Record", step: Step) -> None:
    """Enter the step's states and ask its question. `row` is what lock() gave."""
    asked = question(row, step.command)
    await connection.execute(
        ADVANCE, row["id"], step.states[-1], step.command, list(step.states), new_id(), asked
    )


def question(row: "asyncpg.Record", command: str | None) -> str:
    """What is asked of another service about a placed order: all that its answer depends on."""
    body = {"order_id": str(row["id"])}
    if command == "payments.capture":
        body |= {"customer": row["customer"], "amount_cents": row["total_cents"]}
    return json.dumps(body)


async def ask_again(connection: Connection, order_id: UUID, command: str) -> None:
    row = await connection.fetchrow(READ, order_id)
    assert row is not None
    body = json.loads(question(row, command))
    if command == FIRST_COMMAND:
        lines = await connection.fetch(LINES, order_id)
        body["lines"] = [{"sku": line["sku"], "quantity": line["quantity"]} for line in lines]
    await outbox.put(connection, command, body)


async def resend_unanswered(connection: Connection, older_than_seconds: float) -> int:
    """Ask again what got no answer. Harmless when the answer is only slow: every effect is once per order."""
    rows = await connection.fetch(UNANSWERED, older_than_seconds)
    for row in rows:
        await ask_again(connection, row["order_id"], row["command"])
    return len(rows)


async def request_cancel(connection: Connection, order_id: UUID) -> None:
    await connection.execute("update saga set cancel_requested = true where order_id = $1", order_id)


async def find(connection: Connection, order_id: UUID) -> dict[str, Any] | None:
    """One order with its lines and the states it has passed."""
    row = await connection.fetchrow("select * from orders where id = $1", order_id)
    if row is None:
        return None
    lines = await connection.fetch(LINES, order_id)
    log = await connection.fetch(PATH, order_id)
    return summary(row) | {
        "lines": [dict(line) for line in lines],
        "states": [entry["state"] for entry in log],
    }


async def page(connection: Connection, after: UUID, limit: int) -> list[dict[str, Any]]:
    """Orders with ids greater than `after`, in the order of their ids."""
    rows = await connection.fetch("select * from orders where id > $1 order by id limit $2", after, limit)
    return [summary(row) for row in rows]


async def count_open(connection: Connection) -> int:
    """Orders that wait for an answer: all that are not terminal."""
    return int(await connection.fetchval("select count(*) from saga where command is not null") or 0)


def summary(row: "asyncpg.Record") -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "customer": row["customer"],
        "key": row["idempotency_key"],
        "state": row["state"],
        "total_cents": row["total_cents"],
        "created_at": row["created_at"].isoformat(),
    }
