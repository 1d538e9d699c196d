"""Following the logs of pods, so that those of pods that are gone by the end are in the evidence."""

from __future__ import annotations

import contextlib
import datetime
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seatrial.errors import ClusterUnreachable
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.clock import server_time
from seatrial.kube.errors import ApiRefused, Forbidden, NotFound, refused
from seatrial.kube.evidence import redact_text
from seatrial.kube.kinds import KNOWN
from seatrial.model.log import LogLine, Logs
from seatrial.model.right import Right
from seatrial.model.timeline import Clock

LINE_CHARACTERS = 1000
CONTAINER_CHARACTERS = 2_000_000
"""Of each container the newest; an access log of 100 lines a second fills it in a minute."""
MOST_CONTAINERS = 100
"""More are not followed: each takes a connection."""
BEFORE_SECONDS = 5
"""What a container that runs already wrote before the observation, so that a reader sees where it stood."""
SILENCE_SECONDS = 300.0
RETRY_SECONDS = 1.0
MOST_RETRIES = 10
JOIN_SECONDS = 2.0
_NANOSECONDS = 9
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Life:
    """One life of one container."""

    uid: str
    pod: str
    container: str
    id: str


class PodLogs:
    """Follows every container that `see` is told of, from then until `stop`.

    Args:
        kube: the namespace of the pods.
        clock: maps the times of the lines.
    """

    def __init__(self, kube: Kube, clock: Clock) -> None:
        self._kube = kube
        self._clock = clock
        self._lock = threading.Lock()
        self._followers: dict[Life, _Follower] = {}
        self._past: set[Life] = set()
        self._notes: list[str] = []
        self._stopped = False

    def see(self, pod: Object, *, initial: bool) -> None:
        """Begin to follow the containers of a pod that have started and are not followed yet.

        Args:
            initial: whether the pod was there when the observation began.
        """
        status, metadata = pod.get("status") or {}, pod["metadata"]
        for each in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
            life = Life(
                metadata["uid"], metadata["name"], str(each["name"]), str(each.get("containerID") or "")
            )
            state = each.get("state") or {}
            if not life.id or not ("running" in state or "terminated" in state):
                continue
            if initial and "terminated" in state:
                self._past.add(life)  # an init container, or a Job, that ended before
            if life not in self._past:
                self._follow(life, since_seconds=BEFORE_SECONDS if initial else None)

    def stop(self) -> None:
        """End all threads; what they have is kept."""
        with self._lock:
            self._stopped = True
            followers = list(self._followers.values())
        for follower in followers:
            follower.stop()
        ends_at = time.monotonic() + JOIN_SECONDS
        for follower in followers:
            follower.join(max(ends_at - time.monotonic(), 0.0))

    def logs(self) -> Logs:
        """What was written so far, without secrets; call it when nothing is measured any more."""
        with self._lock:
            followers = list(self._followers.values())
            notes = tuple(dict.fromkeys(self._notes))
        lines = [line for follower in followers for line in follower.lines(self._clock)]
        lines.sort(key=lambda line: line.at)
        return Logs(tuple(lines), sum(follower.left_out for follower in followers), notes)

    def _follow(self, life: Life, *, since_seconds: int | None) -> None:
        with self._lock:
            if self._stopped or life in self._followers:
                return
            if len(self._followers) >= MOST_CONTAINERS:
                self._notes.append(f"only {MOST_CONTAINERS} containers were followed")
                return
            follower = _Follower(self._kube, life, since_seconds, self._note)
            self._followers[life] = follower
        follower.start()

    def _note(self, text: str) -> None:
        with self._lock:
            self._notes.append(text)


RIGHTS = (
    Right(("get",), "Pod", "log", without="what pods write explains nothing and shows nobody who answered"),
)


