"""What the proxy before a dependency has counted, as it is kept in an observation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from seatrial.errors import SeatrialError
from seatrial.harness.looks import proxied as look_module
from seatrial.harness.looks.proxied import proxied
from seatrial.model.dependency import INTERPOSE, PHASES, Carried, Phase
from seatrial.traffic.attempts import Attempts, Trouble

CONTEXT: Any = SimpleNamespace(
    faults=[SimpleNamespace(fault=INTERPOSE, impossible="", details={"proxy": "seatrial-proxy-1"})],
    session=SimpleNamespace(kube=None),
)


def test_counts_and_phases_are_kept_as_a_judge_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = Attempts(lambda: 5.0)
    attempts.begin(Trouble("down"))
    attempts.connected()
    attempts.asked("10.0.0.9")
    told = {"trouble": "down", "refused": [], "phases": attempts.told(), "accepted": 1, "reset": 1}
    monkeypatch.setattr(look_module, "tell", lambda *_: told)
    (found,) = proxied(CONTEXT, 30.0)
    assert found.answered
    assert Carried.of(found.value) == Carried(accepted=1, reset=1)
    assert set(found.value) == {*Carried().plain(), PHASES}
    assert Phase.all_of(found.value)[-1] == [Phase("down", 0, 0.0, 0.0, 1, 1, {"10.0.0.9": 1})]


def test_a_proxy_that_does_not_answer_is_told_and_none_is_no_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(*_: object) -> None:
        raise SeatrialError("exec was refused")

    monkeypatch.setattr(look_module, "tell", silent)
    (found,) = proxied(CONTEXT, 30.0)
    assert (found.answered, found.reason) == (False, "exec was refused")
    assert list(proxied(SimpleNamespace(faults=[]), 30.0)) == []  # type: ignore[arg-type]
