"""A protocol of somebody else's is one file in a folder of extensions."""

import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from recordings import read_recording

SHOUT = '''
"""Sends a line over TCP, and expects it back in capitals."""

import asyncio

from seatrial.model.exchange import ExchangeOutcome
from seatrial.traffic.protocols import Arrival, Client, protocol
from seatrial.traffic.template import Fill


@protocol("shout")
class Shout(Client):
    def prepare(self, arrival: Arrival, generator) -> None:
        arrival.request, *_ = arrival.journey.request_of(Fill(arrival.sequence, generator))

    async def carry(self, arrival: Arrival) -> None:
        lines = asyncio.StreamReader()
        opened = asyncio.StreamReaderProtocol(lines)
        transport = await self.target.connect(lambda: opened)
        transport.write(f"{arrival.request}\\n".encode())
        answer = (await lines.readline()).decode().strip()
        transport.close()
        good = answer == arrival.request.upper()
        arrival.report(ExchangeOutcome.OK if good else ExchangeOutcome.UNKNOWN, answer, operation="shout")
'''
STREAM = """
import sys
from pathlib import Path
from seatrial.errors import BadInput
from seatrial.traffic.stream import TrafficStream

_, url, directory, name = sys.argv
journey = {"protocol": name, "request": {"path": "/hey/{n}"}}
try:
    with TrafficStream(url, "call", journey, schedule="constant:50:0.2", directory=Path(directory)) as stream:
        stream.wait_until_ended(within_seconds=30)
except BadInput as error:
    sys.exit(str(error))
"""


class Capitals(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(self.rfile.readline().upper())


@pytest.fixture
def capitals() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Capitals) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def run(url: str, tmp_path, name: str) -> subprocess.CompletedProcess:
    folder = tmp_path / "extensions"
    folder.mkdir()
    (folder / "shout.py").write_text(SHOUT)
    return subprocess.run(
        [sys.executable, "-c", STREAM, url, str(tmp_path), name], check=False,
        env={**os.environ, "SEATRIAL_EXTENSIONS": str(folder)}, capture_output=True, text=True,
    )  # fmt: skip


def test_one_new_file_adds_a_protocol(capitals, tmp_path) -> None:
    assert run(capitals, tmp_path, "shout").stderr == ""
    recording = read_recording(tmp_path / "call.ndjson.gz")
    assert [(e.operation, e.ok, e.error) for e in recording.in_order()] == [
        ("shout", True, f"/HEY/{n}") for n in range(10)
    ]
    assert recording.health.sent == 10


def test_a_protocol_that_nobody_declared_is_refused_with_the_nearest(capitals, tmp_path) -> None:
    refused = run(capitals, tmp_path, "shuot").stderr
    assert "there is no protocol 'shuot'" in refused
    assert "Did you mean shout?" in refused
    assert "Traceback" not in refused
