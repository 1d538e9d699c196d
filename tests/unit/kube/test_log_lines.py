"""Lines of a followed log: their times, what is known already, and the bound."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatrial.kube import logs
from seatrial.kube.logs import Life, PodLogs, _Follower
from seatrial.model.timeline import Clock

CLOCK = Clock(-1_700_000_000.0, 0.01, 0.0)
LIFE = Life("uid-1", "web-1", "web", "containerd://1")


def follower() -> _Follower:
    return _Follower(cast(Any, SimpleNamespace()), LIFE, None, lambda text: None)


def test_times_are_those_of_the_runtime() -> None:
    one = follower()
    one._take(
        [b"2023-11-14T22:13:20.5Z first", b"2023-11-14T22:13:21.123456789Z token=abcdef second", b"", b"torn"]
    )
    found = one.lines(CLOCK)
    assert [(round(line.at, 6), line.pod, line.text) for line in found] == [
        (0.5, "web-1", "first"),
        (1.123456, "web-1", "token=[hidden] second"),
    ]


def test_after_a_break_nothing_is_there_twice() -> None:
    """The server takes `sinceTime` by whole seconds, and leaves out zeroes at the end of a fraction."""
    one = follower()
    one._take([b"2023-11-14T22:13:20.1Z a", b"2023-11-14T22:13:20.15Z b"])
    one._take([b"2023-11-14T22:13:20.1Z a", b"2023-11-14T22:13:20.15Z b", b"2023-11-14T22:13:20.2Z c"])
    assert [line.text for line in one.lines(CLOCK)] == ["a", "b", "c"]


def test_what_the_kubelet_says_of_a_lost_log_is_no_line() -> None:
    """Taken for a time, its first word was asked for as the time from which to go on."""
    one = follower()
    one._take([b"2023-11-14T22:13:20.1Z a", b"unable to retrieve container logs for containerd://1"])
    assert [line.text for line in one.lines(CLOCK)] == ["a"]
    assert one._last == "2023-11-14T22:13:20.1Z"


def test_the_newest_lines_are_kept_within_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "CONTAINER_CHARACTERS", 200)
    monkeypatch.setattr(logs, "LINE_CHARACTERS", 30)
    one = follower()
    one._take([f"2023-11-14T22:13:2{n}Z {str(n) * 100}".encode() for n in range(9)])
    kept = [line.text for line in one.lines(CLOCK)]
    assert kept == [str(n) * 30 for n in (6, 7, 8)]
    assert one.left_out == 6


def status(container: str, state: str, identity: str = "containerd://1") -> dict[str, Any]:
    return {"name": container, "containerID": identity, "state": {state: {}}}


def test_each_life_of_a_container_is_followed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[Life, int | None]] = []
    monkeypatch.setattr(_Follower, "start", lambda self: begun.append((self._life, self._since_seconds)))
    followed = PodLogs(cast(Any, SimpleNamespace()), CLOCK)
    pod: dict[str, Any] = {"metadata": {"uid": "u", "name": "web-1"}, "status": {}}
    followed.see(pod, initial=True)
    pod["status"] = {
        "initContainerStatuses": [status("prepare", "terminated", "containerd://0")],
        "containerStatuses": [status("web", "running"), status("proxy", "waiting", "")],
    }
    followed.see(pod, initial=True)
    followed.see(pod, initial=False)
    pod["status"]["containerStatuses"][0] = status("web", "terminated", "containerd://2")
    followed.see(pod, initial=False)
    assert [(life.container, life.id[-1], since) for life, since in begun] == [
        ("web", "1", logs.BEFORE_SECONDS),
        ("web", "2", None),
    ]
