"""What somebody with a system of his own waits for first: `init` and `doctor`.

`init` is measured on a folder of two hundred manifests, beside `seatrial --help`, which reads nothing; and on
a namespace of as many objects, beside `kubectl get` of the same kinds. `doctor` is measured on the sample.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from benchmarks.bench_large import OBJECTS, manifests
from seatrial.cluster.build.tools import ensure_tools
from seatrial.cluster.progress import PlainProgress
from seatrial.harness.session import open_session
from seatrial.kube.client import Kube
from seatrial.kube.kinds import KNOWN
from seatrial.settings import load_system, settings_from

SYSTEM = Path(__file__).parents[1] / "fixtures" / "systems" / "chandlery.yaml"
NAMESPACE = "seatrial-bench"
REPEATS = 3
GOAL_INIT_SECONDS, GOAL_DOCTOR_SECONDS = 2.0, 10.0
SEATRIAL = [sys.executable, "-m", "seatrial"]
READ = ("deployments", "services", "pods", "configmaps", "ingresses", "horizontalpodautoscalers")


def main() -> None:
    """Print the quickest of several runs of each, and how it compares within this run."""
    with tempfile.TemporaryDirectory() as folder:
        _from_manifests(Path(folder))
    settings = settings_from({"system": str(SYSTEM)}, {})
    with open_session(settings, load_system(settings), PlainProgress()) as session:
        took = _seconds([*SEATRIAL, "doctor", "--system", str(SYSTEM)], may_fail=True)
        print(f"{'doctor on the sample system':34} {took:7.3f} s  goal {GOAL_DOCTOR_SECONDS:g} s")
        with _many_objects(session.kube):
            _from_namespace(session.kube)


def _from_manifests(folder: Path) -> None:
    for number, document in enumerate(yaml.safe_load_all(manifests(OBJECTS))):
        (folder / f"{number:03}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    bare = _seconds([*SEATRIAL, "--help"])
    took = _seconds([*SEATRIAL, "init", str(folder), "--output", "-"])
    _print(f"init from {OBJECTS} manifests", took, bare, "seatrial --help")


def _from_namespace(kube: Kube) -> None:
    kubectl = str(ensure_tools(PlainProgress()).kubectl)
    reach = ["--kubeconfig", str(kube.kubeconfig), "--context", kube.context, "--namespace", NAMESPACE]
    got = _seconds([kubectl, *reach, "get", ",".join(READ), "-o", "json"])
    took = _seconds([*SEATRIAL, "init", *reach, "--output", "-"])
    _print(f"init from {OBJECTS} live objects", took, got, "kubectl get")


def _print(what: str, took: float, other: float, name: str) -> None:
    print(f"{what:34} {took:7.3f} s  {took / other:5.1f} x {name}  goal {GOAL_INIT_SECONDS:g} s")


@contextmanager
def _many_objects(kube: Kube) -> Iterator[None]:
    """A namespace with as many objects, of which no pod is started."""
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    try:
        for each in yaml.safe_load_all(manifests(OBJECTS)):
            each["metadata"]["namespace"] = NAMESPACE
            if each["kind"] == "Deployment":
                each["spec"]["replicas"] = 0
            assert each["kind"] in KNOWN
            kube.create(each, namespace=NAMESPACE)
        yield
    finally:
        kube.delete("Namespace", NAMESPACE)


def _seconds(command: list[str], *, may_fail: bool = False) -> float:
    """The quickest of several runs. Raises CalledProcessError: it failed."""
    found = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        subprocess.run(command, check=not may_fail, capture_output=True, timeout=300)
        found.append(time.perf_counter() - began)
    return min(found)
