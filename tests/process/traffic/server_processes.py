"""Servers of the tests as processes of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Server:
    url: str
    process: subprocess.Popen[str]

    def freeze(self) -> None:
        """Its kernel goes on acknowledging; nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def serving(
    *arguments: str, scheme: str = "http", host: str = "127.0.0.1", script: str = "faulty_server.py"
) -> Iterator[Server]:
    command = [sys.executable, str(Path(__file__).with_name(script)), *arguments]
    environment = {**os.environ, "FAULTY_HOST": host}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            yield Server(f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}", process)
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()
