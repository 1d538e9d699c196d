"""The faulty server as a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture(scope="module")
def steady_server() -> Iterator[Server]:
    """One for a whole module, for tests that leave it as it was."""
    with serving() as started:
        yield started


@pytest.fixture
def tls_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Speaks TLS with a certificate of its own for 127.0.0.1, which this process trusts."""
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", key, "-out", certificate, "-days", "1", "-subj", "/CN=test"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", certificate)
    with serving("0", certificate, key, scheme="https") as started:
        yield started
