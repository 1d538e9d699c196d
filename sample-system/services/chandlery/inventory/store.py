"""The inventory database: schema and every statement on it.

on_hand is what lies on the shelf, reserved what is promised of it. on_hand is the sum of its movements.
"""

import json
from uuid import UUID

import asyncpg

from chandlery import idempotency, outbox
from chandlery.database import Connection

OPENING_STOCK = 1_000_000
SCHEMA = (
    """
create table if not exists stock (
    sku text primary key,
    on_hand bigint not null,
    reserved bigint not null default 0,
    check (0 <= reserved and reserved <= on_hand)
);
create table if not exists reservation (
    order_id uuid primary key,
    lines text not null,
    status text not null check (status in ('RESERVED', 'REJECTED', 'COMMITTED', 'RELEASED')),
    changed_at timestamptz not null default now()
);
create table if not exists movement (
    cause text primary key,
    sku text not null references stock,
    quantity bigint not null,
    at timestamptz not null default now()
);
create index if not exists movement_sku on movement (sku);
"""
    + idempotency.SCHEMA
    + outbox.SCHEMA
)
STOCK_UP = """
with opened as (
    insert into stock (sku, on_hand) select unnest($1::text[]), $2 on conflict do nothing returning sku
)
insert into movement (cause, sku, quantity) select 'opening:' || sku, sku, $2 from opened
"""
# Locked in the order of their names: two orders of the same things never wait for each other in a circle.
LOCK = """
select sku, on_hand - reserved as available from stock where sku = any($1::text[]) order by sku for update
"""
RESERVE = """
update stock set reserved = reserved + line.quantity
from unnest($1::text[], $2::bigint[]) as line (sku, quantity) where stock.sku = line.sku
"""
RELEASE = """
update stock set reserved = reserved - line.quantity
from unnest($1::text[], $2::bigint[]) as line (sku, quantity) where stock.sku = line.sku
"""
COMMIT = """
with moved as (
    insert into movement (cause, sku, quantity)
    select 'order:' || $3 || ':' || sku, sku, -quantity
    from unnest($1::text[], $2::bigint[]) as line (sku, quantity)
)
update stock set reserved = reserved - line.quantity, on_hand = on_hand - line.quantity
from unnest($1::text[], $2::bigint[]) as line (sku, quantity) where stock.sku = line.sku
"""
NOTE = "insert into reservation (order_id, lines, status) values ($1, $2, $3)"
SETTLE = "update reservation set status = $2, changed_at = now() where order_id = $1"
Lines = dict[str, int]


async def stock_up(connection: Connection, skus: list[str]) -> None:
    """Give every product that is new its opening stock."""
    await connection.execute(STOCK_UP, skus, OPENING_STOCK)


async def reserve(connection: Connection, order_id: UUID, lines: Lines) -> str:
    """Promise all lines or none. Returns the reply: reserved or rejected; the same one to a repeat."""
    held = await reservation(connection, order_id)
    if held is not None:
        return "rejected" if held[0] == "REJECTED" else "reserved"
    rows = await connection.fetch(LOCK, list(lines))
    available = {row["sku"]: row["available"] for row in rows}
    enough = all(available.get(sku, 0) >= quantity for sku, quantity in lines.items())
    if enough:
        await connection.execute(RESERVE, *_columns(lines))
    await connection.execute(NOTE, order_id, json.dumps(lines), "RESERVED" if enough else "REJECTED")
    return "reserved" if enough else "rejected"


async def commit(connection: Connection, order_id: UUID) -> str | None:
    """Take what was promised off the shelf, once. None when nothing was promised."""
    return await _settle(connection, order_id, "COMMITTED", "committed")


async def release(connection: Connection, order_id: UUID) -> str | None:
    """Take the promise back, once. None when nothing was promised."""
    return await _settle(connection, order_id, "RELEASED", "released")


async def _settle(connection: Connection, order_id: UUID, status: str, answer: str) -> str | None:
    held = await reservation(connection, order_id)
    if held is None or held[0] not in {"RESERVED", status}:
        return None
    if held[0] == "RESERVED":
        skus, quantities = _columns(held[1])
        await connection.fetch(LOCK, skus)
        if status == "COMMITTED":
            await connection.execute(COMMIT, skus, quantities, str(order_id))
        else:
            await connection.execute(RELEASE, skus, quantities)
        await connection.execute(SETTLE, order_id, status)
    return answer


async def reservation(connection: Connection, order_id: UUID) -> tuple[str, Lines] | None:
    """(status, lines), locked until the transaction ends."""
    row = await connection.fetchrow(
        "select status, lines from reservation where order_id = $1 for update", order_id
    )
    return None if row is None else (row["status"], json.loads(row["lines"]))


async def restock(connection: Connection, sku: str, quantity: int, cause: str) -> int | None:
    """Put `quantity` on the shelf. Returns what lies there now; None when there is no such product."""
    on_hand = await connection.fetchval(
        "update stock set on_hand = on_hand + $2 where sku = $1 returning on_hand", sku, quantity
    )
    if on_hand is None:
        return None
    await connection.execute(
        "insert into movement (cause, sku, quantity) values ($1, $2, $3)", cause, sku, quantity
    )
    return int(on_hand)


async def level(connection: Connection, sku: str) -> "asyncpg.Record | None":
    return await connection.fetchrow("select sku, on_hand, reserved from stock where sku = $1", sku)


def _columns(lines: Lines) -> tuple[list[str], list[int]]:
    return list(lines), list(lines.values())
