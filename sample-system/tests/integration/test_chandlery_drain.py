"""SIGTERM: not ready at once, at home for a while, in-flight requests end, then the process leaves with 0."""

import asyncio
import http.client
import json
import signal
import socket
import threading
from pathlib import Path

import asyncpg
import httpx
import pytest
from chandlery_invariants import Record, Sent, traffic
from chandlery_stage import ServiceProcess, Stage, eventually


@pytest.fixture
def pod(whole_stage: Stage, request: pytest.FixtureRequest):
    """A second pod of orders, to be terminated. The parameter is how long it drains, in seconds."""
    seconds = getattr(request, "param", 1.0)
    pod = whole_stage.add("orders", name="orders-2", CHANDLERY_DRAIN_SECONDS=str(seconds))
    yield pod
    pod.remove()
    del whole_stage.parts["orders-2"]


@pytest.mark.parametrize("pod", [0.3], indirect=True)
def test_a_request_in_flight_is_answered_and_the_process_ends_well(pod: ServiceProcess, record: Record):
    """In flight: the second half of its body comes only when nobody can connect any more."""
    body = json.dumps({"customer": "slow", "lines": [{"sku": "rope", "quantity": 1}]}).encode()
    slow = http.client.HTTPConnection("127.0.0.1", pod.port, timeout=10)
    slow.putrequest("POST", "/v1/orders")
    for name, value in {"Idempotency-Key": "slow", "Content-Length": str(len(body))}.items():
        slow.putheader(name, value)
    slow.endheaders(body[:20])
    eventually("in flight", lambda: pod.metric("chandlery_http_in_flight") == 1, within_seconds=3)
    pod.terminate()
    eventually("closed to others", lambda: not is_open(pod), within_seconds=3)
    slow.send(body[20:])
    answer = slow.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (202, "close")
    record.add(Sent("slow", "slow", "ok", json.loads(answer.read())["id"]))
    assert pod.wait(within_seconds=10) == 0


def is_open(pod: ServiceProcess) -> bool:
    try:
        socket.create_connection(("127.0.0.1", pod.port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def test_while_draining_new_connections_are_served_and_asked_to_leave(pod: ServiceProcess):
    kept = http.client.HTTPConnection("127.0.0.1", pod.port, timeout=5)
    kept.request("GET", "/v1/orders?limit=1")
    before = kept.getresponse()
    before.read()
    assert before.headers.get("Connection") is None
    pod.terminate()
    eventually("not ready", lambda: httpx.get(f"{pod.url}/readyz", timeout=2).status_code == 503, 1.0)
    fresh = httpx.get(f"{pod.url}/v1/orders?limit=1", timeout=5)
    assert (fresh.status_code, fresh.headers["Connection"]) == (200, "close")
    kept.request("GET", "/v1/orders?limit=1")
    old = kept.getresponse()
    assert (old.status, old.headers["Connection"]) == (200, "close")
    assert "orders" in json.loads(old.read())
    assert httpx.get(f"{pod.url}/livez", timeout=2).status_code == 200
    kept.close()
    assert pod.wait(within_seconds=10) == 0


@pytest.mark.parametrize("pod", [6.0], indirect=True)
def test_no_request_of_the_drain_is_lost(pod: ServiceProcess, record: Record):
    stop = threading.Event()
    clients = traffic(pod.url, record, stop)
    already = len(record.sent)
    try:
        eventually("orders flow", lambda: len(record.sent) > already + 10, within_seconds=20)
        pod.terminate()
        drained = len(record.sent)
        eventually("orders flow while draining", lambda: len(record.sent) > drained + 20, within_seconds=5)
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert {sent.outcome for sent in record.sent[already:]} == {"ok"}
    assert pod.wait(within_seconds=10) == 0


def test_a_pod_that_starts_waits_for_no_lock_of_the_others(whole_stage: Stage):
    """A migration that takes its locks again at every start would wait here, and all writes behind it."""

    async def start_beside_a_write() -> None:
        connection = await asyncpg.connect(whole_stage.database_url("orders"))
        async with connection.transaction():
            await connection.execute("lock table order_log in row exclusive mode")
            pod = await asyncio.to_thread(whole_stage.add, "orders", "orders-3")
        await connection.close()
        pod.remove()
        del whole_stage.parts["orders-3"]

    asyncio.run(start_beside_a_write())


def test_a_process_told_to_stop_before_it_started_leaves(whole_stage: Stage, tmp_path):
    """Process 1 has no default action for SIGTERM: without a handler it would stay until SIGKILL."""
    pod = ServiceProcess("orders", whole_stage.environment("orders"), tmp_path / "log")
    eventually("handler", lambda: "SigCgt" in status(pod) and caught(pod, signal.SIGTERM), within_seconds=10)
    pod.terminate()
    assert pod.wait(within_seconds=10) == 0
    assert "draining" not in (tmp_path / "log").read_text(), "the server's own handler came first"


def status(pod: ServiceProcess) -> str:
    return Path(f"/proc/{pod.process.pid}/status").read_text(encoding="ascii")


def caught(pod: ServiceProcess, number: signal.Signals) -> bool:
    mask = next(line.split()[1] for line in status(pod).splitlines() if line.startswith("SigCgt"))
    return bool(int(mask, 16) >> (number - 1) & 1)
