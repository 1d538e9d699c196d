"""Certificates and tokens: what a system asks of its clients is shown to it, and recorded nowhere."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from agent_pipe import agent_process
from server_processes import Server, serving

from seatrial.errors import BadInput
from seatrial.traffic.channel import Channel
from seatrial.traffic.http import Http
from seatrial.traffic.remote import RemoteRunner, RemoteSender
from seatrial.traffic.stream import TrafficStream

SECRET = "tok-5f1c0ffee"
PRIVATE = f"/private/{hashlib.sha256(SECRET.encode()).hexdigest()}"
HEADERS = {"Authorization": "Bearer {env.SHOP_TOKEN}"}
LOOK: dict[str, Any] = {"request": {"path": f"{PRIVATE}/ok", "headers": HEADERS}}
PLACE: dict[str, Any] = {
    "request": {"method": "POST", "path": f"{PRIVATE}/things", "headers": HEADERS, "json": {"n": "{n}"}},
    "expect": {"status": 202},
    "acknowledged": {"read": {"path": f"{PRIVATE}/things/{{response.id}}"}},
}


def without_the_secret(folder: Path) -> bool:
    """Whether no file below the folder holds it, packed or plain."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    held = [gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in files]
    return not any(SECRET.encode() in content for content in held)


class TestTokens:
    def test_a_stream_sends_it_and_records_its_name(self, steady_server, tmp_path, monkeypatch) -> None:
        monkeypatch.setenv("SHOP_TOKEN", SECRET)
        with TrafficStream(steady_server.url, "look", LOOK, directory=tmp_path, per_second=50) as stream:
            stream.wait_for_requests(20, within_seconds=30)
        exchanges, _ = stream.stop()
        assert all(exchange.ok for exchange in exchanges)
        assert without_the_secret(tmp_path)
        assert b"env.SHOP_TOKEN" in gzip.decompress((tmp_path / "look.ndjson.gz").read_bytes())

    def test_a_wrong_one_is_refused(self, steady_server, monkeypatch) -> None:
        monkeypatch.setenv("SHOP_TOKEN", "other")
        with Http(steady_server.url) as http:
            (exchange,) = http.once("look", LOOK)
        assert exchange.error == "status 401"

    def test_what_was_written_is_read_back_with_it(self, steady_server, monkeypatch) -> None:
        monkeypatch.setenv("SHOP_TOKEN", SECRET)
        with Http(steady_server.url) as http:
            exchanges = http.once("place", PLACE)
            (read,) = http.read_back(exchanges, "place", PLACE, within_seconds=5)
        assert (exchanges[0].ok, read.copies) == (True, 1)

    def test_an_agent_elsewhere_is_given_it_and_records_nothing(
        self, steady_server, tmp_path, monkeypatch
    ) -> None:
        monkeypatch.delenv("SHOP_TOKEN", raising=False)
        with agent_process(tmp_path / "agent") as agent, Channel(agent.connect) as channel:
            monkeypatch.setenv("SHOP_TOKEN", SECRET)  # the agent's own process does not have it
            runner = RemoteRunner(channel, "pod/generator")
            with TrafficStream(
                steady_server.url, "look", LOOK, directory=tmp_path / "kept", per_second=50, runner=runner
            ) as stream:
                stream.wait_for_requests(20, within_seconds=30)
            exchanges, _ = stream.stop()
            with Http(steady_server.url, sender=RemoteSender(channel)) as http:
                single = http.once("look", LOOK)
                (read,) = http.read_back(http.once("place", PLACE), "place", PLACE, within_seconds=5)
            spooled = without_the_secret(tmp_path / "agent")
        assert all(exchange.ok for exchange in (*exchanges, *single))
        assert read.copies == 1
        assert spooled
        assert without_the_secret(tmp_path / "kept")

    def test_a_single_arrival_of_an_agent_needs_no_stream_before(
        self, steady_server, tmp_path, monkeypatch
    ) -> None:
        monkeypatch.delenv("SHOP_TOKEN", raising=False)
        with agent_process(tmp_path / "agent") as agent, Channel(agent.connect) as channel:
            monkeypatch.setenv("SHOP_TOKEN", SECRET)
            with Http(steady_server.url, sender=RemoteSender(channel)) as http:
                (exchange,) = http.once("look", LOOK)
        assert exchange.ok, exchange.error


