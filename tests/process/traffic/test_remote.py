"""Generators of an agent: what they record comes here whole, in this machine's time, or is lost by name."""

import json
import signal
import time
from threading import Timer

import pytest
from agent_pipe import agent_process
from recordings import read_recording

import seatrial
from seatrial.errors import SeatrialError
from seatrial.model.failure import verdict_of
from seatrial.model.verdict import Outcome
from seatrial.traffic import channel as channels
from seatrial.traffic.channel import Channel, ChannelLost
from seatrial.traffic.clocks import Offset
from seatrial.traffic.generator import GeneratorDied, ResultsLost
from seatrial.traffic.http import Http, NoAnswer
from seatrial.traffic.remote import RemoteRunner, RemoteSender
from seatrial.traffic.stream import TrafficStream
from seatrial.waiting import NotYet, Ready, eventually

OK = {"request": {"path": "/ok"}, "served_by": "x-served-by"}
PATIENT = ("--silence-seconds", "60", "--linger-seconds", "60")


def stream_of(channel, url, folder, **more) -> TrafficStream:
    runner = RemoteRunner(channel, "pod/generator")
    return TrafficStream(url, "browse", OK, directory=folder, runner=runner, **more)


def test_a_remote_stream_is_recorded_as_a_local_one(steady_server, tmp_path) -> None:
    began_at = time.monotonic()
    with agent_process(tmp_path / "agent") as agent, Channel(agent.connect) as channel:
        with stream_of(channel, steady_server.url, tmp_path, per_second=100) as stream:
            stream.wait_for_requests(50, within_seconds=30)
        exchanges, health = stream.stop()
    assert [exchange.sequence for exchange in exchanges] == list(range(health.planned))
    assert all(exchange.ok and exchange.backend for exchange in exchanges)
    assert all(began_at < e.planned_at <= e.completed_at < time.monotonic() for e in exchanges)
    kept = read_recording(tmp_path / "browse.ndjson.gz")
    assert kept.in_order() == exchanges
    assert kept.health == health
    assert kept.head["where"] == "pod/generator"
    assert abs(kept.head["clock"]["offset_seconds"]) < 1.0
    assert 0 < kept.head["clock"]["error_seconds"] < 1.0


def test_times_of_another_clock_become_this_machines(steady_server, tmp_path, monkeypatch) -> None:
    """A clock that is an hour ahead there gives the same times here."""
    ahead = 3600.0
    with agent_process(tmp_path / "agent") as agent, Channel(agent.connect) as channel:
        true = channel.offset

        def offset():
            return Offset(true().seconds - ahead, 0.002)

        monkeypatch.setattr(channel, "offset", offset)
        with stream_of(channel, steady_server.url, tmp_path, schedule="constant:50:0.5") as stream:
            stream.wait_until_ended(within_seconds=30)
        exchanges, _ = stream.stop()
    now = time.monotonic()
    assert len(exchanges) == 25
    assert all(now - ahead - 60 < e.planned_at < now - ahead for e in exchanges)
    assert all(0 <= e.completed_at - e.sent_at < 5 for e in exchanges)


def test_clocks_that_are_hardly_known_prove_nothing(steady_server, tmp_path, monkeypatch) -> None:
    with agent_process(tmp_path / "agent") as agent, Channel(agent.connect) as channel:
        monkeypatch.setattr(channel, "offset", lambda: Offset(0.0, 0.4))
        stream = stream_of(channel, steady_server.url, tmp_path, schedule="constant:50:0.2")
        with pytest.raises(ResultsLost, match=r"the clock of pod/generator is known to 0\.40 s only"), stream:
            stream.wait_until_ended(within_seconds=30)


def test_a_connection_that_breaks_again_and_again_loses_nothing(steady_server, tmp_path) -> None:
    with agent_process(tmp_path / "agent") as agent, Channel(agent.connect) as channel:
        with stream_of(channel, steady_server.url, tmp_path, per_second=200) as stream:
            for requests in (50, 300, 600):
                stream.wait_for_requests(requests, within_seconds=60)
                agent.pipes[-1].interrupt()
            stream.wait_for_requests(800, within_seconds=60)
        exchanges, health = stream.stop()
    assert len(agent.pipes) >= 4
    assert [exchange.sequence for exchange in exchanges] == list(range(health.planned))
    assert read_recording(tmp_path / "browse.ndjson.gz").broken_lines == 0


def test_an_agent_that_died_makes_the_results_inconclusive_and_what_came_is_kept(
    steady_server, tmp_path, monkeypatch
) -> None:
    with (
        agent_process(tmp_path / "agent") as agent,
        Channel(agent.connect, why_lost=lambda: "its node was stopped") as channel,
    ):
        stream = stream_of(channel, steady_server.url, tmp_path, per_second=100)
        stream.start().wait_for_requests(50, within_seconds=30)
        monkeypatch.setattr(channels, "LOST_SECONDS", 1.0)
        agent.process.send_signal(signal.SIGKILL)
        with pytest.raises(ResultsLost, match="its node was stopped") as raised:
            stream.wait_until_ended(within_seconds=30)
        with pytest.raises(ResultsLost, match="its node was stopped"):
            stream.stop()
    verdict = verdict_of(raised.value)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "pod/generator" in verdict.observed
    assert len(stream.exchanges()) >= 50


