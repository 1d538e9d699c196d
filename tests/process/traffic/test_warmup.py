"""Where the warm-up ends, with a real generator and a server that fails at first."""

import pytest

from seatrial.harness.warmup import steady_since
from seatrial.model.failure import NotPassed
from seatrial.model.objectives import Objectives
from seatrial.traffic.stream import TrafficStream

CALM = Objectives(latency_p99_ms=2000)


def test_what_failed_at_first_lies_before_the_steady_traffic(server, tmp_path) -> None:
    journey = {"request": {"path": "/warming/40"}}
    with TrafficStream(server.url, "browse", journey, per_second=100, directory=tmp_path) as stream:
        since = steady_since(stream, 100, CALM, within_seconds=30)
    exchanges, _ = stream.stop()
    failed = [exchange for exchange in exchanges if not exchange.ok]
    assert len(failed) == 40
    assert all(exchange.planned_at < since for exchange in failed)


def test_traffic_that_never_becomes_clean_is_an_error_that_names_the_failure(server, tmp_path) -> None:
    journey = {"request": {"path": "/status/503"}}
    with (
        TrafficStream(server.url, "browse", journey, per_second=100, directory=tmp_path) as stream,
        pytest.raises(NotPassed, match="status 503"),
    ):
        steady_since(stream, 100, CALM, within_seconds=6)
