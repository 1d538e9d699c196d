"""Draining a node of a real cluster, and what happens to it when the tool is stopped or killed meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import ROOT, system_in

from seatrial.errors import FaultRefused
from seatrial.faults.drain_node import MARK, DrainNode
from seatrial.faults.injector import Injector
from seatrial.faults.revert import heal, pending
from seatrial.kube.client import Kube
from seatrial.kube.snapshot import compare, take_snapshot
from seatrial.kube.timeline import Recorder
from seatrial.model.system import System
from seatrial.waiting import NotYet, Ready, eventually


@pytest.fixture(autouse=True)
def nodes_as_before(deployed: Kube) -> Iterator[None]:
    """No test leaves a node cordoned, whatever happened in it."""
    yield
    for name in cordoned(deployed):
        body = {"spec": {"unschedulable": None}, "metadata": {"annotations": {MARK: None}}}
        deployed.patch("Node", name, body)


def cordoned(kube: Kube) -> list[str]:
    nodes = kube.objects("Node")
    return [node["metadata"]["name"] for node in nodes if node["spec"].get("unschedulable")]


def bare_pod(kube: Kube, node: str, image: str) -> dict[str, object]:
    container = {"name": "main", "image": image, "command": ["sleep", "1000"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "bare"},
        "spec": {"nodeName": node, "containers": [container], "terminationGracePeriodSeconds": 0},
    }


def test_a_drained_node_is_empty_of_the_system_and_schedulable_afterwards(
    recorder: Recorder, tmp_path: Path
) -> None:
    kube = recorder.kube
    web = next(pod for pod in kube.objects("Pod", selector="app=web"))
    node, image = web["spec"]["nodeName"], web["spec"]["containers"][0]["image"]
    before = take_snapshot(kube)
    kube.create(bare_pod(kube, node, image))
    try:
        with Injector(tmp_path) as guard:
            record = guard.inject(DrainNode("web", node=node), recorder, keep=True)
            assert cordoned(kube) == [node]
            left = {pod["metadata"]["name"] for pod in kube.objects("Pod", fields=f"spec.nodeName={node}")}
            assert left == {"bare"}
            (entry,) = pending(tmp_path)
            assert str(entry).startswith(f"drain-node on node/{node} in namespace {kube.namespace}")
            (healed,) = guard.revert_all()
            assert healed.done
        assert record.available_at is not None
        assert web["metadata"]["name"] in record.details["evicted"]
        assert record.details["left"] == {"bare": "nothing would replace it (no controller)"}
    finally:
        kube.delete("Pod", "bare", grace_seconds=0)
    assert cordoned(kube) == []
    assert pending(tmp_path) == []
    assert [line for line in compare(before, take_snapshot(kube)) if not line.startswith("pod/bare")] == []


def test_a_node_that_somebody_cordoned_is_refused_and_stays_cordoned(
    recorder: Recorder, tmp_path: Path
) -> None:
    node = recorder.kube.objects("Pod", selector="app=web")[0]["spec"]["nodeName"]
    recorder.kube.patch("Node", node, {"spec": {"unschedulable": True}})
    with Injector(tmp_path) as guard, pytest.raises(FaultRefused, match="is cordoned already"):
        guard.inject(DrainNode("web", node=node), recorder)
    assert cordoned(recorder.kube) == [node]


def test_a_drain_that_a_budget_blocks_is_refused_and_the_node_uncordoned(
    recorder: Recorder, tmp_path: Path
) -> None:
    recorder.kube.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 2}})
    try:
        with Injector(tmp_path) as guard, pytest.raises(FaultRefused, match="disruption budget"):
            guard.inject(DrainNode("web", evict_seconds=3), recorder)
    finally:
        recorder.kube.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 1}})
    assert cordoned(recorder.kube) == []
    assert pending(tmp_path) == []


TOOL = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from seatrial.faults.drain_node import DrainNode
    from seatrial.faults.injector import Injector
    from seatrial.kube.client import Kube
    from seatrial.kube.timeline import Recorder
    from seatrial.model.system import System

    kubeconfig, context, system_json, state = sys.argv[1:]
    system = System.model_validate_json(system_json)
    kube = Kube(Path(kubeconfig), context, system.target.namespace)
    with Recorder(kube, system) as recorder, Injector(Path(state)) as guard:
        guard.inject(DrainNode("web", evict_seconds=300), recorder)
    print("drained and undone")
    """
)


@pytest.fixture
def stuck_tool(deployed: Kube, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The tool in a process of its own, in the middle of a drain that a budget holds up."""
    deployed.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 2}})
    system: System = system_in(deployed)
    arguments = [
        str(deployed.kubeconfig),
        deployed.context,
        system.model_dump_json(by_alias=True),
        str(tmp_path),
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", TOOL, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    try:
        eventually(
            lambda: (
                Ready(None)
                if cordoned(deployed)
                else NotYet("not cordoned" if process.poll() is None else process.communicate()[0])
            ),
            within_seconds=30,
            what="tool in the middle of a drain",
        )
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        deployed.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 1}})


def test_after_sigkill_the_journal_is_left_and_heal_restores(
    deployed: Kube, tmp_path: Path, stuck_tool: subprocess.Popen[str]
) -> None:
    (entry,) = pending(tmp_path)
    assert entry.owner_alive
    (live,) = heal(tmp_path)
    assert not live.done
    assert "still runs" in live.sentence
    assert len(cordoned(deployed)) == 1

    stuck_tool.send_signal(signal.SIGKILL)
    stuck_tool.wait(timeout=10)
    assert len(cordoned(deployed)) == 1, "nobody has undone it yet"
    (entry,) = pending(tmp_path)
    assert not entry.owner_alive
    (result,) = heal(tmp_path)
    assert result.done, str(result)
    assert "restored" in result.sentence
    assert cordoned(deployed) == []
    assert heal(tmp_path) == []


def test_heal_leaves_a_cordon_that_somebody_made_his_own(
    deployed: Kube, tmp_path: Path, stuck_tool: subprocess.Popen[str]
) -> None:
    stuck_tool.send_signal(signal.SIGKILL)
    stuck_tool.wait(timeout=10)
    (node,) = cordoned(deployed)
    deployed.patch("Node", node, {"metadata": {"annotations": {MARK: "a colleague"}}})
    (result,) = heal(tmp_path)
    assert result.done
    assert "changed by somebody else" in result.sentence
    assert cordoned(deployed) == [node]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_undoes_and_the_exit_is_not_zero(
    deployed: Kube, tmp_path: Path, stuck_tool: subprocess.Popen[str], number: signal.Signals
) -> None:
    stuck_tool.send_signal(number)
    output, _ = stuck_tool.communicate(timeout=30)
    assert stuck_tool.returncode != 0, output
    assert "drained and undone" not in output
    assert cordoned(deployed) == []
    assert pending(tmp_path) == []
