"""How fast `seatrial lint` is: `python -m benchmarks lint`. Prints ratios of one run, judges nothing.

Whole processes are measured, the quickest of several, as a person waits for them: on the objects of the
sample system (or of the file that LINT_CORPUS names), and on ten and a hundred times that with other names,
for what grows faster than its input shows there, and once on 100,000 objects. They are compared with the
bare interpreter, with decoding alone (PyYAML's CSafeLoader), and with kube-score and Checkov where these
are installed. Bytecode is cached first, as pip does when it installs a wheel.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from seatrial.cluster.build.tools import ensure_tools
from seatrial.cluster.progress import PlainProgress

ROOT = Path(__file__).parents[1]
CORPUS = "LINT_CORPUS"
"""Environment variable: a file of manifests to measure with, instead of the sample system's."""
REPEATS = 7
GOALS = {1: 0.15, 10: 0.25, 100: 1.5}
"""Seconds of a whole process on a machine that does nothing else."""
MOST_MEBIBYTES = 40
LARGE, LARGE_SECONDS, LARGE_MEBIBYTES = 100_000, 60, 1024
"""Objects of the largest input, and what one process may take for them; other tools are not asked so much."""

_DECODE = "import sys, yaml; list(yaml.load_all(open(sys.argv[1]), Loader=yaml.CSafeLoader))"
_NAME = re.compile(
    r"\b(name|app|serviceAccountName): ([a-z-]*service|frontend|frontend-external|redis-cart|loadgenerator)\b"
)


_PAIR = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: shop, labels: {app: NAME}}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers:
      - name: server
        image: registry.example.com/shop/NAME:1.4.2
        ports: [{name: http, containerPort: 8080}]
        env: [{name: PORT, value: "8080"}, {name: UPSTREAM, value: "orders:8080"}]
        readinessProbe: {httpGet: {path: /ready, port: http}}
        resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: shop}
spec:
  selector: {app: NAME}
  ports: [{name: http, port: 80, targetPort: http}]
---
"""


class Cost(NamedTuple):
    """One command: wall seconds and CPU seconds of its quickest run, and the most memory of any."""

    wall_seconds: float
    cpu_seconds: float
    mebibytes: float


def measure(command: list[str], environment: dict[str, str], repeats: int = REPEATS) -> Cost:
    """The quickest of several runs of a command after a first one, whatever its exit code."""
    if repeats > 1:
        subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, check=False
        )
    wall, cpu, memory = float("inf"), float("inf"), 0.0
    for _ in range(repeats):
        begin = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        ) as process:
            _, _, used = os.wait4(process.pid, 0)
            wall = min(wall, time.perf_counter() - begin)
            process.returncode = 0
        cpu = min(cpu, used.ru_utime + used.ru_stime)
        memory = max(memory, used.ru_maxrss / 1024)
    return Cost(wall, cpu, memory)


def commands(path: Path) -> dict[str, list[str]]:
    """What is measured on one file."""
    python = sys.executable
    found = {
        "bare interpreter": [python, "-c", "pass"],
        "decoding alone": [python, "-c", _DECODE, str(path)],
        "seatrial lint": [python, "-m", "seatrial.lint", str(path)],
    }
    if kube_score := shutil.which("kube-score"):
        found["kube-score"] = [kube_score, "score", str(path)]
    if checkov := shutil.which("checkov"):
        found["checkov"] = [checkov, "-f", str(path), "--framework", "kubernetes", "--compact", "--quiet"]
    return found


def enlarged(text: str, copies: int) -> str:
    """The manifests several times, each copy under other names."""
    return "\n---\n".join(_NAME.sub(rf"\1: \2-{number}", text) for number in range(copies))


def main() -> None:
    """Print one table per size."""
    text = corpus()
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "bytecode")
        for copies in GOALS:
            path = Path(folder) / f"corpus-{copies}.yaml"
            path.write_text(enlarged(text, copies) if copies > 1 else text, encoding="utf-8")
            _table(path, copies, environment)
        _large(Path(folder) / "large.yaml", environment)


def _large(path: Path, environment: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number in range(LARGE // 2):
            file.write(_PAIR.replace("NAME", f"web-{number}"))
    cost = measure(commands(path)["seatrial lint"], environment, repeats=1)
    mebibytes = path.stat().st_size / 2**20
    print(f"\nlint of {LARGE:,} objects ({mebibytes:.0f} MiB) in one process")
    print(f"  wall {cost.wall_seconds:.0f} s, cpu {cost.cpu_seconds:.0f} s, {cost.mebibytes:.0f} MiB")
    print(f"  goal {LARGE_SECONDS} s and {LARGE_MEBIBYTES} MiB on an idle machine")


def corpus() -> str:
    """The manifests to measure with: the file that LINT_CORPUS names, else the sample system's, rendered."""
    named = os.environ.get(CORPUS)
    if named:
        return Path(named).read_text(encoding="utf-8")
    kubectl = ensure_tools(PlainProgress()).kubectl
    command = [str(kubectl), "kustomize", str(ROOT / "sample-system" / "manifests")]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def _table(path: Path, copies: int, environment: dict[str, str]) -> None:
    costs = {name: measure(command, environment) for name, command in commands(path).items()}
    own = costs["seatrial lint"]
    objects = path.read_text(encoding="utf-8").count("\n---\n") + 1
    print(f"\nlint of {objects} objects   wall ms   cpu ms   MiB   own time / its time")
    for name, cost in costs.items():
        ratio = own.cpu_seconds / cost.cpu_seconds
        figures = f"{cost.wall_seconds * 1e3:7.0f} {cost.cpu_seconds * 1e3:8.0f} {cost.mebibytes:5.0f}"
        print(f"  {name:22} {figures}   {ratio:6.2f}")
    goal = GOALS[copies]
    print(f"  goal {goal * 1e3:.0f} ms and {MOST_MEBIBYTES} MiB on an idle machine")
