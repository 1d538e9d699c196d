"""The tiny system that the tests of the tool deploy, and how to reach the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from seatrial.kube.client import Kube
from seatrial.kube.kinds import KNOWN
from seatrial.kube.rollout import lacking
from seatrial.model.system import System
from seatrial.waiting import NotYet, Ready, eventually

ROOT = Path(__file__).resolve().parents[2]
KIND_CONFIG = ROOT / "fixtures" / "cluster" / "three-nodes.yaml"
WORKLOAD = Path(__file__).parent / "workload"
PYTHON = "seatrial/python"
RESTRICTED = "pod-security.kubernetes.io/enforce"


@dataclass(frozen=True)
class Access:
    """How to reach the cluster, and the full tag of an image that its nodes have."""

    kubeconfig: Path
    context: str
    python_image: str


def system_in(kube: Kube, **changes: Any) -> System:
    """The system file of the tiny system, with consent, in the namespace of `kube`."""
    content: dict[str, Any] = {
        "apiVersion": "seatrial/v1",
        "kind": "System",
        "metadata": {"name": "tiny"},
        "target": {"kind": {"config": str(KIND_CONFIG)}, "namespace": kube.namespace},
        "entry": {"url": "http://127.0.0.1:30080"},
        "workloads": {
            "web": {"kind": "Deployment", "name": "web", "stateless": True},
            "store": {"kind": "StatefulSet", "name": "store", "stateful": True},
        },
        "journeys": {"read": {"request": {"path": "/"}}},
        "consent": {"disruptive": True, "context": kube.context, "namespace": kube.namespace},
    }
    return System.model_validate(content | changes)


def kubeconfig_of(kube: Kube, access: Access, account: str, path: Path) -> Path:
    """A kubeconfig at `path` with a token of a ServiceAccount of the namespace, and with nothing else."""
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    answer = kube._json(
        "create", "POST", KNOWN["ServiceAccount"], account, None, subresource="token", body=request
    )
    config = yaml.safe_load(access.kubeconfig.read_text())
    config["users"] = [{"name": account, "user": {"token": answer["status"]["token"]}}]
    config["contexts"][0]["context"]["user"] = account
    path.write_text(yaml.safe_dump(config))
    return path


def wait_until_rolled_out(kube: Kube, name: str = "web") -> None:
    """Until the controller has seen the Deployment as it is now, and all its pods are ready."""

    def rolled_out() -> Ready[None] | NotYet:
        missing = lacking(kube.get("Deployment", name))
        return NotYet(missing) if missing else Ready(None)

    eventually(rolled_out, within_seconds=60, what=f"{name} is rolled out", every_seconds=0.2)


def label(kube: Kube, level: str | None) -> None:
    """Have a namespace refuse new pods that are not of that pod security; None for any."""
    kube.patch("Namespace", kube.namespace, {"metadata": {"labels": {RESTRICTED: level}}}, namespace="")


def asked(kube: Kube) -> set[str]:
    """The ids of the requests that the web servers say they got, by the end of their logs."""
    pods = kube.objects("Pod", selector="app=web")
    logs = [kube.logs(pod["metadata"]["name"], tail_lines=20_000) for pod in pods]
    return {line.split()[-1] for log in logs for line in log.splitlines() if line.startswith("GET")}
