"""An experiment stopped in the middle of its fault leaves the system as it was, or says what to do."""

from __future__ import annotations

import json
import signal

import pytest
from person import cordoned

from seatrial.waiting import NotYet, Ready, eventually


@pytest.fixture
def draining(person, deployed):
    """A `chaos run` of the drain that has just cordoned its node."""
    experiment = person.experiment("drain-node")
    with person.running_until(experiment, "a node is cordoned", lambda: cordoned(deployed)) as process:
        yield process


def available(deployed):
    def ready():
        lacking = [
            item["metadata"]["name"]
            for item in deployed.objects("Deployment")
            if item["status"].get("readyReplicas", 0) < item["spec"].get("replicas", 1)
        ]
        return NotYet(f"not ready: {', '.join(lacking)}") if lacking else Ready(None)

    eventually(ready, within_seconds=120, what="the system is available again", every_seconds=1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_an_interrupted_experiment_reverts_its_fault_and_exits_non_zero(draining, deployed, person, number):
    draining.send_signal(number)
    text, _ = draining.communicate(timeout=120)
    assert draining.returncode != 0, text
    assert cordoned(deployed) == [], text
    assert not person.journals(), text
    assert "PASSED" not in text
    available(deployed)


def test_a_killed_experiment_is_unfinished_and_reverted_by_the_next_command(draining, deployed, person):
    draining.send_signal(signal.SIGKILL)
    draining.communicate(timeout=30)
    assert cordoned(deployed), "the kill came too late to leave anything behind"

    status = json.loads(person.types("seatrial", "status", "--json").text)
    assert len(status["left_behind"]) == 1

    directory = next((person.folder / "reports").glob("2*"))
    assert person.types("seatrial", "report", directory).code != 0

    reverted = person.types("seatrial", "revert")
    assert reverted.code == 0, reverted.text
    assert cordoned(deployed) == []
    assert person.types("seatrial", "revert").text.startswith("nothing to revert")
    available(deployed)
