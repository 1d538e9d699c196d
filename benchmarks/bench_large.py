"""Systems with very many workloads: what grows with them must not grow faster than they do.

The ratio is the cost of one workload among two thousand to that of one among twenty, both in this run: 1 is
linear.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import yaml

FEW, MANY = 20, 2_000
OBJECTS = 200
"""Of the namespace that `bench_first` describes."""


def main() -> None:
    """Print what reading, checking and estimating cost."""
    from seatrial.harness.doctor.possible import examine_checks, examine_duration
    from seatrial.model.system_file import parse_system

    texts = {number: system_file(number) for number in (FEW, MANY)}
    systems = {number: parse_system(text, source="large") for number, text in texts.items()}
    for finding in examine_duration(systems[FEW]):  # everything that registers itself is loaded
        assert finding.text
    _print("read the system file", {n: lambda n=n: parse_system(texts[n], source="large") for n in texts})
    _print("doctor: which checks apply", {n: lambda n=n: list(examine_checks(systems[n])) for n in texts})
    _print("doctor: how long it takes", {n: lambda n=n: list(examine_duration(systems[n])) for n in texts})


def system_file(number: int) -> str:
    """The text of a system file with so many workloads, each with a journey of its own."""
    names = [f"service-{index}" for index in range(number)]
    content = {
        "apiVersion": "seatrial/v1",
        "kind": "System",
        "metadata": {"name": "large"},
        "target": {"context": "none", "namespace": "large"},
        "entry": {"url": "http://large.example"},
        "workloads": {
            name: {"kind": "Deployment", "name": name, "stateless": True, "journey": name} for name in names
        },
        "journeys": {name: {"request": {"path": f"/{name}"}, "through": [name]} for name in names},
        "consent": {"disruptive": True, "context": "none", "namespace": "large"},
    }
    return yaml.safe_dump(content, sort_keys=False)


def manifests(number: int) -> str:
    """So many objects: a Deployment and its Service, again and again."""
    documents = []
    for index in range(number // 2):
        labels, name = {"app": f"service-{index}"}, {"name": f"service-{index}", "namespace": "large"}
        pod = {"containers": [{"name": "app", "image": "app:1", "ports": [{"containerPort": 80}]}]}
        template = {"metadata": {"labels": labels}, "spec": pod}
        spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
        documents.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": name, "spec": spec})
        ports = {"selector": labels, "ports": [{"port": 80}]}
        documents.append({"apiVersion": "v1", "kind": "Service", "metadata": name, "spec": ports})
    return yaml.safe_dump_all(documents)


def _print(what: str, calls: dict[int, Callable[[], object]]) -> None:
    took = {number: _seconds(call) for number, call in calls.items()}
    ratio = (took[MANY] / MANY) / (took[FEW] / FEW)
    print(f"{what:32} {took[FEW]:7.3f} s for {FEW}, {took[MANY]:7.3f} s for {MANY:,}: {ratio:5.2f} x linear")


def _seconds(call: Callable[[], object]) -> float:
    """The quickest of three."""
    found = []
    for _ in range(3):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return min(found)
