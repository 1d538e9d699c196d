"""Trouble of a dependency by way of the proxy before it: planned, verified by its counts, and reverted."""

from __future__ import annotations

from typing import Any

import pytest
from proxied_store import SHOP, Server, pod, watching

from seatrial.faults import disturb_dependency
from seatrial.faults.base import Impossible
from seatrial.faults.disturb_dependency import DisturbDependency, deadline_of
from seatrial.faults.effects import proxy_trouble
from seatrial.faults.effects.proxy_trouble import ProxyTrouble
from seatrial.waiting import NotYet, Ready

PROXY = ("Pod", pod("seatrial-proxy-1", labels={"seatrial.dev/before": "db"}))


def disturbed(monkeypatch: pytest.MonkeyPatch, counts: dict[str, int], **arguments: Any) -> Any:
    monkeypatch.setattr(disturb_dependency, "tell", lambda *_: dict(counts))
    fault = DisturbDependency("store", **arguments)
    watched = watching(PROXY)
    return fault, fault.plan(watched), watched


def test_answers_are_held_back_for_twice_the_longest_deadline_and_for_longer_than_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, plan, _ = disturbed(monkeypatch, {}, kind="slow")
    assert deadline_of(SHOP, "store") == 7.0
    assert plan.effects[0].trouble == {"kind": "slow", "delay_seconds": 14.0}
    assert plan.hold_seconds == 9.0
    _, plan, _ = disturbed(monkeypatch, {}, kind="slow", delay_seconds=2.0, hold_seconds=30.0)
    assert (plan.effects[0].trouble["delay_seconds"], plan.hold_seconds) == (2.0, 30.0)
    _, plan, _ = disturbed(monkeypatch, {})
    assert (plan.effects[0].trouble, plan.hold_seconds) == ({"kind": "down"}, 6.0)


@pytest.mark.parametrize(("kind", "counter"), [("down", "reset"), ("slow", "delayed"), ("wrong", "wrong")])
def test_trouble_is_verified_by_what_met_it_since(
    monkeypatch: pytest.MonkeyPatch, kind: str, counter: str
) -> None:
    counts = {"reset": 3, "delayed": 3, "wrong": 3, "requests": 1}
    fault, plan, watched = disturbed(monkeypatch, counts, kind=kind)
    assert isinstance(fault.verify(plan, watched, 0.0), NotYet), "3 are of before"
    counts[counter] = 5
    found = fault.verify(plan, watched, 0.0)
    assert found.value.words.startswith("2 ")


def test_it_is_available_when_somebody_was_answered_since_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"answered": 3}
    fault, plan, watched = disturbed(monkeypatch, counts)
    assert isinstance(fault.available(plan, watched, 0.0), NotYet)
    assert isinstance(fault.available(plan, watched, 0.0), NotYet)
    counts["answered"] = 4
    assert isinstance(fault.available(plan, watched, 0.0), Ready)


def test_what_does_not_speak_http_cannot_be_answered_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    _, found, _ = disturbed(monkeypatch, {"asked": 9}, kind="wrong")
    assert isinstance(found, Impossible)
    assert found.reason == "nobody speaks HTTP/1 to Service db, so no answer can be made wrong"
    _, plan, _ = disturbed(monkeypatch, {"requests": 1}, kind="wrong", hold_seconds=5.0)
    assert (plan.effects[0].trouble, plan.hold_seconds) == ({"kind": "wrong"}, 5.0)


def test_without_a_proxy_nothing_is_disturbed() -> None:
    found = DisturbDependency("store").plan(watching())
    assert isinstance(found, Impossible)
    assert found.reason == "no proxy stands before Service db"


def test_reverting_lets_all_pass_unless_the_proxy_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    effect = ProxyTrouble("seatrial-proxy-1", "uid-seatrial-proxy-1", {"kind": "down"})
    told: list[Any] = []

    def answer(_kube: Any, name: str, message: Any) -> dict[str, int]:
        told.append((name, message))
        return {"reset": 7, "delayed": 0, "wrong": 1}

    monkeypatch.setattr(proxy_trouble, "tell", answer)
    here: Any = Server(PROXY)
    effect.apply(here)
    assert effect.revert(here) == (
        "pod/seatrial-proxy-1 lets all pass again; since it began 7 connections reset, 0 answers held back, "
        "1 wrong"
    )
    troubles = [message["trouble"] for _, message in told]
    assert troubles == [{"kind": "down"}, {"kind": "none"}]
    gone: Any = Server()
    assert effect.revert(gone) == "pod/seatrial-proxy-1 is gone, and its trouble with it"
    other: Any = Server(("Pod", pod("seatrial-proxy-1", uid="another")))
    assert "is gone" in effect.revert(other)
    ended: Any = Server(("Pod", pod("seatrial-proxy-1") | {"status": {"phase": "Failed"}}))
    assert "has ended" in effect.revert(ended)
    assert len(told) == 2
