"""In the journal, injected, verified, available, reverted: in this order, whatever happens in between."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from stand_ins import Rehearsal, pod, recorder, system, timeline, workload

from seatrial.errors import BadInput, FaultNotVerified, FaultRefused, NotAllowed, SeatrialError
from seatrial.faults.base import FaultBlocked, Impossible
from seatrial.faults.effects.scaled import Scaled
from seatrial.faults.injector import Injector, RevertFailed
from seatrial.faults.revert import pending, revert_all
from seatrial.faults.signals import Terminated
from seatrial.kube.timeline import Recorder
from seatrial.model.failure import verdict_of
from seatrial.model.fault import Target
from seatrial.model.right import Right
from seatrial.model.verdict import Outcome
from seatrial.waiting import NotYet

AVAILABLE = timeline(workload(12.0), pod("a", 12.0), pod("b", 12.0))


@pytest.fixture
def watched() -> Recorder:
    return recorder(AVAILABLE, system())


def test_it_is_in_the_journal_when_the_fault_is_injected(tmp_path: Path, watched: Recorder) -> None:
    seen: list[str] = []

    def inject() -> None:
        (entry,) = pending(tmp_path)
        seen.append(entry.fault)

    with Injector(tmp_path) as injector:
        record = injector.inject(Rehearsal(inject), watched)
    assert seen == ["rehearsal"]
    assert pending(tmp_path) == []
    assert (record.fault, record.seed, record.workload) == ("rehearsal", 5, "web")
    assert (record.injected_at, record.verified_at, record.available_at, record.effect) == (
        10.0,
        11.0,
        12.0,
        "seen",
    )
    assert record.reverted_at is not None


def test_without_consent_nothing_is_planned_nor_written(tmp_path: Path) -> None:
    def inject() -> None:
        pytest.fail("injected without consent")

    with Injector(tmp_path) as injector, pytest.raises(FaultRefused, match="does not consent"):
        injector.inject(Rehearsal(inject), recorder(AVAILABLE, system(consent={"disruptive": False})))
    assert not (tmp_path / "journal").exists()


def test_a_journal_that_cannot_be_written_stops_the_injection(tmp_path: Path, watched: Recorder) -> None:
    def inject() -> None:
        pytest.fail("injected without a journal")

    (tmp_path / "journal").write_text("in the way")
    with Injector(tmp_path) as injector, pytest.raises(SeatrialError, match="cannot be written"):
        injector.inject(Rehearsal(inject), watched)


def test_a_fault_that_was_not_seen_is_reverted_and_no_record(tmp_path: Path, watched: Recorder) -> None:
    with (
        Injector(tmp_path) as injector,
        pytest.raises(FaultNotVerified, match="its effect was not seen") as caught,
    ):
        injector.inject(Rehearsal(lambda: None, verifiable=False), watched)
    assert "nothing to see" in caught.value.where
    assert pending(tmp_path) == []


def test_an_injection_that_fails_is_reverted(tmp_path: Path, watched: Recorder) -> None:
    def inject() -> None:
        raise SeatrialError("the server said no")

    with Injector(tmp_path) as injector:
        with pytest.raises(SeatrialError, match="the server said no"):
            injector.inject(Rehearsal(inject), watched)
        assert pending(tmp_path) == [], "at once, not only when the injector ends"


def test_a_held_fault_stays_in_the_journal_until_the_injector_ends(tmp_path: Path, watched: Recorder) -> None:
    with Injector(tmp_path) as injector:
        record = injector.inject(Rehearsal(lambda: None), watched, held=True)
        assert record.reverted_at is None
        assert [entry.id for entry in pending(tmp_path)] == [record.id]
    assert pending(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_a_signal_in_the_middle_reverts_on_the_way_out(
    tmp_path: Path,
    watched: Recorder,
    request: pytest.FixtureRequest,
    number: signal.Signals,
    error: type[BaseException],
) -> None:
    def handler(*_: object) -> None:
        pytest.fail("the signal went to the handler of before")

    before = signal.signal(number, handler)
    request.addfinalizer(lambda: signal.signal(number, before))
    with pytest.raises(error), Injector(tmp_path) as injector:  # noqa: PT012
        injector.inject(Rehearsal(lambda: os.kill(os.getpid(), number)), watched)
        pytest.fail("the signal was lost")
    assert pending(tmp_path) == []
    assert signal.getsignal(number) is handler


def test_a_revert_that_fails_is_an_error_and_stays_in_the_journal(
    tmp_path: Path, watched: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SeatrialError("the cluster does not answer")

    monkeypatch.setattr("seatrial.faults.revert.revert", refuse)
    monkeypatch.setattr("seatrial.faults.injector.RETRY_SECONDS", 0.1)
    with pytest.raises(RevertFailed, match="could not be reverted") as caught, Injector(tmp_path) as injector:
        injector.inject(Rehearsal(lambda: None), watched)
    assert "seatrial revert" in caught.value.next_step
    assert len(pending(tmp_path)) == 1


def test_a_held_fault_that_cannot_be_reverted_makes_the_injector_fail(
    tmp_path: Path, watched: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SeatrialError("the cluster does not answer")

    monkeypatch.setattr("seatrial.faults.injector.RETRY_SECONDS", 0.1)
    with pytest.raises(RevertFailed, match="could not be reverted"), Injector(tmp_path) as injector:  # noqa: PT012
        injector.inject(Rehearsal(lambda: None), watched, held=True)
        monkeypatch.setattr("seatrial.faults.revert.revert", refuse)
    assert len(pending(tmp_path)) == 1


def test_what_ends_by_itself_is_reverted_without_a_cluster(tmp_path: Path, watched: Recorder) -> None:
    record = Injector(tmp_path).inject(Rehearsal(lambda: None), watched, held=True)
    (result,) = revert_all(tmp_path)
    assert result.done
    assert (result.entry.id, result.sentence) == (record.id, "it ends by itself, nothing to restore")
    assert revert_all(tmp_path) == []


def test_an_impossible_fault_is_recorded_and_touches_nothing(tmp_path: Path, watched: Recorder) -> None:
    def inject() -> None:
        pytest.fail("injected what is impossible")

    with Injector(tmp_path) as injector:
        record = injector.inject(Rehearsal(inject, impossible="2 - 2 = 0"), watched, held=True)
        assert (record.impossible, record.verified_at, record.available_at) == ("2 - 2 = 0", None, None)
        assert not record.verified
        assert injector.open == []
        assert injector.release(record) is record
    assert not (tmp_path / "journal").exists()


def test_one_that_is_blocked_in_the_trying_is_reverted_and_recorded(
    tmp_path: Path, watched: Recorder
) -> None:
    def inject() -> None:
        target = Target("Node", "", "n", "uid-n")
        raise FaultBlocked(Impossible(target, "web", 5, "2 - 2 = 0", {"tried": True}))

    with Injector(tmp_path) as injector:
        record = injector.inject(Rehearsal(inject), watched, held=True)
        assert (record.impossible, record.verified, record.details) == ("2 - 2 = 0", False, {"tried": True})
        assert record.target.name == "n"
        assert injector.open == []
        assert injector.release(record) is record
    assert pending(tmp_path) == []


def test_faults_overlap_and_are_released_in_any_order(tmp_path: Path, watched: Recorder) -> None:
    with Injector(tmp_path) as injector:
        first = injector.inject(Rehearsal(), watched, held=True)
        second = injector.inject(Rehearsal(), watched, held=True)
        assert first.held
        assert first.available_at is None
        assert injector.open == [first.id, second.id]
        released = injector.release(first)
        assert injector.open == [second.id]
        assert [entry.id for entry in pending(tmp_path)] == [second.id]
        assert released.id == first.id
        assert released.held
        assert released.reverted_at is not None
        assert released.available_at == released.reverted_at, "available from the moment that it was reverted"
        assert released.details["revert"] == "it ends by itself, nothing to restore"
        assert injector.release(second).id == second.id
        with pytest.raises(BadInput, match="is not open"):
            injector.release(first)
    assert pending(tmp_path) == []


class Workloads:
    """What the effect `scaled` asks of a cluster: how many replicas a workload wants."""

    def __init__(self, **replicas: int) -> None:
        self.replicas = replicas
        self.context, self.namespace, self.kubeconfig = "kind-x", "shop", Path("/nowhere/kubeconfig")

    def get(self, kind: str, name: str) -> dict[str, Any]:
        wanted, metadata = self.replicas[name], {"name": name, "uid": f"uid-{name}", "generation": 1}
        status = {"observedGeneration": 1, "readyReplicas": wanted}
        return {"metadata": metadata, "spec": {"replicas": wanted}, "status": status}

    find = get

    def scale(self, kind: str, name: str, replicas: int) -> None:
        self.replicas[name] = replicas


def scaled(name: str, written: int) -> Scaled:
    return Scaled("Deployment", name, f"uid-{name}", 2, written)


def test_two_faults_that_write_the_same_do_not_overlap(tmp_path: Path, watched: Recorder) -> None:
    kube: Any = Workloads(web=2, api=2, jobs=2)
    watched.kube = kube
    with Injector(tmp_path) as injector:
        injector.inject(Rehearsal(effects=(scaled("web", 1),)), watched, held=True)
        injector.inject(Rehearsal(effects=(scaled("api", 3),)), watched, held=True)
        with pytest.raises(
            FaultRefused, match="would change replicas of deployment/web, which rehearsal has"
        ):
            injector.inject(Rehearsal(effects=(scaled("jobs", 1), scaled("web", 0))), watched, held=True)
        assert kube.replicas == {"web": 1, "api": 3, "jobs": 2}
        sentences = [result.sentence for result in injector.revert_all()]
        assert sentences == ["deployment/api scaled back to 2", "deployment/web scaled back to 2"]
    assert kube.replicas == {"web": 2, "api": 2, "jobs": 2}


def test_one_effect_that_fails_does_not_keep_the_others_from_being_reverted(
    tmp_path: Path, watched: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatrial.faults.injector.RETRY_SECONDS", 0.1)
    kube: Any = Workloads(web=2, api=2)
    watched.kube = kube
    with pytest.raises(RevertFailed, match="could not be reverted"), Injector(tmp_path) as injector:  # noqa: PT012
        injector.inject(Rehearsal(effects=(scaled("web", 1), scaled("api", 3))), watched, held=True)

        def find(kind: str, name: str) -> dict[str, Any]:
            if name == "api":
                raise SeatrialError("the cluster does not answer")
            return kube.get(kind, name)

        kube.find = find
    assert kube.replicas == {"web": 2, "api": 3}
    assert len(pending(tmp_path)) == 1


def test_a_fault_that_never_becomes_available_is_held_then_reverted_and_waited_for(
    tmp_path: Path, watched: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatrial.faults.placed.HOLD_MARGIN_SECONDS", 0.2)
    with Injector(tmp_path) as injector:
        record = injector.inject(Rehearsal(available=False, hold_seconds=0.3), watched)
    assert not record.held
    assert record.verified_at is not None
    assert record.reverted_at is not None
    assert record.reverted_at - record.verified_at >= 0.3
    assert record.available_at == record.reverted_at
    with Injector(tmp_path) as injector:
        fault = Rehearsal(available=False, hold_seconds=1000)
        held = injector.inject(fault, watched, held=True)
        assert isinstance(fault.held_enough(fault.plan(watched), watched, time.monotonic()), NotYet)
        assert injector.release(held).available_at is not None


def test_a_workload_that_is_not_available_in_time_is_recorded_so(tmp_path: Path) -> None:
    lacking = recorder(timeline(workload(12.0), pod("a", 12.0)), system())
    with Injector(tmp_path) as injector:
        record = injector.inject(Rehearsal(), lacking)
    assert record.verified
    assert record.available_at is None
    assert record.reverted_at is not None


class TestRights:
    @pytest.fixture
    def guarded(self, watched: Recorder, monkeypatch: pytest.MonkeyPatch) -> Recorder:
        """A user who may do nothing, and a fault that needs one right."""
        monkeypatch.setattr(Rehearsal, "rights", (Right(("get", "delete"), "Pod"),))
        watched.kube.can_i = lambda *_, **__: False  # type: ignore[method-assign]
        watched.kube.server = "https://nowhere"  # type: ignore[misc]
        return watched

    def test_a_fault_whose_right_lacks_is_neither_planned_nor_written(
        self, tmp_path: Path, guarded: Recorder
    ) -> None:
        with Injector(tmp_path) as injector, pytest.raises(NotAllowed, match="get, delete pods") as caught:
            injector.inject(Rehearsal(lambda: pytest.fail("injected")), guarded)
        assert "`seatrial rights --disruptive`" in caught.value.next_step
        assert not (tmp_path / "journal").exists()

    @pytest.mark.parametrize("when", ["inject", "verify", "available"])
    def test_a_right_that_lacks_in_the_act_is_an_error_and_what_was_done_is_reverted(
        self, tmp_path: Path, watched: Recorder, monkeypatch: pytest.MonkeyPatch, when: str
    ) -> None:
        def lacking(*_: object) -> None:
            raise NotAllowed("not allowed to delete pods", next_step="Bind it.")

        monkeypatch.setattr(Rehearsal, when, lacking)
        with Injector(tmp_path) as injector, pytest.raises(SeatrialError, match="not allowed") as caught:
            injector.inject(Rehearsal(), watched)
        assert not isinstance(caught.value, NotAllowed)
        assert "rehearsal on pod/a could not be carried out" in caught.value.what
        assert verdict_of(caught.value).outcome is Outcome.ERROR
        assert pending(tmp_path) == []
