"""gevent's event loop, for the driver inside Locust; see `seatrial.traffic.loop`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import gevent.socket
from gevent import monkey
from gevent.event import Event

from seatrial.traffic.loop import Flag, PlainSockets, addresses_of


class GeventLoop(PlainSockets):
    """The hub's. What a callback raises is printed by the hub."""

    # Locust has these patched to switch greenlets; in a callback of the loop they must answer at once.
    _new_socket = staticmethod(monkey.get_original("socket", "socket"))
    _new_poll = staticmethod(monkey.get_original("select", "poll"))

    def __init__(self) -> None:
        self._loop = gevent.get_hub().loop
        self._watchers: dict[int, Any] = {}

    def flag(self) -> Flag:
        flag: Flag = Event()
        return flag

    def timer(self, seconds: float, callback: Callable[[], None]) -> Any:
        timer = self._loop.timer(seconds)
        # Counted from now; by itself the loop counts from when it last woke, which would be too early.
        timer.start(callback, update=True)
        return timer

    def cancel(self, timer: Any) -> None:
        timer.stop()
        timer.close()

    def watch(self, descriptor: int, event: int, callback: Callable[[], None]) -> None:
        self.unwatch(descriptor)
        watcher = self._watchers[descriptor] = self._loop.io(descriptor, event)
        watcher.start(callback)

    def unwatch(self, descriptor: int) -> None:
        watcher = self._watchers.pop(descriptor, None)
        if watcher is not None:
            watcher.stop()
            watcher.close()

    def forget(self, descriptor: int) -> None:
        self.unwatch(descriptor)

    def look_up(self, host: str, port: int, callback: Callable[[Any], None]) -> None:
        gevent.spawn(lambda: callback(addresses_of(gevent.socket.getaddrinfo, host, port)))
