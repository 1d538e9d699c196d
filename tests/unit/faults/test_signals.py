"""Signals that come at once are one wish; a later one is a wish of its own."""

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from stand_ins import Rehearsal, pod, recorder, system, timeline, workload

from seatrial.chaos.experiment import Experiment
from seatrial.faults import injector
from seatrial.faults.injector import Injector
from seatrial.faults.revert import pending
from seatrial.faults.signals import ONE_WISH_SECONDS, Interrupts, Terminated


def test_what_follows_at_once_is_not_heard_and_what_follows_later_is() -> None:
    now = 100.0
    interrupts = Interrupts(lambda: now)
    with pytest.raises(Terminated):
        interrupts(signal.SIGTERM, None)
    now += ONE_WISH_SECONDS / 2
    interrupts(signal.SIGTERM, None)
    interrupts(signal.SIGINT, None)
    now += ONE_WISH_SECONDS
    with pytest.raises(KeyboardInterrupt):
        interrupts(signal.SIGINT, None)


def test_a_parent_that_dies_thread_by_thread_does_not_keep_its_child_from_reverting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel sends a signal for each thread; the second comes when the revert is about to begin."""
    held_back = injector.uninterrupted
    watched = recorder(timeline(workload(12.0), pod("a", 12.0), pod("b", 12.0)), system())

    def as_it_begins():
        if pending(tmp_path):
            os.kill(os.getpid(), signal.SIGTERM)
        return held_back()

    monkeypatch.setattr(injector, "uninterrupted", as_it_begins)
    with pytest.raises(Terminated), Injector(tmp_path) as hit:
        hit.inject(Rehearsal(lambda: os.kill(os.getpid(), signal.SIGTERM)), watched)
    assert pending(tmp_path) == []


def test_an_experiment_that_is_interrupted_at_its_end_closes_what_reverts_its_faults() -> None:
    class Part:
        def end(self, *_: object) -> None:
            raise KeyboardInterrupt

    closed: list[str] = []
    experiment = Experiment.__new__(Experiment)
    experiment.current, experiment.run, experiment._session = Part(), None, None
    experiment._resources = ExitStack()
    experiment._resources.callback(lambda: closed.append("the injector"))
    with pytest.raises(KeyboardInterrupt):
        experiment.end({}, None)
    assert closed == ["the injector"]


def test_an_experiment_that_was_interrupted_does_not_wait_for_what_it_would_have_seen() -> None:
    told: list[object] = []

    class Part:
        def end(self, _session: object, _run: object, failure: BaseException | None) -> None:
            told.append(failure)
            raise RuntimeError("enough")

    for status in ("interrupted", "completed"):
        experiment = Experiment.__new__(Experiment)
        experiment.current, experiment.run, experiment._session = Part(), None, None
        experiment._resources = ExitStack()
        with pytest.raises(RuntimeError, match="enough"):
            experiment.end({"status": status}, None)
    assert isinstance(told[0], KeyboardInterrupt)
    assert told[1] is None
