"""The trace of an order is named by every service that its saga passes, behind the broker, too."""

import secrets
from uuid import uuid4

import httpx
from chandlery_invariants import Record, Sent
from chandlery_stage import Stage, eventually

PASSED = ("orders", "relay", "inventory", "payments")


def order(stage: Stage, record: Record, trace: str, *, sampled: bool) -> None:
    key, customer = str(uuid4()), f"traced-{trace[:8]}"
    headers = {"Idempotency-Key": key, "traceparent": f"00-{trace}-00f067aa0ba902b7-0{int(sampled)}"}
    body = {"customer": customer, "lines": [{"sku": "rope", "quantity": 1}]}
    answer = httpx.post(f"{stage.parts['orders'].url}/v1/orders", json=body, headers=headers, timeout=10)
    assert answer.status_code == 202
    record.add(Sent(customer, key, "ok", answer.json()["id"]))


def test_each_service_on_the_way_of_an_order_names_its_trace(stage: Stage, record: Record):
    quiet, wanted = secrets.token_hex(16), secrets.token_hex(16)
    order(stage, record, quiet, sampled=False)
    order(stage, record, wanted, sampled=True)

    def named() -> bool:
        return all(wanted in stage.parts[name].log() for name in PASSED)

    eventually("each log names the trace", named, within_seconds=20)
    assert not any(quiet in stage.parts[name].log() for name in PASSED), "nobody wants to see it"
