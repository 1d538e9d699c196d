"""One effect per (scope, key): the answer is stored in the transaction of the effect, and repeated."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from chandlery.database import Connection
from chandlery.errors import Refused

SCHEMA = """
create table if not exists idem (
    scope text not null,
    key text not null,
    request_hash text not null,
    status int not null,
    body text not null,
    created_at timestamptz not null default now(),
    primary key (scope, key)
);
"""
LOCK = "select pg_try_advisory_xact_lock(hashtextextended($1, 0))"
KEEP = "insert into idem (scope, key, request_hash, status, body) values ($1, $2, $3, $4, $5)"
MAX_KEY_LENGTH = 200


@dataclass(frozen=True)
class Answer:
    """What a client is told: kept as text, so that a repeat is the same to the byte."""

    status: int
    body: str
    replayed: bool = False


def answer(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(body))


def key_of(headers: Any) -> str:
    """The request's Idempotency-Key. Raises Refused 400 without one."""
    key: str = headers.get("Idempotency-Key", "").strip()
    if not key:
        raise Refused(400, "the header Idempotency-Key is required")
    if len(key) > MAX_KEY_LENGTH:
        raise Refused(400, f"Idempotency-Key is longer than {MAX_KEY_LENGTH}")
    return key


def fingerprint(body: Any) -> str:
    """Equal for equal JSON, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


async def once(
    connection: Connection, scope: str, key: str, request: Any, work: Callable[[], Awaitable[Answer]]
) -> Answer:
    """Do `work` in this transaction unless it was done before under this key; then repeat its answer.

    Raises Refused 409 while another transaction holds the key, 422 when the key came with another body.
    The lock ends with its transaction, so a process that dies leaves no key behind.
    """
    name = f"{scope}\n{key}"
    if not await connection.fetchval(LOCK, name):
        raise Refused(409, "a request with this Idempotency-Key is still running")
    # A statement of its own, after the lock: only then does it see what the former holder committed.
    stored = await connection.fetchrow(
        "select request_hash, status, body from idem where scope = $1 and key = $2", scope, key
    )
    if stored is not None:
        if stored["request_hash"] != fingerprint(request):
            raise Refused(422, "this Idempotency-Key was used with another body")
        return Answer(stored["status"], stored["body"], replayed=True)
    done = await work()
    await connection.execute(KEEP, scope, key, fingerprint(request), done.status, done.body)
    return done
