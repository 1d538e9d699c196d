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
from tiny import ROOT, system_in, wait_until_rolled_out

from seatrial.errors import FaultRefused
from seatrial.faults.drain_node import MARK, DrainNode
from seatrial.faults.injector import Injector
from seatrial.faults.revert import pending, revert_all
from seatrial.kube.client import Kube
from seatrial.kube.snapshot import compare, take_snapshot
from seatrial.kube.timeline import Recorder
from seatrial.model.system import System


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
        with Injector(tmp_path) as injector:
            record = injector.inject(DrainNode("web", node=node), recorder, held=True)
            assert cordoned(kube) == [node]
            left = {pod["metadata"]["name"] for pod in kube.objects("Pod", fields=f"spec.nodeName={node}")}
            assert left == {"bare"}
            (entry,) = pending(tmp_path)
            assert str(entry).startswith(f"drain-node on node/{node} in namespace {kube.namespace}")
            record = injector.release(record)
        assert record.held
        assert record.available_at is not None
        assert record.available_at >= record.reverted_at
        assert record.details["revert"] == f"node/{node} restored"
        assert web["metadata"]["name"] in record.details["evicted"]
        [budget] = record.details["budgets"]
        assert (budget["name"], budget["declared"], budget["keeps"]) == ("web", "minAvailable 1", 1)
        assert web["metadata"]["name"] in budget["pods"]
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
    with Injector(tmp_path) as injector, pytest.raises(FaultRefused, match="is cordoned already"):
        injector.inject(DrainNode("web", node=node), recorder)
    assert cordoned(recorder.kube) == [node]


def test_a_drain_that_a_budget_blocks_is_impossible_and_cordons_nothing(
    recorder: Recorder, tmp_path: Path
) -> None:
    recorder.kube.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 2}})
    try:
        with Injector(tmp_path) as injector:
            record = injector.inject(DrainNode("web"), recorder)
    finally:
        recorder.kube.patch("PodDisruptionBudget", "web", {"spec": {"minAvailable": 1}})
    assert "allows 2 pods - 2 that must stay healthy = 0 disruptions" in record.impossible
    assert record.target.kind == "Node"
    assert not record.verified
    assert cordoned(recorder.kube) == []
    assert pending(tmp_path) == []


TOOL = textwrap.dedent(
    """
    import signal
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
    with Recorder(kube, system) as recorder, Injector(Path(state)) as injector:
        injector.inject(DrainNode("web"), recorder, held=True)
        print("drained", flush=True)
        signal.pause()
    print("came to its end")
    """
)


@pytest.fixture
def stuck_tool(deployed: Kube, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The tool in a process of its own, which holds a drain."""
    wait_until_rolled_out(deployed)
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
    assert process.stdout is not None
    try:
        said = (
            process.stdout.readline()
        )  # ends with the process, and that is bounded by the fault's own waits
        assert said == "drained\n", said + process.stdout.read()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_after_sigkill_the_journal_is_left_and_reverting_it_restores(
    deployed: Kube, tmp_path: Path, stuck_tool: subprocess.Popen[str]
) -> None:
    (entry,) = pending(tmp_path)
    assert entry.owner_alive
    (live,) = revert_all(tmp_path)
    assert not live.done
    assert "still runs" in live.sentence
    assert len(cordoned(deployed)) == 1

    stuck_tool.send_signal(signal.SIGKILL)
    stuck_tool.wait(timeout=10)
    assert len(cordoned(deployed)) == 1, "nobody has reverted it yet"
    (entry,) = pending(tmp_path)
    assert not entry.owner_alive
    (result,) = revert_all(tmp_path)
    assert result.done, str(result)
    assert "restored" in result.sentence
    assert cordoned(deployed) == []
    assert revert_all(tmp_path) == []


def test_reverting_leaves_a_cordon_that_somebody_made_his_own(
    deployed: Kube, tmp_path: Path, stuck_tool: subprocess.Popen[str]
) -> None:
    stuck_tool.send_signal(signal.SIGKILL)
    stuck_tool.wait(timeout=10)
    (node,) = cordoned(deployed)
    deployed.patch("Node", node, {"metadata": {"annotations": {MARK: "a colleague"}}})
    (result,) = revert_all(tmp_path)
    assert result.done
    assert "changed by somebody else" in result.sentence
    assert cordoned(deployed) == [node]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reverts_and_the_exit_is_not_zero(
    deployed: Kube, tmp_path: Path, stuck_tool: subprocess.Popen[str], number: signal.Signals
) -> None:
    stuck_tool.send_signal(number)
    output, _ = stuck_tool.communicate(timeout=30)
    assert stuck_tool.returncode != 0, output
    assert "came to its end" not in output
    assert cordoned(deployed) == []
    assert pending(tmp_path) == []
