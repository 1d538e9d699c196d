"""Pods to send packets from and to, in a namespace of a test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tiny import Access

from seatrial import cluster
from seatrial.cluster.shell import run
from seatrial.kube.client import Kube
from seatrial.waiting import NotYet, Ready, eventually

WORKERS = ("seatrial-worker", "seatrial-worker2")
SERVER = "import http.server as h; h.HTTPServer(('', 8080), h.SimpleHTTPRequestHandler).serve_forever()"
CONNECT = """
import json, socket, sys, time
host, port = sys.argv[1], int(sys.argv[2])
begun = time.monotonic()
try:
    socket.create_connection((host, port), timeout=5).close()
    outcome = "connected"
except ConnectionRefusedError:
    outcome = "refused"
except TimeoutError:
    outcome = "timeout"
except OSError as other:
    outcome = repr(other)
print(json.dumps({"outcome": outcome, "milliseconds": (time.monotonic() - begun) * 1000}))
"""
ASK_DNS = """
import json, socket, struct, sys
name, server = sys.argv[1], open("/etc/resolv.conf").read().split("nameserver ")[1].split()[0]
labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
query = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\\0" + struct.pack(">HH", 1, 1)
asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asked.settimeout(5)
asked.sendto(query, (server, 53))
answer = asked.recv(512)
print(json.dumps({"code": answer[3] & 15, "answers": struct.unpack(">H", answer[6:8])[0]}))
"""


def pod(name: str, image: str, node: str, code: str, **spec: Any) -> dict[str, Any]:
    """A bare pod on one node that runs a Python program, labelled with its name."""
    container = {"name": "main", "image": image, "command": ["python3", "-u", "-c", code]}
    container |= {"volumeMounts": spec.pop("volumeMounts")} if "volumeMounts" in spec else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "nodeSelector": {"kubernetes.io/hostname": node},
            "containers": [container],
            **spec,
        },
    }


def service(name: str, selects: str, port: int = 80) -> dict[str, Any]:
    """A ClusterIP Service in front of the pod of that name."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": selects}, "ports": [{"port": port, "targetPort": 8080}]},
    }


class Bench:
    """A client pod on the first worker, a server pod on each worker, and Services in front of them."""

    def __init__(self, kube: Kube, access: Access) -> None:
        tools = cluster.ensure_tools(cluster.PlainProgress())
        self.kube = kube
        self._kubectl = [
            str(tools.kubectl),
            f"--kubeconfig={access.kubeconfig}",
            f"--context={access.context}",
        ]
        self._kubectl += [f"--namespace={kube.namespace}"]

    def run(self, code: str, *arguments: str, pod: str = "client") -> dict[str, Any]:
        """Run a Python program in a pod and return the JSON it prints."""
        told = self.kubectl("exec", "--stdin", pod, "--", "python3", "-", *arguments, stdin=code)
        answer: dict[str, Any] = json.loads(told)
        return answer

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in the namespace and return what it printed."""
        return run([*self._kubectl, *arguments], doing="running kubectl", within_seconds=30, stdin=stdin)

    def connect(self, host: str, port: int) -> dict[str, Any]:
        """What becomes of one TCP connection from the client pod: `outcome` and `milliseconds`."""
        return self.run(CONNECT, host, str(port))

    def address(self, name: str) -> str:
        """The cluster address of a Service."""
        return str(self.kube.get("Service", name)["spec"]["clusterIP"])

    def await_pod(self, name: str, phase: str = "Running") -> None:
        """Wait until a pod is in the phase."""

        def probe() -> Ready[None] | NotYet:
            seen = self.kube.get("Pod", name).get("status", {}).get("phase")
            return Ready(None) if seen == phase else NotYet(f"it is {seen}")

        eventually(probe, within_seconds=90, what=f"pod {name} {phase}")

    def await_outcome(self, host: str, port: int, outcome: str) -> None:
        """Wait until connections from the client pod meet that outcome three times in a row."""

        def probe() -> Ready[None] | NotYet:
            seen = self.connect(host, port)["outcome"]
            return Ready(None) if seen == outcome else NotYet(f"it is {seen}")

        eventually(probe, within_seconds=60, what=f"{host}:{port} {outcome}", in_a_row=3)


@contextmanager
def bench(kube: Kube, access: Access) -> Iterator[Bench]:
    """Set the pods up in the namespace of `kube`; the namespace's owner removes them."""
    made = Bench(kube, access)
    kube.create(pod("client", access.python_image, WORKERS[0], "import time; time.sleep(100000)"))
    for number, node in enumerate(WORKERS):
        kube.create(pod(f"server-{number}", access.python_image, node, SERVER))
        kube.create(service(f"server-{number}", f"server-{number}"))
    kube.create(service("nobody", "nobody"))
    for name in ("client", "server-0", "server-1"):
        made.await_pod(name)
    for number in range(len(WORKERS)):
        made.await_outcome(f"server-{number}", 80, "connected")
    yield made
