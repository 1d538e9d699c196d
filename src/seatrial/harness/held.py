"""A system that is watched and whose replicas are held, as a process: `python -m seatrial.harness.held`.

For parents that cannot do it themselves, such as Locust. Each autoscaler of the system's workloads is held by
the fault `hold-replicas`, journalled and reverted as every fault; `--watch` holds nothing and only looks. It
writes a line of JSON when all are held, and one for each line that it reads: after `look` what containers
have used of CPU and hold of memory, how they fare, and how many pods are ready; after `timeline FILE` when
what was seen so far is in that file; after `scale` how many replicas there are; after `objectives ROLE` what
a load step of that workload must reach. It reverts and ends with the end of stdin, SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from seatrial.errors import BadInput, SeatrialError
from seatrial.faults.hold_replicas import HoldReplicas, autoscaler_of
from seatrial.faults.injector import Injector
from seatrial.harness.access import access
from seatrial.harness.holding import Holding
from seatrial.judge.hpa.objectives import SCALING
from seatrial.kube import pressure
from seatrial.kube.cgroup import counted
from seatrial.kube.client import Kube
from seatrial.kube.errors import Forbidden, NotFound
from seatrial.kube.exec import EXEC
from seatrial.kube.timeline import Recorder, pods_now
from seatrial.model.quantity import quantity
from seatrial.model.right import Right
from seatrial.model.scenario import Subject
from seatrial.model.system import System
from seatrial.model.timeline import Timeline
from seatrial.record.timelines import write_timeline
from seatrial.settings import Settings, load_system, settings_from

RIGHTS = (
    Right(("list",), "Pod"),
    replace(EXEC, without="what limits a capacity is not told: the CPU of containers is not read"),
)
TIMELINE, OBJECTIVES, SCALE = "timeline", "objectives", "scale"
MOST_CONTAINERS = 60
AT_ONCE = 8


def hold(settings: Settings, role: str, replicas: int, *, watch: bool = False) -> None:
    """Hold every autoscaled workload, and answer each line of stdin, until stdin ends.

    Args:
        role: the workload that gets `replicas`; 0 leaves it as many as it has.
        watch: hold nothing.

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
                faults = [] if watch else list(_faults(kube, system, role, replicas))
                if faults:
                    holding.hold()
                effects = [injector.inject(fault, recorder, held=True).effect for fault in faults]
                _say({"held": effects})
                for line in sys.stdin:
                    _say(_answer(recorder, line))
        finally:
            holding.lease.release()


def _faults(kube: Kube, system: System, role: str, replicas: int) -> Iterator[HoldReplicas]:
    for name, workload in system.workloads.items():
        wanted = replicas if name == role else 0
        if wanted or autoscaler_of(kube, kube.get(workload.kind, workload.name)):
            yield HoldReplicas(name, replicas=wanted)


def _answer(recorder: Recorder, line: str) -> dict[str, Any]:
    kind, _, what = line.strip().partition(" ")
    if kind == TIMELINE:
        write_timeline(Path(what), recorder.snapshot())
        return {"written": what}
    if kind == OBJECTIVES:
        return objectives(recorder, what)
    return scale(recorder.snapshot()) if kind == SCALE else look(recorder)


def objectives(recorder: Recorder, role: str) -> dict[str, Any]:
    """The objectives of a load step of that workload, as numbers that its autoscaler can meet.

    Raises:
        SeatrialError: autoscaler, quota or nodes exclude what the system file asks; with the arithmetic.
    """
    found: list[dict[str, Any]] = []
    for kind in SCALING.kinds:
        with suppress(Forbidden, NotFound):
            found += recorder.kube.objects(kind)
    fixed = SCALING.fix(Subject(role, recorder.system), found)
    return {"objectives": fixed.system.objectives.model_dump(exclude_none=True)}


def scale(timeline: Timeline) -> dict[str, Any]:
    """How many pods each role has, how many of them are ready, and the minimum of each autoscaler."""
    pods = pods_now(timeline)
    return {
        "pods": Counter(pod.workload for pod in pods),
        "ready": Counter(pod.workload for pod in pods if pod.ready and not pod.deleting),
        "minimum": {seen.name: seen.minimum for seen in timeline.autoscaler_states()},
    }


