"""One list and watch of one kind, in a thread of its own."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from typing import Any

from seatrial.errors import ClusterUnreachable
from seatrial.kube.api import Object
from seatrial.kube.client import Kube
from seatrial.kube.errors import ApiRefused, Forbidden, refused
from seatrial.model.timeline import Change

# The server ends a watch after this; it is then resumed from the last version without a loss.
WATCH_SECONDS = 300
# The server sends a bookmark each minute, so a longer silence means a dead connection.
SILENCE_SECONDS = 75.0
# A break shorter than the sampling lag that is promised is no gap.
TOLERATED_BREAK_SECONDS = 0.1
RETRY_SECONDS = 0.25

Deliver = Callable[[Object, Change, float, bool], None]
"""(object, change, monotonic arrival, whether it comes from the first list)"""


class Watch(threading.Thread):
    """Delivers every change of a kind, in the order of arrival.

    Args:
        kube: the namespace to watch; cluster-scoped kinds are watched as a whole.
        kind: the kind.
        deliver: called in this thread for each change.
        gap: called with the span in which changes may be missing or were stamped late.
        note: called with a sentence when the watch cannot be kept.
    """

    def __init__(
        self,
        kube: Kube,
        kind: str,
        deliver: Deliver,
        gap: Callable[[float, float], None],
        note: Callable[[str], None],
    ) -> None:
        super().__init__(name=f"watch-{kind}", daemon=True)
        self.kind = kind
        self.established = threading.Event()
        self._kube = kube
        self._resource = kube.resource(kind)
        self._deliver = deliver
        self._gap = gap
        self._note = note
        self._stopping = threading.Event()
        self._response: Any = None
        self._version = ""
        self._known: dict[str, Object] = {}
        self._listed = False
        self._broken_since: float | None = None
        self._heard_at = time.monotonic()
        self.last_error = ""
        self.forbidden: Forbidden | None = None

    def stop(self) -> None:
        """Ask the thread to end and cut its connection; `join` afterwards."""
        self._stopping.set()
        if self._response is not None:
            with contextlib.suppress(ValueError, RuntimeError, OSError, AttributeError):
                self._response.shutdown()

    def open_gap(self) -> float | None:
        """Since when the watch is broken, or None."""
        return self._broken_since

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                if not self._version:
                    self._list()
                self._stream()
                self._broken(time.monotonic())
                continue
            except Forbidden as error:
                self._broken(self._heard_at)
                self.forbidden = error
                self._note(f"no watch on {self._resource.plural}: {error.what}; {error.next_step}")
                self.established.set()
                return
            except ApiRefused as error:
                # Too old a version, mostly; after the restore of a backup, one from the future. List anew.
                self._version = ""
                self.last_error = error.what
            except ClusterUnreachable as error:
                self.last_error = error.what
            except Exception as error:
                # Whatever the connection threw while it was cut or died; the next round tells.
                self.last_error = f"{type(error).__name__}: {error}"
            self._broken(self._heard_at)
            self._stopping.wait(RETRY_SECONDS)

    def _broken(self, since: float) -> None:
        if self._broken_since is None and self._listed and not self._stopping.is_set():
            self._broken_since = since

    def _whole_again(self) -> None:
        now = time.monotonic()
        if self._broken_since is not None and now - self._broken_since > TOLERATED_BREAK_SECONDS:
            self._gap(self._broken_since, now)
        self._broken_since = None
        self._heard_at = now
        self.established.set()

    def _list(self) -> None:
        path = self._resource.path(self._kube.namespace)
        answer = self._kube.transport.send("GET", path, timeout_seconds=self._kube.timeout_seconds)
        at = time.monotonic()
        if answer.status >= 400:
            raise refused(self._describe("list"), answer.status, answer.body)
        decoded = json.loads(answer.body)
        present = {item["metadata"]["uid"]: item for item in decoded.get("items") or ()}
        for uid in [uid for uid in self._known if uid not in present]:
            self._emit(self._known[uid], Change.DELETED, at)
        for uid, item in present.items():
            before = self._known.get(uid)
            if before is None:
                self._emit(item, Change.ADDED, at, initial=not self._listed)
            elif before["metadata"]["resourceVersion"] != item["metadata"]["resourceVersion"]:
                self._emit(item, Change.MODIFIED, at)
        self._version = str(decoded["metadata"]["resourceVersion"])
        self._listed = True

    def _stream(self) -> None:
        query = {
            "watch": "true",
            "resourceVersion": self._version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": WATCH_SECONDS,
        }
        path = self._resource.path(self._kube.namespace)
        response = self._kube.transport.open("GET", path, query=query, timeout_seconds=SILENCE_SECONDS)
        self._response = response
        try:
            if response.status >= 400:
                raise refused(self._describe("watch"), response.status, response.read())
            if self._stopping.is_set():
                return  # it was told so before there was a connection to cut
            self._whole_again()
            rest = b""
            for chunk in response.stream(None):
                at = self._heard_at = time.monotonic()
                if self._stopping.is_set():
                    return
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line.strip():
                        self._change(line, at)
        finally:
            self._response = None
            response.close()

    def _change(self, line: bytes, at: float) -> None:
        event = json.loads(line)
        kind, item = event["type"], event["object"]
        if kind == "ERROR":
            status = int(item.get("code") or 500)
            raise refused(self._describe("watch"), status, json.dumps(item).encode())
        self._version = str(item["metadata"]["resourceVersion"])
        if kind != "BOOKMARK":
            self._emit(item, Change(kind.lower()), at)

    def _emit(self, item: Object, change: Change, at: float, *, initial: bool = False) -> None:
        uid = item["metadata"]["uid"]
        if change is Change.DELETED:
            self._known.pop(uid, None)
        else:
            self._known[uid] = item
        item.setdefault("kind", self._resource.kind)
        self._deliver(item, change, at, initial)

    def _describe(self, verb: str) -> Any:
        return self._kube.describe(verb, self._resource, "", self._kube.namespace)
