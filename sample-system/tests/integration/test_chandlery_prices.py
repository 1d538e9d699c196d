"""Prices that are talked of by a WebSocket, until the pod is told to leave."""

from collections.abc import Iterator

import pytest
from chandlery_stage import ServiceProcess, Stage
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect


@pytest.fixture
def catalogue(bare_stage: Stage) -> Iterator[ServiceProcess]:
    part = bare_stage.add("catalogue", CHANDLERY_DRAIN_SECONDS="2")
    yield part
    part.remove()
    del bare_stage.parts["catalogue"]


def live(part: ServiceProcess, sku: str) -> str:
    return f"ws://127.0.0.1:{part.port}/v1/catalogue/{sku}/live"


def read_on(socket: ClientConnection) -> None:
    """At most five messages more. Raises ConnectionClosed."""
    for _ in range(5):
        socket.recv(timeout=5)


def test_a_price_is_told_each_second_and_when_asked_until_the_pod_leaves(catalogue: ServiceProcess):
    with connect(live(catalogue, "rope"), open_timeout=10) as socket:
        assert socket.response is not None
        assert "x-pod" in socket.response.headers
        socket.send("how much?")
        told = [socket.recv(timeout=5) for _ in range(2)]
        assert told == ['{"sku": "rope", "name": "Rope, 20 m", "price_cents": 1250}'] * 2
        catalogue.terminate()
        with pytest.raises(ConnectionClosed) as closed:
            read_on(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001, "so it is resumed at another pod"
    assert catalogue.wait(within_seconds=10) == 0


def test_nobody_talks_of_what_is_not_for_sale(catalogue: ServiceProcess):
    with pytest.raises(InvalidStatus) as refused, connect(live(catalogue, "moon"), open_timeout=10):
        pass
    assert refused.value.response.status_code == 403
