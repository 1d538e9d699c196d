"""Logs of pods are followed from the start, so that those of pods that are gone are there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tiny import Access, system_in

from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder
from seatrial.model.log import LogLine
from seatrial.model.timeline import Change, Timeline
from seatrial.record.logs import read_logs, write_logs
from seatrial.waiting import NotYet, Ready

TALKS = """
import signal, sys, time
print("I begin", flush=True)
print("connecting to postgresql://user:hunter2@store/ with password=hunter2", flush=True)
def leave(*_):
    print("I leave", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
while True:
    time.sleep(0.1)
"""


def talker(name: str, image: str) -> dict[str, Any]:
    container = {"name": "talks", "image": image, "command": ["python3", "-c", TALKS]}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 10}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def reached(name: str, change: Change, phase: str = "") -> Callable[[Timeline], Ready[None] | NotYet]:
    def probe(timeline: Timeline) -> Ready[None] | NotYet:
        states = [states[-1] for states in timeline.pods.values() if states[0].name == name]
        there = any(
            s.change is Change.DELETED if change is Change.DELETED else s.phase == phase for s in states
        )
        return Ready(None) if there else NotYet(f"{[(s.phase, s.change) for s in states]}")

    return probe


def texts(lines: tuple[LogLine, ...], pod: str) -> list[str]:
    return [line.text for line in lines if line.pod == pod]


def test_the_log_of_a_pod_that_is_gone_is_there(kube: Kube, access: Access, tmp_path: Path) -> None:
    kube.create(talker("before", access.python_image))
    with Recorder(kube, system_in(kube)) as waiting:
        waiting.wait(reached("before", Change.ADDED, "Running"), within_seconds=60, what="before runs")
    began = time.monotonic()
    with Recorder(kube, system_in(kube), follow_logs=True) as recorder:
        kube.create(talker("meanwhile", access.python_image))
        recorder.wait(reached("meanwhile", Change.ADDED, "Running"), within_seconds=60, what="it runs")

        def said(_: Timeline) -> Ready[None] | NotYet:
            logs = recorder.logs()
            known = [] if logs is None else texts(logs.lines, "meanwhile")
            return Ready(None) if "I begin" in known else NotYet(str(known))

        recorder.wait(said, within_seconds=20, what="its first line")
        for name in ("before", "meanwhile"):
            kube.delete("Pod", name)
            recorder.wait(reached(name, Change.DELETED), within_seconds=60, what=f"{name} is gone")
    ended = time.monotonic()
    logs = recorder.logs()
    assert logs is not None
    hidden = "connecting to postgresql://user:[hidden]@store/ with password=[hidden]"
    assert texts(logs.lines, "meanwhile") == ["I begin", hidden, "I leave"]
    assert texts(logs.lines, "before")[-1] == "I leave"
    assert all(began - 60 <= line.at <= ended for line in logs.lines)
    assert all(began <= line.at for line in logs.lines if line.pod == "meanwhile")
    assert (logs.left_out, logs.notes) == (0, ())
    write_logs(tmp_path / "logs.ndjson.gz", logs)
    assert read_logs(tmp_path / "logs.ndjson.gz", "logs", began - 60, ended)[0] == tuple(
        LogLine(round(line.at, 6), line.pod, line.container, line.text) for line in logs.lines
    )


def test_a_user_who_may_read_no_logs_is_told_once(
    deployed: Kube, as_user: Callable[[list[dict[str, Any]]], Kube]
) -> None:
    rules = [
        {"apiGroups": ["", "apps", "discovery.k8s.io", "autoscaling"], "resources": [kind], "verbs": verbs}
        for kind, verbs in {
            "pods": ["get", "list", "watch"], "events": ["list", "watch"], "deployments": ["list", "watch"],
            "statefulsets": ["list", "watch"], "endpointslices": ["list", "watch"],
            "services": ["list", "watch"], "replicasets": ["list", "watch"],
            "horizontalpodautoscalers": ["list", "watch"],
        }.items()
    ]  # fmt: skip
    with Recorder(as_user(rules), system_in(deployed), follow_logs=True) as recorder:

        def told(_: Timeline) -> Ready[None] | NotYet:
            logs = recorder.logs()
            return Ready(None) if logs is not None and logs.notes else NotYet("nothing was noted")

        recorder.wait(told, within_seconds=20, what="the note")
    logs = recorder.logs()
    assert logs is not None
    assert logs.lines == ()
    assert len(logs.notes) <= 3
    assert all("pods/log" in note for note in logs.notes)
