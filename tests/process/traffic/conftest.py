"""The faulty server as a process of its own."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from server_processes import Server, serving


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
