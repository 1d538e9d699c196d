"""Requests with a trace context, and the logs of the pods that they and their messages pass."""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from random import Random

from seatrial.errors import WaitExpired
from seatrial.harness.context import Context
from seatrial.harness.measuring import measurement
from seatrial.model.exchange import ExchangeOutcome
from seatrial.model.log import LogLine
from seatrial.model.measurement import Measurement
from seatrial.model.system import Journey
from seatrial.model.traced import TRACES, HopSeen, Traced, hops_of, traced_journeys
from seatrial.traffic.http import Http, NoAnswer
from seatrial.traffic.journey import compile_journey
from seatrial.traffic.template import Fill
from seatrial.waiting import NotYet, Ready, eventually

REQUESTS = 6
"""Of each journey: enough to meet both of two replicas, and too few to be a load."""
WITHIN_SECONDS = 20.0
"""How long a message may take to its last consumer, and its line to the log: Envoy writes every 10 s."""
CLOCK_SECONDS = 1.0
"""What a line's time may be wrong by."""
NAMES_A_TRACE = re.compile(r"trace[_.-]?(id|parent)[\"']?\s*[:=]\s*[\"']?(00-)?[0-9a-f]{16}", re.IGNORECASE)


@measurement(TRACES, sends_load=True)
def trace_context(context: Context, within_seconds: float) -> Iterator[Measurement]:
    """Sends each journey a few times with a trace of its own, and looks for it in the logs along its way."""
    began_at, session = time.monotonic(), context.session
    sent: dict[str, list[tuple[str, bool]]] = {}
    with session.http() as http:
        for name in traced_journeys(session.system):
            sent[name] = [_send(http, name, session.journey(name), number) for number in range(REQUESTS)]

    def look() -> dict[str, Traced]:
        written = _written(context, began_at - CLOCK_SECONDS)
        logs = context.recorder.logs()
        notes = () if logs is None else logs.notes
        every = [trace for traces in sent.values() for trace, _ in traces]
        found = {}
        for name, traces in sent.items():
            answered = [trace for trace, ok in traces if ok]
            hops = {
                role: hop_seen([line.text for line in written.get(role, ())], answered, every)
                for role in hops_of(session.system, name)
            }
            found[name] = Traced(len(traces), len(answered), hops, notes)
        return found

    def everywhere() -> Ready[None] | NotYet:
        lacking = [
            name for name, one in look().items()
            if any(hop.found < one.answered for hop in one.hops.values())
        ]  # fmt: skip
        return NotYet(f"not each trace of {', '.join(lacking)} is named") if lacking else Ready(None)

    with contextlib.suppress(WaitExpired):
        eventually(
            everywhere, within_seconds=min(within_seconds, WITHIN_SECONDS), every_seconds=1.0,
            what="each trace is named along its way",
        )  # fmt: skip
    for name, traced in look().items():
        yield traced.measurement(name, began_at, time.monotonic())


def _send(http: Http, name: str, journey: Journey, number: int) -> tuple[str, bool]:
    """Send one arrival with a sampled trace of its own; its id, and whether it was answered as expected."""
    compiled, trace = compile_journey(name, journey), secrets.token_hex(16)
    parent = f"00-{trace}-{secrets.token_hex(8)}-01"
    path, headers, body = compiled.request_of(Fill(number, Random(number)))
    try:
        answer = http.request(
            compiled.method, path, headers={**headers, "traceparent": parent},
            content=body.encode("latin-1") or None, timeout_seconds=compiled.timeout_seconds,
        )  # fmt: skip
    except NoAnswer:
        return trace, False
    return trace, compiled.outcome_of(answer.status)[0] is ExchangeOutcome.OK


def _written(context: Context, since: float) -> dict[str, list[LogLine]]:
    """What the pods of each role have written since then."""
    roles = {
        states[-1].name: states[-1].workload for states in context.recorder.snapshot().pods.values()
    }  # fmt: skip
    found: dict[str, list[LogLine]] = {}
    logs = context.recorder.logs()
    for line in () if logs is None else logs.lines:
        if line.at >= since:
            found.setdefault(roles.get(line.pod, ""), []).append(line)
    return found


def hop_seen(lines: Sequence[str], traces: Sequence[str], sent: Collection[str] = ()) -> HopSeen:
    """What these lines say of these traces; those of other journeys, in `sent`, count as no others."""
    written = [line.lower() for line in lines]
    text = "\n".join(written)
    mine = {*traces, *sent}
    others = sum(
        NAMES_A_TRACE.search(line) is not None and not any(trace in line for trace in mine)
        for line in written
    )
    return HopSeen(len(lines), others, sum(trace in text for trace in traces))
