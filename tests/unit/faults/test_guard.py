"""Undo on disk, inject, prove, settle, undo: in this order, whatever happens in between."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from stand_ins import Rehearsal, pod, recorder, system, timeline, workload

from seatrial.errors import FaultNotVerified, FaultRefused, SeatrialError
from seatrial.faults.injector import Injector, RevertFailed, Terminated
from seatrial.faults.revert import heal, pending
from seatrial.kube.timeline import Recorder

WHOLE = timeline(workload(12.0), pod("a", 12.0), pod("b", 12.0))


@pytest.fixture
def watched() -> Recorder:
    return recorder(WHOLE, system())


def test_the_undo_is_on_disk_when_the_fault_is_injected(tmp_path: Path, watched: Recorder) -> None:
    seen: list[str] = []

    def inject() -> None:
        (entry,) = pending(tmp_path)
        seen.append(entry.fault)

    with Injector(tmp_path) as guard:
        record = guard.inject(Rehearsal(inject), watched)
    assert seen == ["rehearsal"]
    assert pending(tmp_path) == []
    assert (record.fault, record.seed, record.workload) == ("rehearsal", 5, "web")
    assert (record.injected_at, record.verified_at, record.available_at, record.proof) == (
        10.0,
        11.0,
        12.0,
        "seen",
    )
    assert record.reverted_at is not None


def test_without_consent_nothing_is_planned_nor_written(tmp_path: Path) -> None:
    def inject() -> None:
        pytest.fail("injected without consent")

    with Injector(tmp_path) as guard, pytest.raises(FaultRefused, match="does not consent"):
        guard.inject(Rehearsal(inject), recorder(WHOLE, system(consent={"disruptive": False})))
    assert not (tmp_path / "undo").exists()


def test_a_journal_that_cannot_be_written_stops_the_injection(tmp_path: Path, watched: Recorder) -> None:
    def inject() -> None:
        pytest.fail("injected without an undo")

    (tmp_path / "undo").write_text("in the way")
    with Injector(tmp_path) as guard, pytest.raises(SeatrialError, match="cannot be written"):
        guard.inject(Rehearsal(inject), watched)


def test_a_fault_that_was_not_seen_is_undone_and_no_record(tmp_path: Path, watched: Recorder) -> None:
    with (
        Injector(tmp_path) as guard,
        pytest.raises(FaultNotVerified, match="its effect was not seen") as caught,
    ):
        guard.inject(Rehearsal(lambda: None, provable=False), watched)
    assert "nothing to see" in caught.value.where
    assert pending(tmp_path) == []


def test_an_injection_that_fails_is_undone(tmp_path: Path, watched: Recorder) -> None:
    def inject() -> None:
        raise SeatrialError("the server said no")

    with Injector(tmp_path) as guard:
        with pytest.raises(SeatrialError, match="the server said no"):
            guard.inject(Rehearsal(inject), watched)
        assert pending(tmp_path) == [], "at once, not only when the guard ends"


def test_a_kept_fault_stays_in_the_journal_until_the_guard_ends(tmp_path: Path, watched: Recorder) -> None:
    with Injector(tmp_path) as guard:
        record = guard.inject(Rehearsal(lambda: None), watched, keep=True)
        assert record.reverted_at is None
        assert [entry.id for entry in pending(tmp_path)] == [record.id]
    assert pending(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_a_signal_in_the_middle_undoes_on_the_way_out(
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
    with pytest.raises(error), Injector(tmp_path) as guard:  # noqa: PT012
        guard.inject(Rehearsal(lambda: os.kill(os.getpid(), number)), watched)
        pytest.fail("the signal was lost")
    assert pending(tmp_path) == []
    assert signal.getsignal(number) is handler


def test_an_undo_that_fails_is_an_error_and_stays_in_the_journal(
    tmp_path: Path, watched: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SeatrialError("the cluster does not answer")

    monkeypatch.setattr("seatrial.faults.revert.undo", refuse)
    monkeypatch.setattr("seatrial.faults.injector.REVERT_SECONDS", 0.1)
    with pytest.raises(RevertFailed, match="could not be undone") as caught, Injector(tmp_path) as guard:
        guard.inject(Rehearsal(lambda: None), watched)
    assert "seatrial heal" in caught.value.next_step
    assert len(pending(tmp_path)) == 1


def test_a_kept_fault_that_cannot_be_undone_makes_the_guard_fail(
    tmp_path: Path, watched: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SeatrialError("the cluster does not answer")

    monkeypatch.setattr("seatrial.faults.injector.REVERT_SECONDS", 0.1)
    with pytest.raises(RevertFailed, match="could not be undone"), Injector(tmp_path) as guard:  # noqa: PT012
        guard.inject(Rehearsal(lambda: None), watched, keep=True)
        monkeypatch.setattr("seatrial.faults.revert.undo", refuse)
    assert len(pending(tmp_path)) == 1


def test_what_ends_by_itself_is_healed_without_a_cluster(tmp_path: Path, watched: Recorder) -> None:
    record = Injector(tmp_path).inject(Rehearsal(lambda: None), watched, keep=True)
    (result,) = heal(tmp_path)
    assert result.done
    assert (result.entry.id, result.sentence) == (record.id, "it ends by itself, nothing to restore")
    assert heal(tmp_path) == []
