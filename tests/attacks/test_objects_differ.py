"""Objects differ after the run (replicas 0, a node left cordoned): no tool ends with exit code 0."""

import pytest
from dry_checks import a_check
from fakes import FakeSession

from seatrial.commands.report import rebuild_report
from seatrial.kube.snapshot import Snapshot, canonical_objects, compare
from seatrial.model.verdict import Outcome

DEPLOYMENT = {"kind": "Deployment", "metadata": {"name": "orders"}, "spec": {"replicas": 2}}
NODE = {"kind": "Node", "metadata": {"name": "worker"}, "spec": {}}


def snapshot(*objects):
    return Snapshot(canonical_objects(objects))


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (({**DEPLOYMENT, "spec": {"replicas": 0}}, NODE), "deployment/orders: spec.replicas was 2, is 0"),
        (
            (DEPLOYMENT, {**NODE, "spec": {"unschedulable": True}}),
            "node/worker: spec.unschedulable",
        ),
        ((NODE,), "deployment/orders is gone"),
    ],
)
def test_what_was_left_is_seen_and_makes_seatrial_run_exit_1(runs, left, words):
    differences = compare(snapshot(DEPLOYMENT, NODE), snapshot(*left))
    code, text, run = runs(session=FakeSession(differences), report=rebuild_report)
    assert (code, run.outcome) == (1, Outcome.ERROR)
    assert words in text


def test_objects_that_differ_afterwards_are_red(runs):
    code, text, run = runs(session=FakeSession(["deployment/orders: replicas 2, were 3"]))
    assert (code, run.outcome) == (1, Outcome.ERROR)
    assert text == "objects after the run: 1 differs from before it: deployment/orders: replicas 2, were 3"


def test_pytest_alone_exits_1_and_says_what_differs(run_checks, recorded, dry):
    dry.world.changed = ["deployment/basket: spec.replicas was 2, is 0"]
    result = run_checks(a_check("one", "return says(Outcome.PASSED)"))
    run = recorded()
    assert result.ret == 1
    assert "deployment/basket: spec.replicas was 2, is 0" in result.stdout.str()
    assert [tool["exit_code"] for tool in run.tools] == [1]
    (sentence,) = run.broken
    assert sentence.startswith("objects after the run: 1 differs")
