"""The sample system without a cluster: PostgreSQL and NATS in containers of the cluster's own images,
each service a process of its own, everything on ports of 127.0.0.1.

The containers get the same configuration files that the manifests mount.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

SAMPLE_SYSTEM = Path(__file__).resolve().parents[2]
CONFIG = SAMPLE_SYSTEM / "manifests" / "config"
DATABASES = ("orders", "inventory", "payments", "ingest")
SERVICES = ("orders", "inventory", "payments", "ingest", "relay")
PASSWORD = "integration-test"


class Late(AssertionError):
    """Something did not happen in time."""


def eventually(what: str, probe: Callable[[], object], within_seconds: float) -> None:
    """Ask until `probe` answers something true. Raises Late with the last answer or error."""
    end = time.monotonic() + within_seconds
    while True:
        try:
            answer = probe()
        except (httpx.HTTPError, OSError) as error:
            answer, seen = None, repr(error)
        else:
            seen = repr(answer)
        if answer:
            return
        if time.monotonic() > end:
            raise Late(f"{what}: not within {within_seconds:g} s, last seen {seen}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"docker {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


class Container:
    """A server in a container that can be killed and comes back on the same port with the same data."""

    def __init__(self, image: str, container_port: int, options: list[str], arguments: list[str]) -> None:
        self.port = free_port()
        self.name = f"chandlery-test-{secrets.token_hex(4)}"
        publish = ["--publish", f"127.0.0.1:{self.port}:{container_port}"]
        docker("run", "--detach", "--name", self.name, *publish, *options, image, *arguments)

    def kill(self) -> None:
        docker("kill", "--signal", "KILL", self.name)
        eventually(f"{self.name} dead", lambda: not self.is_running(), within_seconds=10)

    def start(self) -> None:
        docker("start", self.name)

    def is_running(self) -> bool:
        return docker("inspect", "--format", "{{.State.Running}}", self.name) == "true"

    def remove(self) -> None:
        docker("rm", "--force", "--volumes", self.name)


class ServiceProcess:
    """One service, as `python3 -m chandlery NAME`."""

    def __init__(self, name: str, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.port = free_port()
        self._environment = environment | {"CHANDLERY_PORT": str(self.port)}
        self._log = log
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "chandlery", self.name],
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        self.process.kill()
        assert self.process.wait(timeout=10) == -signal.SIGKILL

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self, within_seconds: float) -> int:
        return self.process.wait(timeout=within_seconds)

    def remove(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=10)

    def is_ready(self) -> bool:
        return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200

    def metric(self, name: str, **labels: str) -> float:
        """Sum over the samples of a metric that carry all of `labels`."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        lines = httpx.get(f"{self.url}/metrics", timeout=5).text.splitlines()
        samples = [line for line in lines if line.split("{")[0].split(" ")[0] == name]
        return sum(float(line.split()[-1]) for line in samples if all(label in line for label in wanted))

    def log(self) -> str:
        return self._log.read_text(errors="replace")


@dataclass
class Stage:
    """PostgreSQL, NATS and the services that were asked for."""

    folder: Path
    postgres: Container
    nats: Container
    parts: dict[str, ServiceProcess] = field(default_factory=dict)

    def environment(self, service: str, **extra: str) -> dict[str, str]:
        """The environment of one service, as its manifest would set it."""
        secret = self.folder / "password"
        users = dict.fromkeys(DATABASES, "relay") if service == "relay" else {service: service}
        urls = [f"postgresql://{user}@127.0.0.1:{self.postgres.port}/{name}" for name, user in users.items()]
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SAMPLE_SYSTEM / "services"),
            "CHANDLERY_HOST": "127.0.0.1",
            "CHANDLERY_CONFIG_DIRECTORY": str(CONFIG),
            "CHANDLERY_DATABASE_URLS": ",".join(urls),
            "CHANDLERY_DATABASE_PASSWORD_FILE": str(secret),
            "CHANDLERY_NATS_URL": f"nats://chandlery@127.0.0.1:{self.nats.port}",
            "CHANDLERY_NATS_PASSWORD_FILE": str(secret),
            "CHANDLERY_RESEND_SECONDS": "8",
            **extra,
        }

    def add(self, service: str, name: str = "", **extra: str) -> ServiceProcess:
        """Start a service (again under another name for a second pod) and wait until it is ready."""
        name = name or service
        part = ServiceProcess(service, self.environment(service, **extra), self.folder / f"{name}.log")
        self.parts[name] = part
        eventually(f"{name} ready", part.is_ready, within_seconds=30)
        return part

    def start_postgres(self) -> None:
        """Start it again and wait until it takes connections: its clients stay ready through a short loss."""
        self.postgres.start()
        eventually("PostgreSQL answers", self._postgres_answers, within_seconds=20)

    def _postgres_answers(self) -> bool:
        async def ask() -> None:
            await (await asyncpg.connect(self.database_url("orders"), timeout=5)).close()

        try:
            asyncio.run(ask())
        except asyncpg.PostgresError:
            return False
        return True

    def database_url(self, name: str) -> str:
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.postgres.port}/{name}"

    @property
    def nats_url(self) -> str:
        return f"nats://chandlery:{PASSWORD}@127.0.0.1:{self.nats.port}"


@contextlib.contextmanager
def open_stage(folder: Path, images: dict[str, str]) -> Iterator[Stage]:
    """PostgreSQL and NATS up, no service yet. Everything that was started is stopped at the end."""
    _write_secrets(folder)
    with contextlib.ExitStack() as cleanup:
        postgres = _postgres(folder, images["seatrial/postgres"])
        cleanup.callback(postgres.remove)
        nats = _nats(folder, images["seatrial/nats"])
        cleanup.callback(nats.remove)
        stage = Stage(folder, postgres, nats)
        cleanup.callback(lambda: [part.remove() for part in stage.parts.values()])
        yield stage


def _write_secrets(folder: Path) -> None:
    for name in ("password", "postgres", "relay", *DATABASES):
        (folder / name).write_text(PASSWORD)
    nats = folder / "nats"
    nats.mkdir()
    shutil.copy(CONFIG / "nats.conf", nats)
    (nats / "authorization.conf").write_text(f"authorization {{ user: chandlery, password: {PASSWORD} }}\n")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # the containers' users are others


def _postgres(folder: Path, image: str) -> Container:
    mounts = {
        folder: "/run/secrets/postgres",
        CONFIG / "create-databases.sh": "/docker-entrypoint-initdb.d/create-databases.sh",
        CONFIG / "postgresql.conf": "/etc/postgresql/postgresql.conf",
    }
    options = [option for pair in mounts.items() for option in ("--volume", "{}:{}:ro".format(*pair))]
    environment = {"POSTGRES_USER": "postgres", "POSTGRES_PASSWORD_FILE": "/run/secrets/postgres/postgres"}
    options += [option for key, value in environment.items() for option in ("--env", f"{key}={value}")]
    return Container(image, 5432, options, ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf"])


def _nats(folder: Path, image: str) -> Container:
    options = ["--volume", f"{folder / 'nats'}:/etc/nats:ro", "--volume", "/data", "--user", "0"]
    return Container(image, 4222, options, ["-c", "/etc/nats/nats.conf"])
