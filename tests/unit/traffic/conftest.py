"""The faulty server as a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass
class Server:
    url: str
    process: subprocess.Popen[str]

    def freeze(self) -> None:
        """Its kernel goes on acknowledging; nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture
def server() -> Iterator[Server]:
    script = Path(__file__).with_name("faulty_server.py")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Server(f"http://127.0.0.1:{process.stdout.readline().strip()}", process)
        process.send_signal(signal.SIGCONT)
        process.kill()


@pytest.fixture(scope="module")
def steady_server() -> Iterator[Server]:
    """One for a whole module, for tests that leave it as it was."""
    script = Path(__file__).with_name("faulty_server.py")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Server(f"http://127.0.0.1:{process.stdout.readline().strip()}", process)
        process.kill()