def look(recorder: Recorder) -> dict[str, Any]:
    """What the system's pods have used until now, and how they fare, as plain JSON.

    `unseen` says what could not be looked at.
    """
    timeline = recorder.snapshot()
    mine = [pod for pod in pods_now(timeline) if pod.workload and not pod.deleting]
    ready = [pod for pod in mine if pod.ready]
    counts = {role: sum(pod.workload == role for pod in ready) for role in recorder.system.workloads}
    objects = {obj["metadata"]["name"]: obj for obj in recorder.kube.objects("Pod")}
    wanted = [
        (pod.workload, pod.name, container)
        for pod in ready
        for container in (objects.get(pod.name) or {"spec": {}})["spec"].get("containers", ())
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
    roles = {pod.name: pod.workload for pod in mine}
    return {
        "at": time.monotonic(), "replicas": counts, "containers": containers, "machine": machine,
        "unseen": "; ".join(unseen[:3]), "lives": list(lives(objects, roles)),
        "working_sets": working_sets(timeline),
    }  # fmt: skip


def lives(objects: Mapping[str, Any], roles: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """How each container of these pods fares, as its pod says.

    Args:
        roles: of pods of the system, by name.
    """
    for name, role in roles.items():
        pod = objects.get(name) or {}
        limits = {
            each["name"]: _of(each, "limits", "memory") for each in pod.get("spec", {}).get("containers", ())
        }
        for status in (pod.get("status") or {}).get("containerStatuses") or ():
            end = ((status.get("lastState") or {}).get("terminated") or {}).get("reason", "")
            yield {
                "role": role, "pod": name, "container": status["name"], "restarts": status["restartCount"],
                "last_end": end, "memory_limit": limits.get(status["name"]),
            }  # fmt: skip


def working_sets(timeline: Timeline) -> dict[str, dict[str, float]]:
    """Bytes by pod and container, as the metrics API last said."""
    last = {seen.pod: seen.containers for seen in timeline.usages()}
    return {
        pod: {name: amounts["memory"] / 1_000 for name, amounts in held.items() if "memory" in amounts}
        for pod, held in last.items()
    }


def _read(kube: Kube, role: str, pod: str, container: dict[str, Any]) -> dict[str, Any] | str:
    """The counters of one container; in words why there are none."""
    try:
        seen = counted(kube, pod, container["name"])
    except SeatrialError as error:
        return f"{container['name']} of {role}: {error.what}"
    names = {"role": role, "pod": pod, "container": container["name"]}
    bounded = {"periods": seen.periods, "throttled": seen.throttled} if seen.periods else {}
    return {
        **names, "used_seconds": seen.cpu_microseconds / 1e6, "periods": None, "throttled": None, **bounded,
        "limit": _of(container, "limits", "cpu"), "request": _of(container, "requests", "cpu"),
        "memory": seen.anonymous_bytes, "memory_request": _of(container, "requests", "memory"),
        "killed": seen.killed,
    }  # fmt: skip


def _of(container: Mapping[str, Any], kind: str, resource: str) -> float | None:
    """What a container requests, or is limited to."""
    return quantity(((container.get("resources") or {}).get(kind) or {}).get(resource))


def _say(data: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(data) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m seatrial.harness.held", description=__doc__)
    parser.add_argument("--system", required=True, help="the system file")
    parser.add_argument("--role", default="", help="workload that gets --replicas")
    parser.add_argument("--replicas", type=int, default=0, help="how many; 0 for as many as it has")
    parser.add_argument("--watch", action="store_true", help="hold nothing")
    options = parser.parse_args(arguments)
    try:
        settings = settings_from({"system": options.system})
        if options.replicas and options.role not in load_system(settings).workloads:
            raise BadInput(f"no workload has the role {options.role!r}", where=options.system)
        hold(settings, options.role, options.replicas, watch=options.watch)
    except SeatrialError as error:
        _say({"error": error.what, "where": error.where, "next": error.next_step})
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
