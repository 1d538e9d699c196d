"""In the journal, injected, verified, available, reverted: in this order, whatever happens in between."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from stand_ins import Rehearsal, pod, recorder, system, timeline, workload

from seatrial.errors import FaultNotVerified, FaultRefused, SeatrialError
from seatrial.faults.injector import Injector, RevertFailed
from seatrial.faults.revert import pending, revert_all
from seatrial.faults.signals import Terminated
from seatrial.kube.timeline import Recorder

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
