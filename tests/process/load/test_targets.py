"""Locust itself against targets that are down, or have certificates of their own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_locust import headless

FAULTY = Path(__file__).parents[1] / "traffic" / "faulty_server.py"
SELF_SIGNED = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


def test_a_target_that_is_down_from_the_start_is_an_error_that_names_the_next_step(toy) -> None:
    toy.process.kill()
    code, out, errors = headless("--arrivals", "constant:50:2")
    assert code == 1, errors
    assert "ERROR load.journeys [toy]" in out
    assert "none of 100 requests could be sent (100 x connection refused)" in out
    assert "seatrial doctor" in out


@contextmanager
def secured(toy, *more: str) -> Iterator[str]:
    """A server that speaks TLS with a certificate that lies beside the toy's file; its address."""
    key, certificate = str(toy.directory / "own.key"), str(toy.directory / "own.pem")
    made = ("-nodes", "-keyout", key, "-out", certificate, "-days", "1", "-subj", "/CN=test")
    command = [*SELF_SIGNED, *made, "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    trusted = [certificate] if more else []
    server = [sys.executable, str(FAULTY), "0", certificate, key, *trusted]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"https://127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


def sent_by(toy, url: str, trust: str, *arguments: str) -> tuple[int, str, str]:
    """What Locust says of a hundred requests to `url`."""
    toy.describe(**{f'entry: {{url: "{toy.url}"}}': f'entry: {{url: "{url}"{trust}}}'})
    return headless("--arrivals", "constant:50:2", *arguments)


def outcomes(toy) -> dict[str, int]:
    """How many requests of the first run ended how."""
    told = json.loads((toy.directory / "run" / "load" / "journeys.json").read_text())["outcomes"]
    return {name: number for name, number in told.items() if number}


@pytest.mark.parametrize("workers", [(), ("--processes", "2")], ids=["alone", "workers"])
def test_a_certificate_that_the_file_names_is_trusted(toy, workers) -> None:
    with secured(toy) as url:
        _, out, errors = sent_by(toy, url, ", ca: own.pem", *workers)
    assert "certificate" not in out + errors
    assert outcomes(toy) == {"ok": 100}, out + errors


def test_one_that_nobody_names_is_refused_and_nothing_passes(toy) -> None:
    with secured(toy) as url:
        code, out, errors = sent_by(toy, url, "")
    assert code == 1, errors
    assert "ERROR load.journeys" in out
    assert "none of 100 requests could be sent (100 x certificate refused: self-signed certificate)" in out


def test_clients_show_the_certificate_that_the_file_names(toy) -> None:
    own = ", ca: own.pem, client_certificate: {certificate: own.pem, key: own.key}"
    with secured(toy, "clients too") as url:
        _, out, errors = sent_by(toy, url, own)
        assert outcomes(toy) == {"ok": 100}, out + errors
    with secured(toy, "clients too") as url:
        code, out, _ = sent_by(toy, url, ", ca: own.pem")
        assert code == 1
        assert "100 of 100 requests" in out
    written = [path for path in (toy.directory / "run").rglob("*") if path.is_file()]
    assert not [path for path in written if b"PRIVATE KEY" in path.read_bytes()]
