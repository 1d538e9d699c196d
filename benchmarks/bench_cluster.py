"""How long a warm `seatrial up` takes, and what the idle system costs, by the cluster's own metrics."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

from seatrial.cluster.build.tools import ensure_tools
from seatrial.cluster.progress import PlainProgress
from seatrial.harness.session import open_session
from seatrial.kube.client import Kube
from seatrial.settings import load_system, settings_from
from seatrial.waiting import NotYet, Ready, eventually

SYSTEM = Path(__file__).parents[1] / "fixtures" / "systems" / "chandlery.yaml"
QUIET_SECONDS = 45.0
"""Metrics lag by up to two windows of 15 s; only after that they show the idle system."""


def main() -> None:
    """Bring the sample system up (warm when it is up already), wait until it is idle, and print."""
    settings = settings_from({"system": str(SYSTEM)}, {})
    began = time.monotonic()
    with open_session(settings, load_system(settings), PlainProgress()) as session:
        session.require_answer()
        print(f"up, deployed and answering     {time.monotonic() - began:7.1f} s  goal 90 s warm")
        ends_at = time.monotonic() + QUIET_SECONDS
        eventually(
            lambda: Ready(None) if time.monotonic() > ends_at else NotYet("still quiet"),
            within_seconds=QUIET_SECONDS + 5, what="the system is idle", every_seconds=1,
        )  # fmt: skip
        cores, gigabytes = _usage(session.kube)
        print(f"all pods of all namespaces, idle {cores:5.2f} cores  goal 0.5 core")
        print(f"                                 {gigabytes:5.2f} GB     goal 2.5 GB")


def _usage(kube: Kube) -> tuple[float, float]:
    """Cores and gigabytes of every pod, from the metrics API."""
    command = [str(ensure_tools(PlainProgress()).kubectl), f"--kubeconfig={kube.kubeconfig}"]
    command += ["get", "--raw", "/apis/metrics.k8s.io/v1beta1/pods"]
    told = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    pods = json.loads(told)["items"]
    usages = [container["usage"] for pod in pods for container in pod["containers"]]
    return sum(_cores(u["cpu"]) for u in usages), sum(_bytes(u["memory"]) for u in usages) / 1e9


def _cores(text: str) -> float:
    factors = {"n": 1e-9, "u": 1e-6, "m": 1e-3}
    return float(text[:-1]) * factors[text[-1]] if text[-1] in factors else float(text)


def _bytes(text: str) -> float:
    factors = {"Ki": 1024.0, "Mi": 1024.0**2, "Gi": 1024.0**3}
    return float(text[:-2]) * factors[text[-2:]] if text[-2:] in factors else float(text)
