"""The faulty server, a system file that points at it, and a locustfile."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SYSTEM = """
apiVersion: seatrial/v1
kind: System
metadata: {{name: toy}}
target: {{context: none, namespace: none}}
entry: {{url: "{url}"}}
workloads:
  api: {{kind: Deployment, name: api, load_step: {{journey: browse, per_second: 40, replicas: 2}}}}
journeys:
  browse: {{request: {{path: /ok}}, timeout_seconds: 1}}
  place-order:
    request: {{method: POST, path: /things, json: {{n: "{{n}}"}}}}
    expect: {{status: 202}}
    timeout_seconds: 1
  talk:
    protocol: websocket
    request: {{path: /garbage}}
    messages: [{{text: hello}}]
    timeout_seconds: 1
  broken: {{request: {{path: /status/500}}}}
load: {{arrivals: "constant:60", journeys: {{place-order: 1, browse: 4}}}}
objectives: {{availability: 0.9, latency_p99_ms: 5000}}
consent: {{disruptive: true, context: none, namespace: none}}
"""


@dataclass
class Toy:
    """A system that is one small server."""

    url: str
    process: subprocess.Popen[str]
    directory: Path

    @property
    def system_file(self) -> Path:
        return self.directory / "toy.yaml"

    def describe(self, **replaced: str) -> None:
        text = SYSTEM.format(url=self.url)
        for old, new in replaced.items():
            text = text.replace(old, new)
        self.system_file.write_text(text)


@pytest.fixture
def toy(tmp_path, monkeypatch) -> Iterator[Toy]:
    script = Path(__file__).parents[1] / "traffic" / "faulty_server.py"
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        system = Toy(f"http://127.0.0.1:{process.stdout.readline().strip()}", process, tmp_path)
        system.describe()
        monkeypatch.setenv("SEATRIAL_SYSTEM", str(system.system_file))
        monkeypatch.setenv("SEATRIAL_RUN", str(tmp_path / "run"))
        yield system
        process.send_signal(signal.SIGCONT)
        process.kill()
