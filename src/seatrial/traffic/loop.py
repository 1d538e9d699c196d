"""What carries the driver: timers, sockets that are ready, names. Callbacks; no thread or greenlet a request.

`OwnLoop` is for a process that does nothing else. Inside Locust, whose loop is gevent's, the same driver runs
on `seatrial.load.greenlets`. Measured at 100 requests/s, gevent's takes twice the CPU.
"""

from __future__ import annotations

import heapq
import select
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

READABLE = selectors.EVENT_READ
WRITABLE = selectors.EVENT_WRITE
FOREVER_SECONDS = 1e6
"""Eleven days; what select() takes is bounded."""
MOST_CANCELLED = 50
"""How many cancelled timers may lie about: a deadline is cancelled long before its time."""


class Flag(Protocol):
    """Something that one side waits for and the other side sets."""

    def set(self) -> object: ...

    def is_set(self) -> bool: ...

    def wait(self, timeout: float | None = None) -> bool:
        """Let the loop run until it is set, at most `timeout` seconds; whether it is set."""
        ...


class Loop(Protocol):
    """What the driver asks of an event loop."""

    def flag(self) -> Flag:
        """A new one, not set."""
        ...

    def timer(self, seconds: float, callback: Callable[[], None]) -> Any:
        """Call back once, so many seconds from now; returns what `cancel` takes."""
        ...

    def cancel(self, timer: Any) -> None:
        """Do not call back; no matter whether it was done already."""
        ...

    def watch(self, descriptor: int, event: int, callback: Callable[[], None]) -> None:
        """Call back whenever the descriptor is READABLE, or WRITABLE; instead of what it was watched for."""
        ...

    def unwatch(self, descriptor: int) -> None:
        """Do not call back any more."""
        ...

    def forget(self, descriptor: int) -> None:
        """The same, before the descriptor is closed."""
        ...

    def look_up(self, host: str, port: int, callback: Callable[[Any], None]) -> None:
        """Find the (family, address) pairs of a name; calls back with their list, or with an OSError."""
        ...

    def socket(self, family: int) -> Any:
        """A TCP socket that does not block, and switches no greenlets."""
        ...

    def readable_now(self, descriptor: int) -> bool:
        """Whether there is something to read, or the end."""
        ...


class PlainSockets:
    """The part of a loop that is the same for all: sockets and polls that answer at once."""

    _new_socket: Callable[..., Any] = socket.socket
    _new_poll: Callable[[], Any] = select.poll

    def socket(self, family: int) -> Any:
        connection = self._new_socket(family, socket.SOCK_STREAM)
        connection.setblocking(False)
        return connection

    def readable_now(self, descriptor: int) -> bool:
        poll = self._new_poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))


class OwnLoop(PlainSockets):
    """For the one thread that waits for its flags. What a callback raises, the waiting raises."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        # epoll's or kqueue's own descriptor, which is readable when any in it is ready
        self._descriptor = (self._selector.fileno(),)
        self._registered: dict[int, int] = {}
        self._callbacks: dict[int, Callable[[], None]] = {}
        self._forgotten: set[int] = set()
        self._timers: list[list[Any]] = []
        self._made = self._cancelled = 0
        self._from_threads: deque[Callable[[], None]] = deque()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self.watch(self._woken.fileno(), READABLE, self._take_from_threads)

    def flag(self) -> Flag:
        return _OwnFlag(self)

    def timer(self, seconds: float, callback: Callable[[], None]) -> list[Any]:
        self._made += 1
        timer = [time.monotonic() + seconds, self._made, callback]
        heapq.heappush(self._timers, timer)
        return timer

    def cancel(self, timer: list[Any]) -> None:
        if timer[2] is None:
            return
        timer[2] = None
        self._cancelled += 1
        if self._cancelled > MOST_CANCELLED and 2 * self._cancelled > len(self._timers):
            self._timers[:] = [timer for timer in self._timers if timer[2] is not None]
            heapq.heapify(self._timers)
            self._cancelled = 0

    def watch(self, descriptor: int, event: int, callback: Callable[[], None]) -> None:
        self._callbacks[descriptor] = callback
        before = self._registered.get(descriptor)
        if before is None:
            self._selector.register(descriptor, event)
        elif before != event:
            self._selector.modify(descriptor, event)
        self._registered[descriptor] = event

    def unwatch(self, descriptor: int) -> None:
        # It stays registered: most are watched again soon, and system calls cost more than a stray event.
        self._callbacks.pop(descriptor, None)

    def forget(self, descriptor: int) -> None:
        self._callbacks.pop(descriptor, None)
        if self._registered.pop(descriptor, None) is not None:
            self._selector.unregister(descriptor)
            self._forgotten.add(descriptor)

    def look_up(self, host: str, port: int, callback: Callable[[Any], None]) -> None:
        threading.Thread(target=self._resolve, args=(host, port, callback), daemon=True).start()

    def run(self, flag: _OwnFlag, until: float) -> None:
        """Call back what is due until the flag is set, or until that monotonic time.

        Every step here is taken twice a request, so it is written out rather than spread over functions.
        """
        timers, monotonic = self._timers, time.monotonic
        while not flag.set_:
            while timers and timers[0][2] is None:
                heapq.heappop(timers)
                self._cancelled -= 1
            now = monotonic()
            if now >= until:
                return
            wait = (timers[0][0] if timers and timers[0][0] < until else until) - now
            # select() counts in microseconds, the selector's own wait may round up to the next millisecond.
            if select.select(self._descriptor, (), (), wait if wait > 0.0 else 0.0)[0]:
                self._call_back_descriptors()
            if timers and timers[0][0] <= monotonic():
                self._call_back_timers()

    def close(self) -> None:
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def _call_back_descriptors(self) -> None:
        self._forgotten.clear()
        for key, _ in self._selector.select(0):
            descriptor = key.fd
            callback = self._callbacks.get(descriptor)
            if descriptor in self._forgotten:
                continue  # The event was of a connection that a callback before has closed.
            if callback is not None:
                callback()
            else:
                self._selector.unregister(descriptor)
                del self._registered[descriptor]

    def _call_back_timers(self) -> None:
        timers, now = self._timers, time.monotonic()
        while timers and timers[0][0] <= now:
            timer = heapq.heappop(timers)
            callback, timer[2] = timer[2], None
            if callback is not None:
                callback()
            else:
                self._cancelled -= 1

    def _resolve(self, host: str, port: int, callback: Callable[[Any], None]) -> None:
        """In a thread of its own."""
        self._from_threads.append(partial(callback, addresses_of(socket.getaddrinfo, host, port)))
        self._waker.send(b"x")

    def _take_from_threads(self) -> None:
        self._woken.recv(1024)
        while self._from_threads:
            self._from_threads.popleft()()


class _OwnFlag:
    def __init__(self, loop: OwnLoop) -> None:
        self._loop = loop
        self.set_ = False

    def set(self) -> None:
        self.set_ = True

    def is_set(self) -> bool:
        return self.set_

    def wait(self, timeout: float | None = None) -> bool:
        self._loop.run(self, time.monotonic() + (FOREVER_SECONDS if timeout is None else timeout))
        return self.set_


def addresses_of(getaddrinfo: Callable[..., Any], host: str, port: int) -> list[tuple[int, Any]] | OSError:
    """The (family, address) pairs of a name, for `look_up`; the error when there is no such name."""
    try:
        found = getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        return error
    except UnicodeError:
        return socket.gaierror(socket.EAI_NONAME, "no name can be so")
    return [(family, address) for family, _, _, _, address in found]