@dataclass(frozen=True)
class Certificates:
    """Certificates of an authority of its own: the server's and a client's."""

    folder: Path

    def path(self, name: str) -> str:
        return str(self.folder / f"{name}.pem")

    @property
    def ca(self) -> dict[str, str]:
        return {"ca_file": self.path("ca")}

    @property
    def both(self) -> dict[str, str]:
        return {**self.ca, "certificate_file": self.path("client"), "key_file": self.path("client-key")}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    new = [
        "openssl",
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]

    def openssl(*arguments: str) -> None:
        subprocess.run(arguments, check=True, capture_output=True)

    openssl(*new, "-x509", "-keyout", made.path("ca-key"), "-out", made.path("ca"), "-subj", "/CN=ca")
    signed = ["-x509", "-CA", made.path("ca"), "-CAkey", made.path("ca-key")]
    for name in ("server", "client"):
        files = ["-keyout", made.path(f"{name}-key"), "-out", made.path(name), "-subj", f"/CN={name}"]
        openssl(*new, *signed, *files, "-addext", "subjectAltName=IP:127.0.0.1")
    return made


@pytest.fixture(scope="module")
def strict(certificates: Certificates) -> Iterator[Server]:
    """A server that wants to see the client's certificate, too."""
    with serving(
        "0",
        certificates.path("server"),
        certificates.path("server-key"),
        certificates.path("ca"),
        scheme="https",
    ) as started:
        yield started


OK = {"request": {"path": "/ok"}}


class TestCertificates:
    def test_of_both_sides_are_shown_by_streams_and_single_requests(
        self, strict, certificates, tmp_path
    ) -> None:
        with TrafficStream(
            strict.url, "look", OK, directory=tmp_path, per_second=50, **certificates.both
        ) as stream:
            stream.wait_for_requests(10, within_seconds=30)
        assert all(exchange.ok for exchange in stream.stop()[0])
        with Http(strict.url, tls=certificates.both) as http:
            assert http.get("/ok").status == 200
            assert http.once("look", OK)[0].ok

    def test_without_the_clients_nothing_is_answered(self, strict, certificates) -> None:
        with Http(strict.url, tls=certificates.ca) as http:
            (exchange,) = http.once("look", OK)
        assert not exchange.ok

    def test_a_server_that_nobody_vouches_for_is_refused(self, strict) -> None:
        with Http(strict.url) as http:
            (exchange,) = http.once("look", OK)
        assert exchange.error.startswith("certificate refused")

    @pytest.mark.parametrize("wrong", ["ca_file", "certificate_file", "key_file"])
    def test_a_file_that_is_none_is_named(self, strict, certificates, tmp_path, wrong: str) -> None:
        broken = tmp_path / "broken.pem"
        broken.write_text("none")
        with pytest.raises(BadInput, match="cannot be") as raised:
            Http(strict.url, tls={**certificates.both, wrong: str(broken)})
        assert str(broken) in raised.value.where

    def test_a_key_with_a_password_is_refused_and_nobody_is_asked(
        self, strict, certificates, tmp_path
    ) -> None:
        locked = str(tmp_path / "locked.pem")
        change = ["openssl", "ec", "-in", certificates.path("client-key"), "-out", locked, "-aes256"]
        subprocess.run([*change, "-passout", "pass:word"], check=True, capture_output=True)
        with pytest.raises(BadInput, match="the client's certificate cannot be used") as raised:
            Http(strict.url, tls={**certificates.both, "key_file": locked})
        assert "no password" in raised.value.next_step
