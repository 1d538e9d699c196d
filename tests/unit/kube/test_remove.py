"""Deleting an object and waiting until it is gone: which object, and until when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from seatrial.kube.client import Kube
from seatrial.kube.errors import Conflict, NotFound
from seatrial.waiting import WaitExpired

REFUSED: dict[str, Any] = {"status": 409, "reason": "", "details": {}}


def pod(uid: str, *finalizers: str) -> dict[str, Any]:
    return {"metadata": {"name": "web-1", "uid": uid, "finalizers": [*finalizers]}}


@dataclass
class Answers:
    """What the API server says, one after the other, the last for ever; None: there is no such object."""

    left: list[Any] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, verb: str, method: str, *_: Any, body: Any = None, **__: Any) -> Any:
        self.asked.append((method, (body or {}).get("preconditions")))
        answer = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if answer is None:
            raise NotFound("pods web-1 is not there", **REFUSED)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def kube(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Kube:
    """A client that reaches nothing."""
    kube = object.__new__(Kube)
    kube.listeners, kube.namespace, kube._discovered = [], "shop", {}
    monkeypatch.setattr(kube, "_json", answers)
    return kube


def test_it_waits_until_the_object_is_gone(kube: Kube, answers: Answers) -> None:
    answers.left = [{}, pod("u1"), pod("u1"), None]
    assert kube.remove("Pod", "web-1", within_seconds=5)
    assert [method for method, _ in answers.asked] == ["DELETE", "GET", "GET", "GET"]


def test_with_a_uid_another_of_its_name_is_not_waited_for(kube: Kube, answers: Answers) -> None:
    answers.left = [{}, pod("u1"), pod("u2")]
    assert kube.remove("Pod", "web-1", uid="u1", within_seconds=5)
    assert answers.asked[0] == ("DELETE", {"uid": "u1"})


@pytest.mark.parametrize("answer", [None, Conflict("it has another uid", **REFUSED)])
def test_what_was_gone_before_was_not_removed(kube: Kube, answers: Answers, answer: Any) -> None:
    answers.left = [answer]
    assert not kube.remove("Pod", "web-1", uid="u1", within_seconds=5)
    assert len(answers.asked) == 1


def test_what_stays_is_an_error_that_says_what_holds_it(kube: Kube, answers: Answers) -> None:
    answers.left = [{}, pod("u1", "kubernetes.io/pvc-protection")]
    with pytest.raises(WaitExpired) as caught:
        kube.remove("Pod", "web-1", within_seconds=0.01)
    assert "deletion of Pod/web-1" in str(caught.value)
    assert "held by kubernetes.io/pvc-protection" in str(caught.value)