def test_nothing_is_sent_for_a_tester_that_is_gone(steady_server, tmp_path) -> None:
    with agent_process(tmp_path / "agent", "--silence-seconds", "1", "--linger-seconds", "1") as agent:
        with Channel(agent.connect) as channel:
            stream = stream_of(channel, steady_server.url, tmp_path, per_second=100).start()
        # The channel is closed, as when this process had been killed. The generator was not told to stop.
        assert agent.process.wait(30) == 0
    spool = next((tmp_path / "agent").glob("*.ndjson")).read_bytes().splitlines()
    assert json.loads(spool[-1])["type"] == "closing", "it has ended by itself, and in order"
    with pytest.raises(ResultsLost, match="the connection was closed"):
        stream.stop()


def test_a_tester_that_comes_back_late_is_told_that_sending_had_stopped(steady_server, tmp_path) -> None:
    with agent_process(tmp_path / "agent", "--silence-seconds", "1.5", "--linger-seconds", "60") as agent:
        away_until = 0.0

        def connect():
            if time.monotonic() < away_until:
                raise SeatrialError("the API server cannot be reached")
            return agent.connect()

        with Channel(connect) as channel:
            stream = stream_of(channel, steady_server.url, tmp_path, per_second=100).start()
            away_until = time.monotonic() + 3.0
            agent.pipes[-1].interrupt()
            with pytest.raises(ResultsLost, match="it stopped sending"):
                stream.wait_until_ended(within_seconds=30)
            before = len(stream.exchanges())
            with pytest.raises(ResultsLost, match="it stopped sending"):
                stream.stop()
    assert 100 < before < 300, "all that was sent until then was read"
    kept = read_recording(tmp_path / "browse.ndjson.gz")
    assert kept.health is None, "a recording that is closed is believed"


def test_a_job_that_cannot_be_done_there_says_why(steady_server, tmp_path) -> None:
    with agent_process(tmp_path / "agent") as agent, Channel(agent.connect) as channel:
        stream = stream_of(channel, steady_server.url, tmp_path)
        stream._first_line = stream._first_line.replace(b'"constant:100.0"', b'"sometimes:1"')
        with pytest.raises(GeneratorDied, match=r"exit code 2 in pod/generator") as raised, stream:
            pass
    assert "sometimes" in raised.value.where


def test_single_requests_are_sent_by_the_agent(steady_server, tmp_path) -> None:
    with (
        agent_process(tmp_path / "agent") as agent,
        Channel(agent.connect) as channel,
        Http(steady_server.url, sender=RemoteSender(channel)) as http,
    ):
        answer = http.get("/ok")
        assert answer.status == 200
        assert answer.headers["x-served-by"]
        assert http.request("POST", "/ok", json={"a": 1}).status == 200
        with pytest.raises(SeatrialError, match="status 404"):
            http.get("/status/404")
        http.wait_for_journey("browse", OK, within_seconds=10)
        assert all(0 < exchange.latency_seconds < 5 for exchange in http.once("browse", OK))
    with (
        agent_process(tmp_path / "second") as agent,
        Channel(agent.connect) as channel,
        Http("http://127.0.0.1:1", sender=RemoteSender(channel)) as http,
        pytest.raises(NoAnswer, match="from inside the cluster: connection refused"),
    ):
        http.get("/ok")


def test_a_request_is_not_sent_twice_when_the_connection_breaks_under_it(server, tmp_path) -> None:
    with (
        agent_process(tmp_path / "agent", *PATIENT) as agent,
        Channel(agent.connect) as channel,
        Http(server.url, sender=RemoteSender(channel)) as http,
    ):
        server.freeze()
        Timer(0.5, agent.pipes[-1].interrupt).start()
        with pytest.raises(NoAnswer, match="the connection to the agent broke"):
            http.request("POST", "/ok", timeout_seconds=20)
        server.thaw()
        eventually(
            lambda: Ready(None) if http.get("/ok").status == 200 else NotYet("no answer"),
            within_seconds=20, what="requests are answered again",
        )  # fmt: skip


def test_an_image_of_another_version_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(seatrial, "__version__", "0.0.9")
    with (
        agent_process(tmp_path / "agent") as agent,
        pytest.raises(SeatrialError, match=r"the helper image has Seatrial \S+, and this is 0\.0\.9"),
        Channel(agent.connect),
    ):
        pass


def test_without_an_agent_the_tester_is_told_within_the_bound(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(channels, "LOST_SECONDS", 0.2)

    def refused():
        raise SeatrialError("pods/exec is forbidden", where="pod/generator")

    with pytest.raises(ChannelLost, match=r"pods/exec is forbidden \(pod/generator\)"), Channel(refused):
        pass


def test_an_agent_runs_no_other_program(tmp_path) -> None:
    start = {"op": "start", "name": "a", "program": "antigravity"}
    with (
        agent_process(tmp_path / "agent") as agent,
        Channel(agent.connect) as channel,
        pytest.raises(SeatrialError, match="does not run 'antigravity'"),
    ):
        channel.call(start, b"{}", within_seconds=10)