class _Follower(threading.Thread):
    """Reads one container's log to its end."""

    def __init__(
        self, kube: Kube, life: Life, since_seconds: int | None, note: Callable[[str], None]
    ) -> None:
        super().__init__(name=f"log-{life.pod}-{life.container}", daemon=True)
        self._kube = kube
        self._life = life
        self._since_seconds = since_seconds
        self._note = note
        self._stopping = threading.Event()
        self._response: Any = None
        self._kept: deque[str] = deque()
        self._characters = 0
        self._last = ""
        self.left_out = 0

    def stop(self) -> None:
        self._stopping.set()
        if self._response is not None:
            with contextlib.suppress(ValueError, RuntimeError, OSError, AttributeError):
                self._response.shutdown()

    def run(self) -> None:
        problem = ""
        for _ in range(MOST_RETRIES):
            known = self._last
            try:
                self._read()
                if self._last == known:
                    return  # the container ended, and nothing is left to read
            except (Forbidden, NotFound) as error:
                if isinstance(error, Forbidden):
                    self._note(f"no logs of pods: {error.what}; {error.next_step}")
                return
            except (ApiRefused, ClusterUnreachable) as error:
                problem = error.what  # it is just being started or ended, or its node is away
            except Exception as error:
                # Whatever the connection threw while it was cut or silent.
                problem = type(error).__name__
            if self._stopping.wait(RETRY_SECONDS):
                return
        self._note(
            f"the log of {self._life.pod} was followed no more after {MOST_RETRIES} breaks ({problem})"
        )

    def lines(self, clock: Clock) -> list[LogLine]:
        """What was read so far, but for lines that have no time."""
        found: list[LogLine] = []
        for line in list(self._kept):
            stamp, _, text = line.partition(" ")
            at = _moment(stamp, clock)
            if at is not None:
                cut = redact_text(text[:LINE_CHARACTERS])
                found.append(LogLine(at, self._life.pod, self._life.container, cut))
        return found

    def _read(self) -> None:
        query: dict[str, Any] = {"container": self._life.container, "follow": "true", "timestamps": "true"}
        if self._last:
            query["sinceTime"] = self._last
        elif self._since_seconds is not None:
            query["sinceSeconds"] = self._since_seconds
        resource = KNOWN["Pod"]
        path = resource.path(self._kube.namespace, self._life.pod, "log")
        response = self._kube.transport.open("GET", path, query=query, timeout_seconds=SILENCE_SECONDS)
        self._response = response
        try:
            if response.status >= 400:
                call = self._kube.describe("get", resource, self._life.pod, self._kube.namespace, "log")
                raise refused(call, response.status, response.read())
            rest = b""
            for chunk in response.stream(None):
                *lines, rest = (rest + chunk).split(b"\n")
                self._take(lines)
                if self._stopping.is_set():
                    return
            self._take([rest])
        finally:
            self._response = None
            response.close()

    def _take(self, lines: list[bytes]) -> None:
        for raw in lines:
            line = raw.decode("utf-8", "replace")
            stamp = line.partition(" ")[0]
            # After a break the server gives whole seconds again: what is known is left out.
            # What has no time was not written by the container: the kubelet says that it lost the log.
            if not _STAMP.fullmatch(stamp) or (self._last and _sortable(stamp) <= _sortable(self._last)):
                continue
            self._last = stamp
            kept = line[: LINE_CHARACTERS + len(stamp) + 1]
            self._kept.append(kept)
            self._characters += len(kept)
        while self._characters > CONTAINER_CHARACTERS:
            self._characters -= len(self._kept.popleft())
            self.left_out += 1


def _sortable(stamp: str) -> str:
    """An RFC 3339 time in UTC with all nine digits: a runtime leaves out zeroes at the end."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    return f"{whole}.{fraction:0<{_NANOSECONDS}}"


def _moment(stamp: str, clock: Clock) -> float | None:
    """A time with nanoseconds as monotonic seconds; None for what is none."""
    whole, point, fraction = stamp.rstrip("Z").partition(".")
    try:
        text = f"{whole}{point}{fraction[:6]}+00:00" if stamp.endswith("Z") else stamp
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return server_time(text, clock)
