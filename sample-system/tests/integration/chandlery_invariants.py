"""Sending orders, and the invariants I1-I9 of the sample system over everything that was ever sent."""

import asyncio
import itertools
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
from chandlery.inventory.store import OPENING_STOCK
from chandlery.orders.saga import TERMINAL, is_legal
from chandlery.payments.store import ALL_MONEY_CENTS, BANK, HOUSE, OPENING_CREDIT_CENTS
from chandlery_stage import Stage, eventually

_numbers = itertools.count()


@dataclass(frozen=True)
class Sent:
    """One order as its client saw it: ok (surely placed), failed (surely not), unknown."""

    customer: str
    key: str
    outcome: str
    order_id: str = ""


@dataclass
class Record:
    """What was sent, and what was put on the shelf besides."""

    sent: list[Sent] = field(default_factory=list)
    restocked: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, sent: Sent) -> None:
        with self.lock:
            self.sent.append(sent)


def place(client: httpx.Client, record: Record, lines: list[dict[str, Any]], customer: str = "") -> Sent:
    """Send one order once and write down what became of it."""
    number = next(_numbers)
    customer, key = customer or f"customer-{number}", f"key-{number}"
    try:
        answer = client.post(
            "/v1/orders", json={"customer": customer, "lines": lines}, headers={"Idempotency-Key": key}
        )
    except (httpx.ConnectError, httpx.ConnectTimeout):
        sent = Sent(customer, key, "failed")
    except httpx.TransportError:
        sent = Sent(customer, key, "unknown")
    else:
        outcome = {202: "ok", 504: "unknown", 503: "failed"}.get(answer.status_code)
        assert outcome, f"{answer.status_code}: {answer.text}"
        sent = Sent(customer, key, outcome, answer.json().get("id", ""))
    record.add(sent)
    return sent


def traffic(url: str, record: Record, stop: threading.Event, threads: int = 4) -> list[threading.Thread]:
    """Clients that each send one order after another until `stop`."""

    def client() -> None:
        with httpx.Client(base_url=url, timeout=6) as session:
            while not stop.is_set():
                place(session, record, [{"sku": "rope", "quantity": 1}, {"sku": "tar", "quantity": 2}])
                stop.wait(0.02)

    started = [threading.Thread(target=client) for _ in range(threads)]
    for thread in started:
        thread.start()
    return started


@dataclass
class Books:
    """All three databases, read at rest."""

    orders: list[asyncpg.Record]
    log: list[asyncpg.Record]
    lines: list[asyncpg.Record]
    reservations: list[asyncpg.Record]
    stock: list[asyncpg.Record]
    payments: list[asyncpg.Record]
    accounts: list[asyncpg.Record]
    entries: list[asyncpg.Record]


def rows(stage: Stage, database: str, *queries: str) -> list[list[asyncpg.Record]]:
    """The answers to some queries, asked as the super user."""

    async def ask() -> list[list[asyncpg.Record]]:
        connection = await asyncpg.connect(stage.database_url(database), timeout=5)
        try:
            return [await connection.fetch(query) for query in queries]
        finally:
            await connection.close()

    return asyncio.run(ask())


def wait_for_rest(stage: Stage, within_seconds: float = 60) -> None:
    """Until every order is terminal and every outbox empty."""

    def at_rest() -> bool:
        open_orders = rows(stage, "orders", "select 1 from saga where command is not null limit 1")[0]
        unsent = [
            rows(stage, name, "select 1 from outbox where sent_at is null limit 1")[0]
            for name in ("orders", "inventory", "payments")
        ]
        return not open_orders and not any(unsent)

    eventually("at rest", at_rest, within_seconds)


def read_books(stage: Stage) -> Books:
    orders = rows(
        stage,
        "orders",
        "select id::text, customer, idempotency_key as key, state, total_cents from orders",
        "select order_id::text, state from order_log order by order_id, position",
        "select order_id::text, sku, quantity from order_lines",
    )
    inventory = rows(
        stage,
        "inventory",
        "select order_id::text, status from reservation",
        "select s.sku, s.on_hand, s.reserved, coalesce(sum(m.quantity), 0)::bigint as moved"
        " from stock s left join movement m using (sku) group by s.sku",
    )
    payments = rows(
        stage,
        "payments",
        "select order_id::text, status, amount from payment",
        "select id, balance from account",
        "select transaction_id::text, account, amount from entry",
    )
    return Books(*orders, *inventory, *payments)


