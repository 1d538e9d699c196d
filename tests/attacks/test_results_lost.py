"""The last results of a generator inside the cluster never came here: what is known looks perfect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from agent_pipe import agent_process
from dry_session import Dry

from seatrial.harness.observe import observe
from seatrial.judge.admissible import judge
from seatrial.judge.disruption import voluntary
from seatrial.model.check import CHECKS
from seatrial.model.exchange import DROPPED
from seatrial.model.scenario import SCENARIOS, Subject
from seatrial.model.verdict import Outcome
from seatrial.traffic import channel as channels
from seatrial.traffic.channel import Channel
from seatrial.traffic.generator import ResultsLost
from seatrial.traffic.remote import RemoteRunner
from seatrial.traffic.stream import TrafficStream

LOOK = {"request": {"path": "/"}}


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def perfect_server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_schedule_whose_end_was_never_read_is_not_taken_for_its_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        perfect_server() as url,
        agent_process(tmp_path / "agent") as agent,
        Channel(agent.connect, why_lost=lambda: "node worker-2 was drained") as channel,
    ):
        runner = RemoteRunner(channel, "pod/generator on node worker-2")
        stream = TrafficStream(url, "look", LOOK, per_second=20, directory=tmp_path, runner=runner)
        stream.start().wait_for_requests(20, within_seconds=60)
        answered = [exchange for exchange in stream.exchanges() if exchange.error != DROPPED]
        assert all(exchange.ok for exchange in answered), "what is known looks perfect"
        monkeypatch.setattr(channels, "LOST_SECONDS", 1.0)
        agent.process.kill()
        with pytest.raises(ResultsLost, match="node worker-2 was drained"):
            stream.stop()
    assert stream.recording().health is None, "nor can it be taken for whole when it is read again"


def test_its_observation_is_inconclusive_by_name_and_passes_no_check(
    dry: Dry, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = dry.session()
    made = session.stream

    def stream(*arguments: object) -> object:
        found = made(*arguments)
        stop = found.stop

        def lost() -> object:
            stop()
            raise ResultsLost("what the traffic generator sent is not all known: node worker-2 was drained")

        found.stop = lost
        return found

    monkeypatch.setattr(session, "stream", stream)
    system = session.system
    seen = observe(session, dry.run, SCENARIOS.get("delete-pod"), Subject("basket", system))
    assert seen.failure is not None
    assert seen.failure.outcome is Outcome.INCONCLUSIVE
    assert "node worker-2 was drained" in seen.failure.observed
    assert voluntary(seen).passed, "a check that looked at the numbers alone would pass"
    verdict = judge(CHECKS.get("orchestration.pod-replacement"), seen)
    assert verdict == seen.failure
