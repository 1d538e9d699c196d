"""A kept connection that the server closes while the proxy still keeps it is seen without any reset."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dry_session import Dry, subject

from seatrial.errors import BadInput
from seatrial.harness.observe import bound, observe
from seatrial.judge.idle import bursts, idle_connections
from seatrial.kube.connections import listed
from seatrial.model.connection import CONNECTIONS, PodConnection
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.fault import NONE
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.scenario import SCENARIOS, Subject
from seatrial.model.step import IDLE, Measure, Traffic
from seatrial.model.timeline import Change, Clock, PodSeen, Timeline
from seatrial.model.verdict import Outcome, Verdict
from seatrial.traffic.schedule import Bursts, parse
from seatrial.traffic.stream import TrafficStream

GAPS = (2.0, 5.5, 11.0)
SENT_AT = (100.0, 102.0, 107.5, 118.5)
LOOKS = (99.0, 100.2, 100.6, 101.0, 101.4, 101.8, 102.3, 103.0, 104.0, 106.0, 108.0, 110.0, 119.0, 121.0)
GATEWAY, POD = "10.244.1.5", "catalogue-0"


def exchange(at: float, error: str = "") -> Exchange:
    outcome = ExchangeOutcome.UNKNOWN if error else ExchangeOutcome.OK
    return Exchange(round(at * 10), "browse", at, at, at + 0.01, outcome, error=error)


def kept(
    port: int, opened_at: float, closed_after: float, *, by_server: bool, peer: str = GATEWAY
) -> list[tuple]:
    """(moment, connection) for each look: established, and then what its closing leaves behind."""
    seen = []
    for at in LOOKS:
        if opened_at < at < opened_at + closed_after:
            seen.append((at, PodConnection(8080, peer, port, "established")))
        elif by_server and opened_at + closed_after <= at:
            seen.append((at, PodConnection(8080, peer, port, "time-wait")))
    return seen


def observed(
    *connections: list[tuple], failed: dict[float, str] | None = None, sent_at: tuple[float, ...] = SENT_AT
) -> Observation:
    """Two requests at each moment, and one pod that was looked at."""
    exchanges = [
        exchange(at, (failed or {}).get(at, "") if number else "") for at in sent_at for number in range(2)
    ]
    looks = [
        Measurement(
            CONNECTIONS, POD, at - 0.05, at, MeasurementOutcome.ANSWERED,
            {"connections": [one.plain() for each in connections for when, one in each if when == at]},
        )
        for at in LOOKS
    ]  # fmt: skip
    gateway = PodSeen(
        1.0, Change.ADDED, "gateway-7", "g", "", "worker", GATEWAY, "Running", True, 0, (), "", None, None,
        None, None, False,
    )  # fmt: skip
    timeline = Timeline(0.0, 200.0, Clock(0.0, 0.1, 0.0), (gateway,))
    arm = Arm(tuple(exchanges), timeline=timeline, measurements=tuple(looks))
    return Observation({TROUBLE: arm}, target="catalogue", journey="browse", disruption=NONE)


def without_looks(seen: Observation, reason: str = "") -> Observation:
    looks = seen.trouble.measurements
    if reason:
        looks = tuple(
            replace(one, outcome=MeasurementOutcome.COULD_NOT_TRY, value={}, reason=reason) for one in looks
        )
    else:
        looks = ()
    return replace(seen, arms={TROUBLE: replace(seen.trouble, measurements=looks)})


SHORT = (kept(1, 100.0, 1.2, by_server=True), kept(2, 100.0, 1.2, by_server=True))
SOUND = (kept(1, 100.0, 1.2, by_server=False), kept(2, 100.0, 1.2, by_server=False))


class TestWhoClosesFirst:
    def test_a_server_that_closes_first_is_red_though_every_request_was_answered(self) -> None:
        verdict = idle_connections(observed(*SHORT))
        assert verdict.outcome is Outcome.FAILED
        assert verdict.observed == (
            "0 of 6 requests after 2.0 to 11.0 idle seconds failed; pods of catalogue closed 2 idle "
            "connections of pod gateway-7 first, 1.00 s to 1.40 s after their last request"
        )
        assert "keep-alive timeout is shorter than the proxy keeps idle connections" in verdict.next_step
        assert "less than 1.00 s at the proxy" in verdict.next_step
        assert verdict.numbers["idle_closed_by_pods"] == 2

    def test_a_proxy_that_closes_first_is_right(self) -> None:
        verdict = idle_connections(observed(*SOUND))
        assert verdict.outcome is Outcome.PASSED
        assert "2 connections seen at the pods, none closed by them while idle" in verdict.observed

    @pytest.mark.parametrize(
        "connections",
        [
            # One alone may be a scrape that happened to come then.
            (kept(1, 100.0, 1.2, by_server=True), kept(2, 100.0, 1.2, by_server=True, peer="10.244.2.9")),
            # Closed with the answer, as announced: never seen idle twice.
            (kept(1, 100.0, 0.3, by_server=True), kept(2, 100.0, 0.3, by_server=True)),
            # Closed while the next requests were sent: perhaps by what they brought.
            (kept(1, 100.0, 2.1, by_server=True), kept(2, 100.0, 2.1, by_server=True)),
        ],
        ids=["one of each peer", "at once", "under the next requests"],
    )
    def test_what_shows_no_idle_timeout_is_none(self, connections: tuple) -> None:
        assert idle_connections(observed(*connections)).outcome is Outcome.PASSED

    def test_connections_that_were_there_before_are_somebody_elses(self) -> None:
        others = [[(99.0, PodConnection(8080, GATEWAY, n, "established")), *SHORT[0]] for n in (1, 2)]
        others = [[(at, replace(one, peer_port=n)) for at, one in each] for n, each in enumerate(others)]
        verdict = idle_connections(observed(*others))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "none of their connections was seen" in verdict.observed

    def test_probes_that_come_all_the_time_are_no_evidence(self) -> None:
        def gone(port: int, at: float, peer: str) -> list[tuple]:
            return [(look, PodConnection(8080, peer, port, "time-wait")) for look in LOOKS if look >= at]

        probes = [gone(1, 100.2, "10.244.2.1"), gone(2, 101.4, "10.244.2.1")]
        assert idle_connections(observed(*probes)).outcome is Outcome.INCONCLUSIVE
        # A proxy that keeps no connection comes only when requests are sent.
        once = [gone(3, 100.2, GATEWAY), gone(4, 102.3, GATEWAY)]
        verdict = idle_connections(observed(*probes, *once))
        assert verdict.outcome is Outcome.PASSED
        assert verdict.numbers["connections_seen"] == 2

    def test_a_longer_timeout_is_found_after_a_later_gap(self) -> None:
        late = [kept(n, 102.0, 4.5, by_server=True) for n in (1, 2)]
        verdict = idle_connections(observed(*late, sent_at=(100.0, 102.0, 118.5)))
        assert verdict.outcome is Outcome.FAILED
        assert "4.00 s to 6.00 s after their last request" in verdict.observed


class TestRequests:
    def test_a_request_that_fails_after_an_idle_time_is_red_with_its_gap(self) -> None:
        verdict = idle_connections(observed(*SOUND, failed={107.5: "status 503"}))
        assert verdict.outcome is Outcome.FAILED
        assert (
            "1 of 6 requests after 2.0 to 11.0 idle seconds failed: 1 of 2 after 5.5 s (1x status 503)"
            in (verdict.observed)
        )
        assert "something between clients and pods forgets idle connections" in verdict.next_step
        assert idle_connections(without_looks(observed(failed={107.5: "x"}))).outcome is Outcome.FAILED

    def test_the_first_requests_are_the_control(self) -> None:
        verdict = idle_connections(observed(*SHORT, failed={100.0: "connection refused"}))
        assert verdict.outcome is Outcome.ERROR
        assert "1 of 2 requests over new connections failed" in verdict.observed

    def test_without_a_gap_or_without_a_look_there_is_no_pass(self) -> None:
        assert idle_connections(observed(*SOUND, sent_at=(100.0,))).outcome is Outcome.INCONCLUSIVE
        assert idle_connections(observed(sent_at=())).outcome is Outcome.INCONCLUSIVE
        assert idle_connections(without_looks(observed(*SOUND))).outcome is Outcome.INCONCLUSIVE
        unread = idle_connections(without_looks(observed(*SOUND), "no cat in the container"))
        assert unread.outcome is Outcome.UNSUPPORTED
        assert "no cat in the container" in unread.observed

    def test_what_was_planned_together_is_one_burst(self) -> None:
        sent = bursts([exchange(at) for at in (1.0, 1.2, 1.6, 2.2, 0.9)])
        assert [len(burst) for burst in sent] == [3, 1, 1]


class TestScenario:
    def test_it_crosses_usual_timeouts_within_its_bound(self) -> None:
        plan = SCENARIOS.get("idle-connections").plan(subject())
        (stream,) = [step for step in plan if isinstance(step, Traffic)]
        assert stream.behaviour == IDLE
        schedule = parse(stream.arrivals)
        assert isinstance(schedule, Bursts)
        for timeout_seconds in (1, 5, 10, 15, 20, 30, 60, 65):
            assert any(gap > timeout_seconds for gap in schedule.gaps)
        assert schedule.duration_seconds < 90
        (_, look) = [step for step in plan if isinstance(step, Measure)]
        assert max(look.arguments["looks_seconds"]) > schedule.duration_seconds
        assert look.within_seconds > max(look.arguments["looks_seconds"])
        assert bound(plan).at_most_seconds < 300
        assert bound(plan).expected_seconds > schedule.duration_seconds

    def test_what_sends_needs_consent_though_nothing_is_disturbed(self, dry: Dry) -> None:
        text = dry_text(disruptive=False)
        made = observe(dry.session(text), dry.run, SCENARIOS.get("idle-connections"), subject(text=text))
        assert made.failure is not None
        assert made.failure.outcome is Outcome.SKIPPED
        assert dry.world.done == []

    def test_a_behaviour_that_there_is_not_is_refused(self, dry: Dry, tmp_path: Path) -> None:
        from seatrial.harness.session import Session

        with pytest.raises(BadInput, match="no client behaves as 'lazy'"):
            Session.stream(dry.session(), Traffic("look", behaviour="lazy"), tmp_path)


def dry_text(*, disruptive: bool) -> str:
    from dry_session import SYSTEM

    return SYSTEM.replace("disruptive: true", f"disruptive: {str(disruptive).lower()}")


class TestSchedule:
    def test_bursts_are_planned_at_once_and_after_each_gap(self) -> None:
        schedule = parse("bursts:2:1.5,3")
        assert list(schedule.planned()) == [0, 0, 1.5, 1.5, 4.5, 4.5]
        assert schedule.duration_seconds == 4.5

    @pytest.mark.parametrize(
        "text", ["bursts:0:1", "bursts:2:0", "bursts:2:-1", "bursts:x:1", "bursts:2", "bursts:2:"]
    )
    def test_what_plans_nothing_is_refused(self, text: str) -> None:
        with pytest.raises(BadInput):
            parse(text)


class TestKernelsList:
    TEXT = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10001        0 1
   1: 0702F40A:1F90 0501F40A:C350 01 00000000:00000000 00:00000000 00000000 10001        0 2
   2: 0702F40A:1F90 0501F40A:C351 06 00000000:00000000 03:00000F9C 00000000     0        0 0
   3: 0702F40A:1F90 0501F40A:C352 08 00000000:00000000 00:00000000 00000000 10001        0 3
   4: 0702F40A:A0B0 0901F40A:1538 01 00000000:00000000 00:00000000 00000000 10001        0 4
   5: 0100007F:1F90 0100007F:A0B0 01 00000000:00000000 00:00000000 00000000 10001        0 5
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000
   1: 0000000000000000FFFF00000702F40A:1F91 0000000000000000FFFF00000501F40A:C353 05 00000000:00000000
"""

    def test_connections_to_listening_ports_are_read_with_their_states(self) -> None:
        assert listed(self.TEXT) == [
            PodConnection(8080, "10.244.1.5", 50000, "established"),
            PodConnection(8080, "10.244.1.5", 50001, "time-wait"),
            PodConnection(8080, "10.244.1.5", 50002, "close-wait"),
            PodConnection(8081, "10.244.1.5", 50003, "fin-wait"),
        ]

    def test_this_machines_own_list_can_be_read(self) -> None:
        text = Path("/proc/net/tcp").read_text()
        assert all(isinstance(one, PodConnection) for one in listed(text))


