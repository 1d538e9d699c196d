"""A real quota without room for a replacement: the API server's own words, and the two verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import system_in

from seatrial.faults.delete_pod import DeletePod
from seatrial.faults.injector import Injector
from seatrial.faults.rollout_restart import RESTARTED_AT, RolloutRestart
from seatrial.judge.replacement import replaced
from seatrial.judge.rollout import rolled_out
from seatrial.judge.shortfall import told
from seatrial.kube.client import Kube
from seatrial.kube.timeline import Recorder
from seatrial.model.observation import Arm, observed
from seatrial.model.verdict import Outcome
from seatrial.waiting import NotYet, Ready, eventually


@pytest.fixture
def full_quota(deployed: Kube) -> Iterator[None]:
    """As many pods as there are, counted by the quota's controller."""
    number = len(deployed.objects("Pod"))
    spec = {"hard": {"pods": str(number)}}
    deployed.create({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "full"}, "spec": spec})

    def counted() -> Ready[None] | NotYet:
        used = (deployed.get("ResourceQuota", "full").get("status") or {}).get("used") or {}
        return Ready(None) if used.get("pods") == str(number) else NotYet(f"it counts {used}")

    eventually(counted, within_seconds=30, what="the quota counts the pods", every_seconds=0.2)
    yield
    deployed.delete("ResourceQuota", "full")


def test_a_replacement_that_the_quota_refuses_is_told_with_its_numbers(
    deployed: Kube, full_quota: None, tmp_path: Path
) -> None:
    number = len(deployed.objects("Pod"))
    with Recorder(deployed, system_in(deployed)) as recorder, Injector(tmp_path) as injector:
        record = injector.inject(DeletePod("web"), recorder)
        timeline = recorder.snapshot()
    seen = replace(observed(Arm(faults=(record,), timeline=timeline)), target="web")
    verdict = replaced(seen)
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    counted = f"quota full: requested pods=1, used pods={number}, hard pods={number}"
    assert counted in verdict.observed
    assert verdict.numbers["below_declared_seconds"] > 0
    assert [counted in line for line in told(seen)] == [True]


def test_a_rollout_that_the_quota_refuses_is_taken_back_and_told(
    deployed: Kube, full_quota: None, tmp_path: Path
) -> None:
    with Recorder(deployed, system_in(deployed)) as recorder, Injector(tmp_path) as injector:
        record = injector.inject(RolloutRestart("web"), recorder)
    assert "deployment/web cannot be rolled out: its pods were refused from" in record.impossible
    assert "by quota full: requested pods=1" in record.impossible
    template = deployed.get("Deployment", "web")["spec"]["template"]["metadata"]
    assert RESTARTED_AT not in (template.get("annotations") or {})
    verdict = rolled_out(replace(observed(Arm(faults=(record,))), target="web"))
    assert verdict.outcome is Outcome.FAILED, verdict.explain()
    assert verdict.observed.endswith("; it was taken back")
