"""The outbox: a message is a row, written in the transaction of what it tells. The relay sends it."""

import json
import logging
from typing import Any
from uuid import UUID

import asyncpg

from chandlery import metrics, trace, variants
from chandlery.broker import Broker
from chandlery.database import Connection, Database
from chandlery.ids import new_id

BATCH = 200
KEEP_SENT = "10 minutes"  # for a person who looks into it
SCHEMA = """
create table if not exists outbox (
    id uuid primary key,
    subject text not null,
    payload text not null,
    created_at timestamptz not null default clock_timestamp(),
    sent_at timestamptz
);
-- Whose transaction it was (database.Database.transaction); NULL without a trace.
alter table outbox add column if not exists trace text
    default nullif(current_setting('chandlery.trace', true), '');
create index if not exists outbox_unsent on outbox (id) where sent_at is null;
create table if not exists inbox (
    message_id uuid primary key,
    subject text not null,
    received_at timestamptz not null default now()
);
do $$ begin
    if exists (select from pg_roles where rolname = 'relay') then
        grant usage on schema public to relay;
        grant select, update, delete on outbox to relay;
    end if;
end $$;
"""
PUT = "insert into outbox (id, subject, payload) values ($1, $2, $3)"
TAKE = """
select id, subject, payload, trace from outbox where sent_at is null
order by id limit $1 for update skip locked
"""
log = logging.getLogger("chandlery.outbox")


async def is_there(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """What the relay waits for: the table's owner has made it, and its newest column."""
    await connection.execute("select trace from outbox limit 0")


async def put(connection: Connection, subject: str, body: dict[str, Any]) -> UUID:
    """Add one message to the transaction. The producer makes its id: the broker suppresses repeats by it."""
    message_id = new_id()
    await connection.execute(PUT, message_id, subject, json.dumps(body))
    return message_id


async def relay_batch(database: Database, broker: Broker) -> int:
    """Send what waits, at most BATCH rows; mark what the broker has acknowledged. Returns how many.

    Two relays do not send the same row at the same time (skip locked). A relay that dies between the
    acknowledgement and the mark leads to a repeat with the same id, which the broker suppresses.
    """
    async with database.transaction() as connection:
        rows = await connection.fetch(TAKE, BATCH)
        if not rows:
            return 0
        # A mark lost in a crash costs a repeat, which the broker suppresses: no need to wait for the disk.
        await connection.execute("set local synchronous_commit = off")
        kept = not variants.active(variants.NO_TRACE_CONTEXT)
        sent = await broker.publish_all(
            [(row["id"], row["subject"], row["payload"], row["trace"] if kept else None) for row in rows]
        )
        await connection.execute("update outbox set sent_at = now() where id = any($1::uuid[])", sent)
    for row in rows:
        trace.follow(row["trace"])
        if trace.sampled():
            log.info("%s: carried", row["subject"])
    trace.follow(None)
    metrics.PUBLISHED.labels(database.name).inc(len(sent))
    return len(sent)


async def measure(database: Database) -> None:
    """Publish depth and age of the outbox, and drop rows sent long ago."""
    async with database.transaction() as connection:
        depth, age = await connection.fetchrow(
            "select count(*), coalesce(extract(epoch from now() - min(created_at)), 0)::float8"
            " from outbox where sent_at is null"
        ) or (0, 0.0)
        await connection.execute(
            "delete from outbox where id in"
            f" (select id from outbox where sent_at < now() - interval '{KEEP_SENT}' order by id limit 1000)"
        )
    metrics.OUTBOX_UNSENT.labels(database.name).set(depth)
    metrics.OUTBOX_OLDEST_SECONDS.labels(database.name).set(age)
