"""What the metrics API says of the pods, polled: it cannot be watched."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from seatrial.errors import ClusterUnreachable
from seatrial.kube import records
from seatrial.kube.client import Kube
from seatrial.kube.errors import ApiRefused
from seatrial.model.right import Right, autoscaled
from seatrial.model.timeline import Clock, UsageSeen

RIGHTS = (
    Right(("list",), "PodMetrics", without="an autoscaler's decisions are not explained", when=autoscaled),
)
POLL_SECONDS = 1.0


class UsagePoll(threading.Thread):
    """Delivers each pod's usage once for each window that was measured, in a thread of its own.

    A cluster without the metrics API, or one that forbids it, is noted once; it is asked again, for the API
    may come up later.

    Args:
        kube: the namespace to ask about.
        clock: maps the API's times.
        deliver: called in this thread.
        note: called with a sentence when the API refuses.
    """

    def __init__(
        self,
        kube: Kube,
        clock: Clock,
        deliver: Callable[[UsageSeen], None],
        note: Callable[[str], None],
    ) -> None:
        super().__init__(name="poll-usage", daemon=True)
        self._kube = kube
        self._clock = clock
        self._deliver = deliver
        self._note = note
        self._stopping = threading.Event()
        self._told = False
        self._known: dict[str, UsageSeen] = {}

    def stop(self) -> None:
        """Ask the thread to end; `join` afterwards."""
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            try:
                self._poll()
            except (ApiRefused, ClusterUnreachable) as error:
                if not self._told:
                    self._told = True
                    self._note(f"no usage of pods: {error.what}; {error.next_step}")

    def _poll(self) -> None:
        answers = self._kube.objects("PodMetrics")
        at = time.monotonic()
        present = {seen.pod: seen for seen in (records.usage_seen(o, at, self._clock) for o in answers)}
        for name in [name for name in self._known if name not in present]:
            gone = self._known.pop(name)
            self._deliver(UsageSeen(at, name, gone.measured_at, gone.window_seconds, {}))
        for name, seen in present.items():
            before = self._known.get(name)
            if before is None or before.measured_at != seen.measured_at:
                self._known[name] = seen
                self._deliver(seen)
