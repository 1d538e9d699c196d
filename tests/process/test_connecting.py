"""The few lines that try connections from inside a pod, run as they are there."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

from seatrial.kube.connecting import _PROGRAM
from seatrial.model.reach import CONNECTED, REFUSED


def test_a_port_that_listens_and_one_that_does_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # it has the port, and nobody listens
        places = [list(each.getsockname()) for each in (server, bound)]
        command = [sys.executable, "-c", _PROGRAM, json.dumps(places), "3"]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    connected, refused = json.loads(ran.stdout)
    assert connected == CONNECTED
    assert refused.startswith(f"{REFUSED}: ")
