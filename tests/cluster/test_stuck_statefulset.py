"""A StatefulSet that is left on a bad revision: seen in its pods, and ended by the revert."""

from __future__ import annotations

from pathlib import Path

from tiny import system_in

from seatrial.faults.bad_rollout import BadRollout
from seatrial.faults.injector import Injector
from seatrial.judge.restored import rollback_restores
from seatrial.kube.client import Kube
from seatrial.kube.snapshot import compare, settled_changes, take_snapshot
from seatrial.kube.timeline import Recorder
from seatrial.model.observation import Arm, observed
from seatrial.model.verdict import Outcome
from seatrial.waiting import NotYet, Ready, consistently


def test_a_template_that_was_restored_leaves_a_pod_that_the_revert_deletes(
    deployed: Kube, tmp_path: Path
) -> None:
    """As if the process had been killed between restoring the template and deleting the stuck pod."""
    before = take_snapshot(deployed)
    container = deployed.get("StatefulSet", "store")["spec"]["template"]["spec"]["containers"][0]
    with Recorder(deployed, system_in(deployed)) as recorder, Injector(tmp_path) as injector:
        fault = BadRollout("store", kind="image-missing", hold_seconds=1)
        record = injector.inject(fault, recorder, held=True)
        good = [{"name": container["name"], "image": container["image"]}]
        deployed.patch(
            "StatefulSet", "store", {"spec": {"template": {"spec": {"containers": good}}}}, how="strategic"
        )

        def stuck() -> Ready[None] | NotYet:
            (sentence,) = compare(before, take_snapshot(deployed))
            assert sentence.startswith("pods of statefulset/store: revision was store-")
            assert "image of store was" in sentence
            assert "were ready" in sentence
            return Ready(None)

        consistently(stuck, for_seconds=8, what="the pod stays on the bad revision", every_seconds=1)
        record = injector.release(record)
        assert "was stuck on the bad revision and deleted" in record.details["revert"]
        verdict = rollback_restores(observed(Arm(faults=(record,), timeline=recorder.snapshot())))
    assert verdict.outcome is Outcome.FAILED
    assert "store-0 stayed on the bad revision until Seatrial deleted it" in verdict.observed
    assert record.available_at is not None
    assert settled_changes(deployed, before) == []
