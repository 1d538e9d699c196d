"""Attempts at the proxy are counted by what it does meanwhile and by caller, with real connections."""

from __future__ import annotations

import asyncio

import pytest
from standing_proxy import HERE, Clock, answered_once, asked, connected, run

from seatrial.model.dependency import Phase
from seatrial.traffic.attempts import MOST_CALLERS, Attempts, Trouble
from seatrial.traffic.proxy import Proxy
from seatrial.traffic.wrong import TURN_SECONDS, is_request

GET = b"GET / HTTP/1.1\r\n\r\n"
OTHER = "127.0.0.2"


async def phases(made: Proxy) -> list[list[Phase]]:
    return Phase.all_of(await made.told({}))


async def shows(made: Proxy, attempts: int) -> Phase:
    """The phase of now, when it has so many attempts: the proxy reads when it comes to it."""
    while (phase := (await phases(made))[-1][-1]).attempts < attempts:
        await asyncio.sleep(0)
    return phase


def test_requests_are_counted_over_a_kept_connection_and_other_questions_are_not() -> None:
    async def test(made: Proxy, port: int) -> None:
        reader, writer = await connected(port)
        for question in (GET, b"GET /x HTTP/1.0\r\n\r\n"):
            writer.write(question)
            await reader.readline()
            await reader.readline()
        await asked(reader, writer)
        ((phase,),) = await phases(made)
        assert (phase.trouble, phase.connections, phase.attempts) == ("none", 1, 2)
        assert phase.callers == {HERE: 2}

    run(test)


def test_where_it_is_down_each_connection_is_an_attempt_of_its_caller() -> None:
    async def test(made: Proxy, port: int) -> None:
        kept = await connected(port)
        await asked(*kept)
        await made.told({"trouble": {"kind": "down"}})
        for by in (HERE, OTHER, OTHER):
            with pytest.raises(ConnectionResetError):
                await answered_once(port, GET, by)
        await made.told({"trouble": {"kind": "none"}})
        await asked(*await connected(port))
        before, down, after = await phases(made)
        assert [one[0].trouble for one in (before, down, after)] == ["none", "down", "none"]
        assert (before[0].connections, before[0].attempts) == (1, 0), "no HTTP came"
        assert (down[0].connections, down[0].attempts) == (3, 3), "the one that existed is none"
        assert down[0].callers == {HERE: 1, OTHER: 2}
        assert (after[0].connections, after[0].attempts) == (1, 0)

    run(test)


def test_where_it_is_slow_requests_count_when_they_are_asked() -> None:
    async def test(made: Proxy, port: int) -> None:
        await made.told({"trouble": {"kind": "slow", "delay_seconds": 60.0}})
        for by in (HERE, OTHER):
            _, writer = await connected(port, by)
            writer.write(GET)
        phase = await shows(made, 2)
        assert (phase.trouble, phase.callers) == ("slow", {HERE: 1, OTHER: 1})

    run(test)


def test_where_it_is_wrong_each_answer_has_a_count_of_its_own_and_a_time() -> None:
    clock = Clock()

    async def test(made: Proxy, port: int) -> None:
        clock.now += 5.0
        await made.told({"trouble": {"kind": "wrong"}})
        for _ in range(3):
            await answered_once(port, GET)
        clock.now += TURN_SECONDS
        await answered_once(port, GET, OTHER)
        clock.now += 2 * TURN_SECONDS + 0.5
        await answered_once(port, GET)
        await made.told({"trouble": {"kind": "none"}})
        before, wrong, after = await phases(made)
        assert (before[0].after_seconds, before[0].lasted_seconds) == (0.0, 5.0)
        assert [phase.turn for phase in wrong] == [0, 1, 2, 0], (
            "nobody asked in the third, and the first comes again"
        )
        assert [phase.attempts for phase in wrong] == [3, 1, 0, 1]
        assert [phase.callers for phase in wrong] == [{HERE: 3}, {OTHER: 1}, {}, {HERE: 1}]
        assert [phase.after_seconds for phase in wrong] == [0.0, 2.0, 4.0, 6.0]
        assert [phase.lasted_seconds for phase in wrong] == [2.0, 2.0, 2.0, 0.5]
        assert after[0].lasted_seconds == 0.0

    run(test, clock=clock)


def test_what_is_no_request_is_no_attempt_where_answers_are_wrong() -> None:
    async def test(made: Proxy, port: int) -> None:
        await made.told({"trouble": {"kind": "wrong"}})
        with pytest.raises(ConnectionResetError):
            await answered_once(port, b"PRI * HTTP/2.0\r\n\r\n")
        phase = (await phases(made))[-1][-1]
        assert (phase.connections, phase.attempts) == (1, 0)

    run(test)


def test_to_be_told_the_same_trouble_again_begins_nothing() -> None:
    async def test(made: Proxy, port: int) -> None:
        for kind in ("none", "down", "down", "none", "none"):
            await made.told({"trouble": {"kind": kind}})
        assert [one[0].trouble for one in await phases(made)] == ["none", "down", "none"]

    run(test)


def test_a_line_within_a_body_is_no_request() -> None:
    assert is_request(b"DELETE /a?b=%20 HTTP/1.0\n\n")
    assert not is_request(b'{"asked": "GET / HTTP/1.1"}\r\n')
    assert not is_request(b"GET / HTTP/2\r\n")
    assert not is_request(b"\r\nGET / HTTP/1.1\r\n")


def test_only_so_many_callers_are_named_and_all_are_counted() -> None:
    attempts = Attempts(Clock())
    attempts.begin(Trouble("down"))
    for number in range(MOST_CALLERS + 7):
        attempts.asked(f"10.0.0.{number}")
    told = attempts.told()[-1]
    assert (told["attempts"], len(told["callers"])) == (MOST_CALLERS + 7, MOST_CALLERS)
