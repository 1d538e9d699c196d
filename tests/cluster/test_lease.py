"""The Lease on a real cluster: one holder, who is named; when gone it is taken over, and reverted first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from seatrial.errors import FaultRefused, NotAllowed
from seatrial.faults import journal, lease, lease_record
from seatrial.faults.effects.created_object import CreatedObject
from seatrial.faults.journal import JournalEntry
from seatrial.faults.lease import Lease, LeaseHeld
from seatrial.kube.client import Kube

Make = Callable[..., Lease]


@pytest.fixture
def make(kube: Kube) -> Iterator[Make]:
    """Makes Leases of the namespace that are given back at the end."""
    made: list[Lease] = []

    def new(shared: str = "", *, machine: str = "") -> Lease:
        made.append(Lease(kube, shared=shared))
        if machine:
            made[-1]._me = replace(made[-1]._me, machine=machine)
        return made[-1]

    yield new
    for one in made:
        one.release()
    left = Lease(kube)
    left.clear()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renewed often, and soon stale."""
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.3)
    monkeypatch.setattr(lease_record, "STALE_SECONDS", 3.0)


def entry_of(kube: Kube, name: str) -> JournalEntry:
    """A fault that has created a ConfigMap."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    effect = CreatedObject.planned(body, namespace=kube.namespace)
    effect.apply(kube)
    return JournalEntry(
        journal.new_id("made-up"), "made-up", "configmap/x", "web", time.time(), str(kube.kubeconfig),
        kube.context, kube.namespace, (effect,),
    )  # fmt: skip


def stop_renewing(held: Lease) -> None:
    """As when its process stands still."""
    held._stop.set()
    assert held._thread is not None
    held._thread.join(10)


def test_the_second_run_refuses_at_once_and_names_the_holder(make: Make, kube: Kube) -> None:
    make().hold()
    began = time.monotonic()
    with pytest.raises(LeaseHeld) as refused:
        make().hold()
    assert time.monotonic() - began < 2.0
    text = str(refused.value)
    assert f"process {os.getpid()}" in text
    assert "since 2" in text
    assert f"namespace {kube.namespace}" in text
    assert "wait until it has ended" in text
    with pytest.raises(LeaseHeld):
        make().require_free()


def test_one_of_many_at_once_gets_it(make: Make) -> None:
    outcomes: list[str] = []

    def try_it(one: Lease) -> None:
        try:
            one.hold()
            outcomes.append("held")
        except LeaseHeld:
            outcomes.append("refused")

    threads = [threading.Thread(target=try_it, args=[make()]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["held", *["refused"] * 5]


def test_given_back_nothing_of_it_stays(make: Make, kube: Kube) -> None:
    held = make()
    held.hold()
    held.release()
    assert kube.objects("Lease") == []
    make().hold()


@pytest.mark.usefixtures("hasty")
def test_a_holder_elsewhere_that_renews_is_refused_when_a_renewal_was_seen(make: Make) -> None:
    make(machine="elsewhere").hold()
    began = time.monotonic()
    with pytest.raises(LeaseHeld):
        make().hold()
    assert time.monotonic() - began < 2.5


@pytest.mark.usefixtures("hasty")
def test_a_stale_lease_is_taken_over_what_is_open_is_reverted_first_and_its_holder_injects_no_more(
    make: Make, kube: Kube
) -> None:
    gone, entry = make(machine="elsewhere"), entry_of(kube, "left-open")
    gone.hold()
    gone.put(entry)
    stop_renewing(gone)
    (reverted,) = make().hold()
    assert reverted.done
    assert reverted.entry.id == entry.id
    assert kube.find("ConfigMap", "left-open") is None
    with pytest.raises(FaultRefused, match="taken away from this run"):
        gone.put(entry)


def test_a_fault_that_was_reverted_is_in_the_lease_no_more(make: Make, kube: Kube) -> None:
    held, entry = make(), entry_of(kube, "soon-reverted")
    held.hold()
    held.put(entry)
    assert len(lease_record.read(kube.get("Lease", "seatrial")).effects) == 1
    entry.effects[0].revert(kube)
    held.drop(entry)
    assert lease_record.read(kube.get("Lease", "seatrial")).effects == ()


def test_what_is_still_open_stays_after_its_holder_and_is_reverted_by_the_next(
    make: Make, kube: Kube
) -> None:
    held, entry = make(), entry_of(kube, "not-reverted")
    held.hold()
    held.put(entry)
    held.release()
    assert [item.entry.id for item in Lease(kube).clear()] == [entry.id]
    assert kube.find("ConfigMap", "not-reverted") is None
    assert kube.objects("Lease") == []


class TestShared:
    """Tools that a run has started share its Lease; one of them at a time injects."""

    def test_a_tool_of_the_holder_may_inject_and_a_second_one_may_not(self, make: Make, kube: Kube) -> None:
        run = make()
        run.hold(inject=False)
        with pytest.raises(FaultRefused, match="no Lease is held"):
            run.put(entry_of(kube, "by-the-run"))
        tool, other = make(run.token), make(run.token)
        tool.hold()
        tool.put(entry_of(kube, "by-a-tool"))
        with pytest.raises(LeaseHeld):
            other.hold()
        tool.release()
        other.hold()
        assert kube.find("ConfigMap", "by-a-tool") is None, "what the first one left was reverted first"

    def test_a_tool_whose_run_has_lost_the_lease_may_not(self, make: Make) -> None:
        make().hold()
        with pytest.raises(FaultRefused, match="does not hold the Lease any more"):
            make("another-word").hold()


KILLED = """
import sys, time
from pathlib import Path
from seatrial.faults import journal
from seatrial.faults.effects.created_object import CreatedObject
from seatrial.faults.journal import JournalEntry
from seatrial.faults.lease import Lease
from seatrial.kube.client import Kube
kube = Kube(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
lease = Lease(kube)
lease.hold()
body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "of-a-killed-run"}}
effect = CreatedObject.planned(body, namespace=kube.namespace)
lease.put(JournalEntry("20260101-x", "made-up", "configmap/x", "web", time.time(), "", "", "", (effect,)))
effect.apply(kube)
print("injected", flush=True)
time.sleep(120)
"""


def test_a_killed_run_of_this_machine_is_reverted_at_once_without_its_journal(kube: Kube) -> None:
    arguments = [str(kube.kubeconfig), kube.context, kube.namespace]
    with subprocess.Popen([sys.executable, "-c", KILLED, *arguments], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"injected\n"
        with pytest.raises(LeaseHeld):
            Lease(kube).clear()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    assert kube.find("ConfigMap", "of-a-killed-run") is not None
    began = time.monotonic()
    (reverted,) = Lease(kube).clear()
    assert reverted.done
    assert time.monotonic() - began < 5.0
    assert kube.find("ConfigMap", "of-a-killed-run") is None
    assert kube.objects("Lease") == []


def test_a_missing_right_is_named(as_user: Callable[[list[dict[str, Any]]], Kube]) -> None:
    with pytest.raises(
        NotAllowed, match=r"not allowed to create leases.*get, patch, delete leases"
    ) as refused:
        Lease(as_user([])).hold()
    assert 'resources: ["leases"]' in str(refused.value)


def test_half_of_the_rights_leaves_no_lease_behind(
    as_user: Callable[[list[dict[str, Any]]], Kube], deployed: Kube
) -> None:
    half = [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create"]}]
    with pytest.raises(NotAllowed, match="not allowed to patch, delete leases"):
        Lease(as_user(half)).hold()
    assert deployed.find("Lease", lease_record.NAME) is None