def violations(books: Books, record: Record) -> list[str]:
    """Every broken invariant, in words; empty when all hold."""
    return [*_orders(books, record), *_stock(books, record), *_money(books), *_agreement(books)]


def _orders(books: Books, record: Record) -> list[str]:
    found = []
    stored = {row["id"]: row for row in books.orders}
    for sent in record.sent:
        if sent.outcome == "ok" and sent.order_id not in stored:
            found.append(f"I1 acknowledged order {sent.order_id} is lost")
    found += [f"I1 {row['id']} stays {row['state']}" for row in books.orders if row["state"] not in TERMINAL]
    asked = {(sent.customer, sent.key) for sent in record.sent if sent.outcome != "failed"}
    made = Counter((row["customer"], row["key"]) for row in books.orders)
    found += [f"I2 nobody asked for {pair}" for pair in made if pair not in asked]
    found += [f"I3 {pair} has {times} orders" for pair, times in made.items() if times > 1]
    paths: dict[str, list[str]] = {}
    for entry in books.log:
        paths.setdefault(entry["order_id"], []).append(entry["state"])
    for order_id, row in stored.items():
        path = paths.get(order_id, [])
        if not is_legal(path) or path[-1] != row["state"]:
            found.append(f"I9 {order_id} is {row['state']} after {path}")
    return found


def _stock(books: Books, record: Record) -> list[str]:
    confirmed = {row["id"] for row in books.orders if row["state"] == "CONFIRMED"}
    sold: Counter[str] = Counter()
    for line in books.lines:
        if line["order_id"] in confirmed:
            sold[line["sku"]] += line["quantity"]
    found = []
    for row in books.stock:
        expected = OPENING_STOCK + record.restocked[row["sku"]] - sold[row["sku"]]
        if row["reserved"] != 0:
            found.append(f"I4 {row['sku']}: {row['reserved']} reserved at rest")
        if row["on_hand"] != row["moved"]:
            found.append(f"I4 {row['sku']}: {row['on_hand']} on hand, movements say {row['moved']}")
        if row["on_hand"] != expected:
            found.append(f"I7 {row['sku']}: {row['on_hand']} on hand, sales say {expected}")
    return found


def _money(books: Books) -> list[str]:
    found = []
    transactions: Counter[str] = Counter()
    accounts: Counter[str] = Counter({BANK: ALL_MONEY_CENTS})
    for entry in books.entries:
        transactions[entry["transaction_id"]] += entry["amount"]
        accounts[entry["account"]] += entry["amount"]
    found += [f"I5 transaction {name} sums to {total}" for name, total in transactions.items() if total != 0]
    for row in books.accounts:
        if row["balance"] != accounts[row["id"]] or row["balance"] < 0:
            found.append(f"I5 {row['id']} has {row['balance']}, entries say {accounts[row['id']]}")
    if sum(row["balance"] for row in books.accounts) != ALL_MONEY_CENTS:
        found.append("I5 the sum of all balances has changed")
    granted = -sum(entry["amount"] for entry in books.entries if entry["account"] == BANK)
    if granted != OPENING_CREDIT_CENTS * (len(books.accounts) - 2):
        found.append(f"I7 {granted} cents of credit for {len(books.accounts) - 2} accounts")
    return found


def _agreement(books: Books) -> list[str]:
    reserved = {row["order_id"]: row["status"] for row in books.reservations}
    paid = {row["order_id"]: row["status"] for row in books.payments}
    wanted = {
        "CONFIRMED": ("COMMITTED", {"CAPTURED"}),
        "REJECTED": ("REJECTED", {None}),
        "CANCELLED": ("RELEASED", {None, "DECLINED", "REFUNDED"}),
    }
    found = []
    for row in books.orders:
        shelf, money = wanted.get(row["state"], (None, set()))
        if reserved.get(row["id"]) != shelf or paid.get(row["id"]) not in money:
            found.append(f"I6 {row} but {reserved.get(row['id'])} and {paid.get(row['id'])}")
    taken = sum(row["total_cents"] for row in books.orders if row["state"] == "CONFIRMED")
    till = sum(row["balance"] for row in books.accounts if row["id"] == HOUSE)
    if taken != till:
        found.append(f"I7 the till holds {till} cents, confirmed orders are worth {taken}")
    return found
