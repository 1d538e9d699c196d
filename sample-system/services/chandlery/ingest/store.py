"""The ingest database: readings as they came, and what they sum up to for each device.

Values are whole thousandths, so that sums are exact.
"""

from uuid import UUID

import asyncpg

from chandlery import idempotency, outbox
from chandlery.database import Connection

SCHEMA = (
    """
create table if not exists reading (
    id uuid primary key,
    device text not null,
    value_milli bigint not null,
    received_at timestamptz not null default now()
);
create index if not exists reading_device on reading (device);
create table if not exists summary (
    device text primary key,
    readings bigint not null check (readings > 0),
    sum_milli bigint not null,
    lowest_milli bigint not null,
    highest_milli bigint not null
);
"""
    + idempotency.SCHEMA
    + outbox.SCHEMA
)
KEEP = "insert into reading (id, device, value_milli) values ($1, $2, $3)"
COUNT = """
insert into summary as s (device, readings, sum_milli, lowest_milli, highest_milli) values ($1, 1, $2, $2, $2)
on conflict (device) do update set
    readings = s.readings + 1,
    sum_milli = s.sum_milli + excluded.sum_milli,
    lowest_milli = least(s.lowest_milli, excluded.lowest_milli),
    highest_milli = greatest(s.highest_milli, excluded.highest_milli)
"""
SUMMARY = "select device, readings, sum_milli, lowest_milli, highest_milli from summary where device = $1"
READING = "select id::text, device, value_milli from reading where id = $1"


async def keep(connection: Connection, reading_id: UUID, device: str, value_milli: int) -> None:
    """Keep one reading as it came."""
    await connection.execute(KEEP, reading_id, device, value_milli)


async def count(connection: Connection, device: str, value_milli: int) -> None:
    """Add one reading to what those of its device sum up to."""
    await connection.execute(COUNT, device, value_milli)


async def summary(connection: Connection, device: str) -> "asyncpg.Record | None":
    return await connection.fetchrow(SUMMARY, device)


async def reading(connection: Connection, reading_id: UUID) -> "asyncpg.Record | None":
    return await connection.fetchrow(READING, reading_id)
