"""What Seatrial asks the API server to change is told to whoever records it, unless it was refused."""

from __future__ import annotations

import time
from typing import Any

import pytest

from seatrial.errors import ClusterUnreachable
from seatrial.kube.client import Kube
from seatrial.kube.errors import ApiRefused
from seatrial.model.ledger import ActSeen


@pytest.fixture
def kube() -> Kube:
    """A client that reaches nothing: what it sends is answered by `answers`."""
    kube = object.__new__(Kube)
    kube.listeners, kube.namespace, kube._discovered = [], "shop", {}
    return kube


def acts_of(kube: Kube, monkeypatch: pytest.MonkeyPatch, answer: Any = None) -> list[ActSeen]:
    told: list[ActSeen] = []

    def send(*_: Any, **__: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return {}

    monkeypatch.setattr(kube, "_json", send)
    kube.listeners.append(told.append)
    return told


def test_every_change_is_told_with_what_it_is_about(kube: Kube, monkeypatch: pytest.MonkeyPatch) -> None:
    told, since = acts_of(kube, monkeypatch), time.monotonic()
    web = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    kube.delete("Pod", "web-1", uid="u1")
    kube.evict("web-2", uid="u2")
    kube.patch("Deployment", "web", {})
    kube.scale("StatefulSet", "store", 2)
    kube.apply(web)
    kube.create(web)
    assert [(act.verb, act.kind, act.name, act.uid) for act in told] == [
        ("delete", "Pod", "web-1", "u1"),
        ("evict", "Pod", "web-2", "u2"),
        ("patch", "Deployment", "web", ""),
        ("patch", "StatefulSet", "store", ""),
        ("apply", "Deployment", "web", ""),
        ("create", "Deployment", "web", ""),
    ]
    assert all(since <= act.at <= time.monotonic() for act in told)


def test_what_changes_nothing_is_not_told(kube: Kube, monkeypatch: pytest.MonkeyPatch) -> None:
    told = acts_of(kube, monkeypatch)
    kube.patch("Deployment", "web", {}, dry_run=True)
    kube.patch("Lease", "seatrial", {})
    kube.get("Pod", "web-1")
    assert told == []


def test_what_was_refused_is_not_told_and_what_nobody_knows_is(
    kube: Kube, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = ApiRefused("no", status=409, reason="", details={})
    told = acts_of(kube, monkeypatch, refused)
    with pytest.raises(ApiRefused):
        kube.delete("Pod", "web-1")
    assert told == []
    unknown = acts_of(kube, monkeypatch, ClusterUnreachable("no answer in time"))
    with pytest.raises(ClusterUnreachable):
        kube.delete("Pod", "web-1")
    assert [act.name for act in unknown] == ["web-1"]
