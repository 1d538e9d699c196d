"""The helper's bad server, built from its source, as the process that it is in a container."""

from __future__ import annotations

import http.client
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from seatrial.cluster.build import programs
from seatrial.cluster.build.gobuild import build, drop_build_cache
from seatrial.waiting import NotYet, Ready, eventually

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="the helper is built with Go")
DRAIN_SECONDS = 2


@pytest.fixture(scope="module")
def program() -> str:
    path = build(programs.HELPER)
    drop_build_cache()
    return str(path)


@dataclass
class Started:
    process: subprocess.Popen[str]
    ports: tuple[int, int]

    def ask(self, path: str, *, number: int = 0, method: str = "GET", body: str = "") -> tuple[int, str]:
        """Status, and what the answer says about its connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[number], timeout=5)
        try:
            connection.request(method, path, body=body or None)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("Connection", "")
        finally:
            connection.close()

    def listens(self) -> Ready[None] | NotYet:
        try:
            self.ask("/")
            self.ask("/", number=1)
        except OSError as error:
            return NotYet(str(error))
        return Ready(None)


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@pytest.fixture
def server(program: str) -> Iterator[Started]:
    ports = free_ports()
    command = [program, "bad-server", "--port", str(ports[0]), "--port", str(ports[1])]
    command += ["--healthy", "/ready", "--healthy", "/live", "--drain-seconds", str(DRAIN_SECONDS)]
    with subprocess.Popen(command, text=True) as process:
        started = Started(process, ports)
        try:
            eventually(started.listens, within_seconds=10, what="the bad server listens")
            yield started
        finally:
            process.kill()


def test_it_answers_the_probes_well_and_all_else_by_500_on_every_port(server: Started) -> None:
    for number in (0, 1):
        for path, status in (("/ready", 200), ("/live?full=1", 200), ("/", 500), ("/ready/no", 500)):
            assert server.ask(path, number=number)[0] == status, path
    assert server.ask("/orders", method="POST", body="x" * 3_000_000)[0] == 500
    assert server.ask("/orders", method="DELETE")[0] == 500


def test_told_to_end_it_goes_on_answering_then_ends_well(server: Started) -> None:
    kept = http.client.HTTPConnection("127.0.0.1", server.ports[0], timeout=5)
    kept.request("GET", "/before")
    kept.getresponse().read()
    server.process.send_signal(signal.SIGTERM)

    def drains() -> Ready[None] | NotYet:
        status, connection = server.ask("/ready")
        assert status == 200
        return Ready(None) if connection == "close" else NotYet("it has not seen the signal")

    eventually(drains, within_seconds=DRAIN_SECONDS / 2, every_seconds=0.05, what="it drains")
    assert server.ask("/new") == (500, "close")
    kept.request("GET", "/on-the-open-connection")
    answer = kept.getresponse()
    assert (answer.status, answer.getheader("Connection")) == (500, "close")
    kept.close()
    assert server.process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "use: helper bad-server"),
        (["good-server"], "use: helper bad-server"),
        (["bad-server"], "--port is missing"),
        (["bad-server", "--port", "many"], "--port many is no port"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(program: str, arguments: list[str], words: str) -> None:
    ran = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=10)
    assert ran.returncode in (1, 2)
    assert words in ran.stderr
