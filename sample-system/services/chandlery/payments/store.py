"""The payments database: schema and every statement on it.

Money is whole cents. Every transaction's entries sum to zero, so the sum of all balances never changes.
The bank starts with all the money; a new account gets an opening credit from it, as a transaction.
"""

from uuid import UUID

import asyncpg

from chandlery import idempotency, outbox
from chandlery.database import Connection
from chandlery.ids import new_id

BANK = "bank"
HOUSE = "chandlery"
ALL_MONEY_CENTS = 1_000_000_000_000_000
OPENING_CREDIT_CENTS = 10_000_000
SCHEMA = (
    f"""
create table if not exists account (
    id text primary key,
    balance bigint not null check (balance >= 0),
    opened_at timestamptz not null default now()
);
create table if not exists entry (
    transaction_id uuid not null,
    account text not null references account,
    amount bigint not null check (amount <> 0),
    at timestamptz not null default now(),
    primary key (transaction_id, account)
);
create index if not exists entry_account on entry (account);
create table if not exists payment (
    order_id uuid primary key,
    customer text not null references account,
    amount bigint not null check (amount > 0),
    status text not null check (status in ('CAPTURED', 'DECLINED', 'REFUNDED')),
    changed_at timestamptz not null default now()
);
insert into account (id, balance) values ('{BANK}', {ALL_MONEY_CENTS}), ('{HOUSE}', 0) on conflict do nothing;
"""
    + idempotency.SCHEMA
    + outbox.SCHEMA
)
# One statement moves money: both balances and both entries, or (balance below zero) none of them.
MOVE = """
with booked as (
    insert into entry (transaction_id, account, amount) values ($1, $2, -$4::bigint), ($1, $3, $4::bigint)
)
update account set balance = balance + case id when $2 then -$4::bigint else $4::bigint end
where id in ($2, $3)
"""
LOCK = "select id, balance from account where id = any($1::text[]) order by id for update"


async def open_accounts(connection: Connection, names: list[str]) -> None:
    """Open those that are new, each with its credit.

    Locks are taken in stages (new accounts by name, the bank, then in move() existing ones by name), so
    no two transactions wait for each other in a circle.
    """
    opened = [
        name
        for name in sorted(names)
        if await connection.fetchval(
            "insert into account (id, balance) values ($1, 0) on conflict do nothing returning true", name
        )
    ]
    for name in opened:
        await connection.fetch(LOCK, [BANK])
        await connection.execute(MOVE, new_id(), BANK, name, OPENING_CREDIT_CENTS)


async def move(connection: Connection, source: str, target: str, cents: int) -> UUID | None:
    """Book one transaction. None, and nothing booked, when the source has too little."""
    balances = {row["id"]: row["balance"] for row in await connection.fetch(LOCK, [source, target])}
    if balances[source] < cents:
        return None
    transaction_id = new_id()
    await book(connection, transaction_id, source, target, cents)
    return transaction_id


async def book(connection: Connection, transaction_id: UUID, source: str, target: str, cents: int) -> None:
    """Write both entries and both balances."""
    await connection.execute(MOVE, transaction_id, source, target, cents)


async def capture(connection: Connection, order_id: UUID, customer: str, cents: int) -> str:
    """Take the price of an order, once. Returns the reply: captured or declined; the same one to a repeat."""
    status = await payment_status(connection, order_id)
    if status is not None:
        return "declined" if status == "DECLINED" else "captured"
    await open_accounts(connection, [customer])
    paid = await move(connection, customer, HOUSE, cents)
    await connection.execute(
        "insert into payment (order_id, customer, amount, status) values ($1, $2, $3, $4)",
        order_id,
        customer,
        cents,
        "CAPTURED" if paid else "DECLINED",
    )
    return "captured" if paid else "declined"


async def refund(connection: Connection, order_id: UUID) -> str | None:
    """Give the price back, once. None when it was never taken."""
    status = await payment_status(connection, order_id)
    if status == "CAPTURED":
        row = await connection.fetchrow("select customer, amount from payment where order_id = $1", order_id)
        assert row is not None
        if await move(connection, HOUSE, row["customer"], row["amount"]) is None:
            raise RuntimeError(f"the house cannot refund {order_id}: its balance is too small")
        await connection.execute(
            "update payment set status = 'REFUNDED', changed_at = now() where order_id = $1", order_id
        )
    return "refunded" if status in {"CAPTURED", "REFUNDED"} else None


async def payment_status(connection: Connection, order_id: UUID) -> str | None:
    status: str | None = await connection.fetchval(
        "select status from payment where order_id = $1 for update", order_id
    )
    return status


async def account(connection: Connection, name: str) -> "asyncpg.Record | None":
    return await connection.fetchrow("select id, balance as balance_cents from account where id = $1", name)