class Forgetful:
    """Answers, and resets a connection whose next request comes after an idle time: it has forgotten it."""

    def __init__(self, idle_seconds: float) -> None:
        self.idle_seconds = idle_seconds
        self.port = 0
        self.started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    def run(self) -> None:
        asyncio.run(self._main())

    def stop(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stop.set)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        await self._stop.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        used_at: float | None = None
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                now = asyncio.get_running_loop().time()
                if used_at is not None and now - used_at > self.idle_seconds:
                    writer.transport.abort()
                    return
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                used_at = now
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@pytest.fixture
def forgetful() -> Iterator[str]:
    server = Forgetful(0.4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.started.wait(10)
    yield f"http://127.0.0.1:{server.port}"
    server.stop()
    thread.join(10)


@pytest.mark.parametrize(
    ("behaviour", "fails"), [({}, False), ({"idle_seconds": None, "fresh_every": 0}, True)]
)
def test_only_clients_that_keep_idle_connections_meet_one_that_was_forgotten(
    forgetful: str, tmp_path: Path, behaviour: dict, fails: bool
) -> None:
    """The usual clients drop a connection that is idle for 3 s, here for 0.2 s, so they can never see it."""
    usual = behaviour or {"idle_seconds": 0.2}
    journey = {"request": {"path": "/"}, "expect": {"status": 200}}
    schedule = "bursts:3:0.1,0.8"
    with TrafficStream(forgetful, "look", journey, schedule=schedule, directory=tmp_path, **usual) as stream:
        stream.wait_until_ended(within_seconds=20)
    exchanges, _ = stream.stop()
    assert [one.ok for one in exchanges[:6]] == [True] * 6
    assert [one.ok for one in exchanges[6:]] == [not fails] * 3


def test_the_verdict_of_such_a_stream_is_red() -> None:
    """Requests that fail after a gap need no look at any pod to be red."""
    verdict: Verdict = idle_connections(without_looks(observed(failed={118.5: "connection reset"})))
    assert verdict.outcome is Outcome.FAILED
    assert "1 of 2 after 11.0 s (1x connection reset)" in verdict.observed


def test_it_applies_to_stateless_http1_journeys_only() -> None:
    scenario = SCENARIOS.get("idle-connections")
    assert not scenario.lacking(subject())
    text = dry_text(disruptive=True).replace("stateless: true", "stateful: true")
    assert [str(need) for need in scenario.lacking(Subject("basket", subject(text=text).system))] == [
        "kept-connections"
    ]
