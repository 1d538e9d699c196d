"""What tester and master say to each other: names, clocks and secrets on the way, and lines in batches."""

from __future__ import annotations

import io
import json
import os
from types import SimpleNamespace
from typing import Any

import pytest

from seatrial.harness.workers import Crew, batches_of
from seatrial.traffic.channel import ChannelLost
from seatrial.traffic.crew import ANSWER, ENVIRONMENT, LOST, RESULT, START, STOP, WORKERS

LOOK = {"look": {"request": {"path": "/", "headers": {"Authorization": "Bearer {env.SHOP_TOKEN}"}}}}


class Channel:
    """An agent whose wall clock is an hour ahead, and a master that has written some lines."""

    def __init__(self, *written: dict[str, Any]) -> None:
        self._written = [json.dumps(line).encode() + b"\n" for line in written]
        self.told: list[tuple[int, list[dict[str, Any]]]] = []
        self.broken = False

    def there(self, wall: float) -> float:
        return wall + 3600

    def call(self, header: dict[str, Any], payload: bytes = b"", **_: Any) -> tuple[dict[str, Any], bytes]:
        if self.broken:
            raise ChannelLost("the agent could not be reached")
        if header["op"] == "tell":
            self.told.append((header["number"], [json.loads(line) for line in payload.splitlines()]))
            return {}, b""
        data, self._written = b"".join(self._written), []
        ended = {"exit_code": 1, "errors": "port in use"}
        return {"running": bool(data), "more": False, "silenced": False, **({} if data else ended)}, data


class Workers:
    """Two workers, of which each that `came` has a pod."""

    def __init__(self, came: int) -> None:
        self.kube = SimpleNamespace(objects=lambda _: [])
        self._came = came

    def host(self, index: int) -> str:
        return f"w-{index}"

    def by_index(self) -> dict[int, Any]:
        return {
            index: {"metadata": {"name": f"w-{index}-x"}, "spec": {"nodeName": "n"}}
            for index in range(self._came)
        }

    def require_all_possible(self) -> None:
        """Nothing is known against them."""

    def waits(self, pod: Any) -> str:
        return "it has no pod" if pod is None else "it runs"

    def became(self, name: str, node: str) -> str:
        return f"pod/{name} on node {node} was deleted"


def crew(channel: Channel, *, came: int = 2) -> tuple[Crew, io.StringIO]:
    output = io.StringIO()
    made: Any = Crew(channel, Workers(came), 2, output)  # type: ignore[arg-type]
    made.gather()
    made._reading.join()
    return made, output


def lines(output: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


THERE = {"type": WORKERS, "states": {"w-1_b": "ready", "w-0_a": "ready"}}


def test_workers_are_told_by_pod_and_node_in_the_order_of_their_places() -> None:
    _, output = crew(Channel(THERE))
    first, *_, last = lines(output)
    assert list(first["states"]) == ["pod/w-0-x on node n", "pod/w-1-x on node n"]
    assert first["absent"] == []
    assert last == {"type": LOST, "why": "the master of Locust has ended: port in use"}


def test_one_that_did_not_come_is_told_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.harness.workers.START_SECONDS", 0.1)
    _, output = crew(Channel({"type": WORKERS, "states": {"w-0_a": "ready"}}), came=1)
    told = next(line for line in lines(output) if line["type"] == WORKERS)
    assert told["absent"] == ["worker 1: it has no pod"]


def test_a_share_goes_to_its_worker_with_the_masters_time_and_the_secrets_it_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "tok-1")
    monkeypatch.setenv("OTHER", "not named")
    channel = Channel(THERE)
    made, _ = crew(channel)
    share = {"start_at_wall": 1000.0, "journeys": LOOK, "worker": 1}
    said = [
        json.dumps({"kind": START, "client": "pod/w-1-x on node n", "data": share}),
        json.dumps({"kind": STOP, "client": None, "data": None}),
    ]
    made.pass_on([said])
    (one, (start, stop)), (two, (end,)) = channel.told
    assert (one, two) == (1, 2), "each is told once, whatever becomes of the connection"
    assert start["client"] == "w-1_b"
    assert start["data"] == {**share, "start_at_wall": 4600.0, ENVIRONMENT: {"SHOP_TOKEN": "tok-1"}}
    assert (stop["kind"], stop["client"], end["kind"]) == (STOP, "", "quit")


def test_what_a_worker_answers_comes_with_its_name() -> None:
    answer = {"type": ANSWER, "kind": RESULT, "client": "w-1_b", "data": {"x": 1}}
    channel = Channel(THERE)
    made, output = crew(channel)
    made._take(answer)
    assert lines(output)[-1] == {**answer, "client": "pod/w-1-x on node n"}


def test_one_that_is_lost_is_said_with_what_became_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    made, output = crew(Channel(THERE))
    made._take({"type": WORKERS, "states": {"w-0_a": "missing"}})
    assert lines(output)[-1]["states"] == {"pod/w-0-x on node n": "missing", "pod/w-1-x on node n": "missing"}
    errors = capsys.readouterr().err
    assert "a worker is lost: pod/w-0-x on node n was deleted" in errors
    assert "a worker is lost: pod/w-1-x on node n was deleted" in errors


def test_a_connection_that_is_lost_loses_all() -> None:
    channel = Channel(THERE)
    made, output = crew(channel)
    channel.broken = True
    made.pass_on([[json.dumps({"kind": STOP})]])
    assert lines(output)[-1] == {"type": LOST, "why": "the agent could not be reached"}


def test_lines_that_are_there_at_once_come_together_and_half_a_line_waits() -> None:
    reading, writing = os.pipe()
    batches = batches_of(reading)
    os.write(writing, b"one\ntwo\nthr")
    assert next(batches) == ["one", "two"]
    os.write(writing, b"ee\n")
    assert next(batches) == ["three"]
    os.close(writing)
    assert list(batches) == []
    os.close(reading)
