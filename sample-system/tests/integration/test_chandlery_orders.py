"""Orders from request to end: confirmed, rejected, declined, cancelled; oversell; listing."""

import concurrent.futures
from uuid import uuid4

import httpx
import pytest
from chandlery_invariants import Record, place, read_books, rows, violations, wait_for_rest
from chandlery_stage import Stage, eventually


def state_of(stage: Stage, order_id: str) -> str:
    return str(httpx.get(f"{stage.parts['orders'].url}/v1/orders/{order_id}", timeout=5).json()["state"])


def ends_as(stage: Stage, order_id: str, state: str) -> list[str]:
    eventually(f"{order_id} is {state}", lambda: state_of(stage, order_id) == state, within_seconds=20)
    answer = httpx.get(f"{stage.parts['orders'].url}/v1/orders/{order_id}", timeout=5).json()
    return list(answer["states"])


def session(stage: Stage) -> httpx.Client:
    return httpx.Client(base_url=stage.parts["orders"].url, timeout=10)


def test_an_order_is_reserved_paid_and_confirmed(stage: Stage, record: Record):
    with session(stage) as client:
        sent = place(client, record, [{"sku": "rope", "quantity": 3}])
    assert sent.outcome == "ok"
    assert ends_as(stage, sent.order_id, "CONFIRMED") == ["PENDING", "RESERVED", "PAID", "CONFIRMED"]
    account = httpx.get(f"{stage.parts['payments'].url}/v1/accounts/{sent.customer}", timeout=5).json()
    assert account["balance_cents"] == 10_000_000 - 3 * 1250


def test_an_order_for_more_than_there_is_is_rejected(stage: Stage, record: Record):
    lines = [{"sku": "rope", "quantity": 1}, *({"sku": sku, "quantity": 100_000} for sku in ("tar", "chart"))]
    with session(stage) as client:
        client.post("/v1/orders", json={}, headers={"Idempotency-Key": "x"})
        taken = [place(client, record, lines, customer="hoarder") for _ in range(2)]
        whistles = [place(client, record, [{"sku": "whistle", "quantity": 100_000}]) for _ in range(1)]
    assert {sent.outcome for sent in taken + whistles} == {"ok"}
    wait_for_rest(stage)
    assert violations(read_books(stage), record) == []


def test_a_customer_without_the_money_is_declined_and_the_goods_go_back(stage: Stage, record: Record):
    with session(stage) as client:
        sent = place(client, record, [{"sku": "anchor", "quantity": 41}])
    path = ends_as(stage, sent.order_id, "CANCELLED")
    assert path == ["PENDING", "RESERVED", "DECLINED", "RELEASED", "CANCELLED"]


def test_concurrent_orders_never_sell_the_same_thing_twice(stage: Stage, record: Record):
    """30 orders for 70,000 each, of a shelf with 1,000,000: 14 fit, whoever comes first."""
    with session(stage) as client, concurrent.futures.ThreadPoolExecutor(10) as pool:
        orders = list(pool.map(lambda _: place(client, record, [{"sku": "bell", "quantity": 100}]), range(2)))
        for sent in orders:
            ends_as(stage, sent.order_id, "CONFIRMED")
        left = httpx.get(f"{stage.parts['inventory'].url}/v1/stock/bell", timeout=5).json()["available"]
        piles, rest = divmod(left, 70_000)
        assert (piles, rest) == (14, 19_800)
        # Too dear for one customer at once (13 billion cents): the reservation is what is fought for.
        pile = [{"sku": "bell", "quantity": 70_000}]
        sent_all = list(pool.map(lambda _: place(client, record, pile), range(30)))
    wait_for_rest(stage)
    ids = [sent.order_id for sent in sent_all]
    states = [state_of(stage, order_id) for order_id in ids]
    assert states.count("REJECTED") >= 1
    assert set(states) <= {"REJECTED", "CANCELLED"}
    most = rows(stage, "inventory", "select reserved, on_hand from stock where sku = 'bell'")[0][0]
    assert (most["reserved"], most["on_hand"]) == (0, left)
    assert violations(read_books(stage), record) == []


def test_cancelling_gives_back_stock_and_money(stage: Stage, record: Record):
    with session(stage) as client:
        sent = [place(client, record, [{"sku": "fender", "quantity": 1}]) for _ in range(20)]
        answers = [client.post(f"/v1/orders/{order.order_id}/cancel").status_code for order in sent]
        wait_for_rest(stage)
        late = [order for order, status in zip(sent, answers, strict=True) if status == 409]
        for order, status in zip(sent, answers, strict=True):
            assert (state_of(stage, order.order_id), status) in {("CANCELLED", 202), ("CONFIRMED", 409)}
            again = client.post(f"/v1/orders/{order.order_id}/cancel").status_code
            assert again == (409 if order in late else 200)
        assert 202 in answers
        assert client.post(f"/v1/orders/{uuid4()}/cancel").status_code == 404
    assert violations(read_books(stage), record) == []


def test_a_client_can_list_every_order(stage: Stage, record: Record):
    with session(stage) as client:
        for _ in range(7):
            place(client, record, [{"sku": "lantern", "quantity": 1}])
        listed, after = [], ""
        while after is not None:
            page = client.get("/v1/orders", params={"after": after, "limit": 5}).json()
            listed += [order["id"] for order in page["orders"]]
            after = page["next"]
    assert listed == sorted(set(listed))
    assert {sent.order_id for sent in record.sent if sent.outcome == "ok"} <= set(listed)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/orders/rope", 404),
        ("GET", "/v1/orders/01a210a5-94af-7be1-ba29-cfac9670d975", 404),
        ("GET", "/v1/orders?limit=0", 422),
        ("POST", "/v1/quote?ms=0", 422),
        ("POST", "/v1/quote?ms=2001", 422),
        ("POST", "/v1/quote?ms=5", 200),
        ("DELETE", "/v1/orders", 405),
        ("GET", "/v1/nothing", 404),
    ],
)
def test_requests_get_the_status_they_deserve(stage: Stage, method: str, path: str, status: int):
    answer = httpx.request(method, f"{stage.parts['orders'].url}{path}", timeout=5)
    assert (answer.status_code, "error" in answer.json()) == (status, status != 200)


def test_a_quote_costs_the_processor_time_it_was_asked_for(stage: Stage):
    orders = stage.parts["orders"]
    before = orders.metric("process_cpu_seconds_total")
    with session(stage) as client, concurrent.futures.ThreadPoolExecutor(4) as pool:
        quotes = [pool.submit(client.post, "/v1/quote?ms=100") for _ in range(4)]
        slowest = max(httpx.get(f"{orders.url}/livez", timeout=5).elapsed.total_seconds() for _ in range(20))
        assert [quote.result().status_code for quote in quotes] == [200] * 4
    used = orders.metric("process_cpu_seconds_total") - before
    assert used >= 0.4
    assert slowest < 0.25, "a probe waited for a whole calculation"
