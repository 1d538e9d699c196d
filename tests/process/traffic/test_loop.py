"""Both loops keep the contract of `traffic.loop.Loop`, for the driver is the same on both."""

import socket
import time
from collections.abc import Iterator

import pytest

from seatrial.load.greenlets import GeventLoop
from seatrial.traffic.loop import READABLE, WRITABLE, Loop, OwnLoop

BOUND = 20.0
"""Seconds in which anything must have happened on the slowest machine."""


@pytest.fixture(params=[OwnLoop, GeventLoop])
def loop(request) -> Iterator[Loop]:
    made = request.param()
    yield made
    if isinstance(made, OwnLoop):
        made.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    near.setblocking(False)
    with near, far:
        yield near, far


def pause(loop: Loop, seconds: float = 0.05) -> None:
    assert not loop.flag().wait(seconds)


def test_timers_call_in_the_order_of_their_times_and_not_before(loop) -> None:
    began, called, done = time.monotonic(), list[float](), loop.flag()
    loop.timer(0.1, done.set)
    loop.timer(0.05, lambda: called.append(time.monotonic() - began))
    loop.timer(0.0, lambda: called.append(0.0))
    cancelled = loop.timer(0.02, lambda: called.append(-1.0))
    loop.cancel(cancelled)
    assert done.wait(BOUND)
    assert called[0] == 0.0
    assert [call >= 0.05 for call in called[1:]] == [True]
    assert time.monotonic() - began >= 0.1
    loop.cancel(cancelled)


def test_a_timer_counts_from_when_it_was_made_however_long_ago_the_loop_woke(loop) -> None:
    called, done = list[float](), loop.flag()

    def busy() -> None:
        time.sleep(0.1)
        began = time.monotonic()
        loop.timer(0.05, lambda: (called.append(time.monotonic() - began), done.set()))

    loop.timer(0.0, busy)
    assert done.wait(BOUND)
    assert called[0] >= 0.05


def test_a_flag_waits_no_longer_than_it_is_told(loop) -> None:
    flag = loop.flag()
    assert not flag.wait(0.02)
    loop.timer(0.0, flag.set)
    assert flag.wait()
    assert flag.is_set()
    assert flag.wait(0.0)


def test_a_descriptor_is_told_until_nobody_watches(loop, pair) -> None:
    near, far = pair
    done = loop.flag()
    loop.watch(near.fileno(), READABLE, done.set)
    pause(loop)
    far.send(b"x")
    assert done.wait(BOUND)

    told = list[str]()
    loop.watch(near.fileno(), WRITABLE, lambda: (told.append("writable"), loop.unwatch(near.fileno())))
    pause(loop)
    assert told == ["writable"]
    assert loop.readable_now(near.fileno())
    near.recv(10)
    assert not loop.readable_now(near.fileno())


def test_what_nobody_watches_costs_nothing(loop, pair) -> None:
    near, far = pair
    loop.watch(near.fileno(), READABLE, lambda: None)
    loop.unwatch(near.fileno())
    far.send(b"nobody asked")
    pause(loop)
    began = time.process_time()
    pause(loop, 0.3)
    assert time.process_time() - began < 0.15, "it turns without end"

    done = loop.flag()
    loop.watch(near.fileno(), READABLE, done.set)
    assert done.wait(BOUND), "it is told when somebody asks again"


def test_the_number_of_a_closed_descriptor_may_come_again(loop) -> None:
    for _ in range(3):
        near, far = socket.socketpair()
        done = loop.flag()
        loop.watch(near.fileno(), READABLE, done.set)
        far.send(b"x")
        assert done.wait(BOUND)
        loop.forget(near.fileno())
        near.close()
        far.close()


def test_no_event_reaches_a_successor_of_the_same_number(loop) -> None:
    """Two are readable at once; the first one told closes the other, whose number goes to a quiet one."""
    told, done = list[str](), loop.flag()
    pairs = [socket.socketpair() for _ in range(2)]
    quiet = list[tuple[socket.socket, socket.socket]]()

    def first(number: int) -> None:
        for near, far in pairs:
            loop.forget(near.fileno())
            near.close()
            far.close()
        quiet.append(socket.socketpair())
        loop.watch(quiet[0][0].fileno(), READABLE, lambda: told.append("successor"))
        told.append("first")
        loop.timer(0.05, done.set)

    for number, (near, far) in enumerate(pairs):
        loop.watch(near.fileno(), READABLE, lambda number=number: first(number))
        far.send(b"x")
    assert done.wait(BOUND)
    assert told == ["first"]
    loop.forget(quiet[0][0].fileno())
    for end in quiet[0]:
        end.close()


@pytest.mark.parametrize("name", ["no-such-host.invalid", "x" * 64 + ".invalid", ".."])
def test_a_name_is_found_or_not(loop, name) -> None:
    found, done = list[object](), loop.flag()
    loop.look_up("localhost", 80, lambda ways: (found.append(ways), done.set()))
    assert done.wait(BOUND)
    assert (socket.AF_INET, ("127.0.0.1", 80)) in found[0]

    done = loop.flag()
    loop.look_up(name, 80, lambda ways: (found.append(ways), done.set()))
    assert done.wait(BOUND)
    assert isinstance(found[1], socket.gaierror)
