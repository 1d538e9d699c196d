"""A system whose replicas are held, as a process: `python -m seatrial.harness.held --system FILE`.

For parents that cannot hold it themselves, such as Locust. Each autoscaler of the system's workloads is held
by the fault `hold-replicas`, journalled and reverted as every fault. It writes a line of JSON when all are,
and one for each line that it reads: what containers have used of CPU so far, and how many pods are ready. It
reverts and ends with the end of stdin, SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from seatrial.errors import BadInput, SeatrialError
from seatrial.faults.hold_replicas import HoldReplicas, autoscaler_of
from seatrial.faults.injector import Injector
from seatrial.harness.access import access
from seatrial.harness.holding import Holding
from seatrial.kube import pressure
from seatrial.kube.cgroup import counted
from seatrial.kube.client import Kube
from seatrial.kube.exec import EXEC
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.quantity import quantity
from seatrial.model.right import Right
from seatrial.model.system import System
from seatrial.settings import Settings, load_system, settings_from

RIGHTS = (
    Right(("list",), "Pod"),
    replace(EXEC, without="what limits a capacity is not told: the CPU of containers is not read"),
)
MOST_CONTAINERS = 60
AT_ONCE = 8


def hold(settings: Settings, role: str, replicas: int) -> None:
    """Hold every autoscaled workload, and answer each line of stdin, until stdin ends.

    Args:
        role: the workload that gets `replicas`; 0 leaves it as many as it has.

    Raises:
        SeatrialError: one cannot be held, and why; what was held is reverted.
    """
    system = load_system(settings)
    with Kube(*access(settings, system), system.target.namespace) as kube:
        kube.require_namespace()
        holding = Holding(kube, None)
        try:
            with (
                Recorder(kube, system) as recorder,
                Injector(settings.state_directory, holding.lease) as injector,
            ):
                faults = list(_faults(kube, system, role, replicas))
                if faults:
                    holding.hold()
                effects = [injector.inject(fault, recorder, held=True).effect for fault in faults]
                _say({"held": effects})
                for _ in sys.stdin:
                    _say(look(recorder))
        finally:
            holding.lease.release()


def _faults(kube: Kube, system: System, role: str, replicas: int) -> Iterator[HoldReplicas]:
    for name, workload in system.workloads.items():
        wanted = replicas if name == role else 0
        if wanted or autoscaler_of(kube, kube.get(workload.kind, workload.name)):
            yield HoldReplicas(name, replicas=wanted)


def look(recorder: Recorder) -> dict[str, Any]:
    """What the system's pods have used until now, as plain JSON.

    `unseen` says what could not be looked at.
    """
    ready = [pod for pod in pods_now(recorder.snapshot()) if pod.workload and pod.ready and not pod.deleting]
    counts = {role: sum(pod.workload == role for pod in ready) for role in recorder.system.workloads}
    specs = {obj["metadata"]["name"]: obj["spec"] for obj in recorder.kube.objects("Pod")}
    wanted = [
        (pod.workload, pod.name, container)
        for pod in ready
        for container in (specs.get(pod.name) or {}).get("containers", ())
    ]
    unseen = []
    if len(wanted) > MOST_CONTAINERS:
        unseen.append(f"{len(wanted) - MOST_CONTAINERS} further containers were not looked at")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = list(threads.map(lambda each: _read(recorder.kube, *each), wanted[:MOST_CONTAINERS]))
    unseen += sorted({each for each in found if isinstance(each, str)})
    machine = None
    if recorder.system.target.kind is not None:
        try:
            seen = pressure.read()
            machine = {"busy": seen.busy, "total": seen.total}
        except SeatrialError as error:
            unseen.append(error.what)
    containers = [each for each in found if not isinstance(each, str)]
    return {
        "at": time.monotonic(), "replicas": counts, "containers": containers, "machine": machine,
        "unseen": "; ".join(unseen[:3]),
    }  # fmt: skip


def _read(kube: Kube, role: str, pod: str, container: dict[str, Any]) -> dict[str, Any] | str:
    """The counters of one container; in words why there are none."""
    try:
        seen = counted(kube, pod, container["name"])
    except SeatrialError as error:
        return f"{container['name']} of {role}: {error.what}"
    resources = container.get("resources") or {}
    limits, requests = ((resources.get(kind) or {}) for kind in ("limits", "requests"))
    names = {"role": role, "pod": pod, "container": container["name"]}
    bounded = {"periods": seen.periods, "throttled": seen.throttled} if seen.periods else {}
    return {
        **names, "used_seconds": seen.cpu_microseconds / 1e6, "periods": None, "throttled": None, **bounded,
        "limit": quantity(limits.get("cpu")), "request": quantity(requests.get("cpu")),
        "memory": seen.anonymous_bytes, "memory_request": quantity(requests.get("memory")),
    }  # fmt: skip


def _say(data: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(data) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m seatrial.harness.held", description=__doc__)
    parser.add_argument("--system", required=True, help="the system file")
    parser.add_argument("--role", default="", help="workload that gets --replicas")
    parser.add_argument("--replicas", type=int, default=0, help="how many; 0 for as many as it has")
    options = parser.parse_args(arguments)
    try:
        settings = settings_from({"system": options.system})
        if options.replicas and options.role not in load_system(settings).workloads:
            raise BadInput(f"no workload has the role {options.role!r}", where=options.system)
        hold(settings, options.role, options.replicas)
    except SeatrialError as error:
        _say({"error": str(error)})
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
