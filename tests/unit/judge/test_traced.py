"""Who names the traces of requests along their way, and where they are lost."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from seatrial.harness.looks.trace_context import hop_seen
from seatrial.judge.traced import trace_context_survives
from seatrial.model.fault import Disruption
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import TROUBLE, Arm, Observation
from seatrial.model.scenario import SYSTEM
from seatrial.model.system_file import parse_system
from seatrial.model.traced import HopSeen, Traced, hops_of, traced_journeys
from seatrial.model.verdict import Outcome, Verdict

SHOP = parse_system(
    """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: none, namespace: none}
entry: {url: "http://127.0.0.1:1"}
workloads:
  door: {kind: Deployment, name: door}
  orders: {kind: Deployment, name: orders}
  till: {kind: Deployment, name: till, consumes: {journey: buy, redelivered: again_total}}
  store: {kind: StatefulSet, name: store, stateful: true}
journeys:
  look: {request: {path: /}, through: [door, orders, store]}
  buy: {request: {method: POST, path: /}, through: [door, orders, store]}
  else: {request: {path: /}}
  talk: {protocol: websocket, request: {path: /}, through: [door], messages: [{text: hello}]}
""",
    source="shop.yaml",
)
WELL = HopSeen(6, 0, 6)
SILENT, ANEW, SOME = HopSeen(4, 0, 0), HopSeen(4, 3, 0), HopSeen(9, 0, 5)


def sent(
    journey: str, hops: Mapping[str, HopSeen], answered: int = 6, notes: tuple[str, ...] = ()
) -> Measurement:
    return Traced(6, answered, hops, notes).measurement(journey, 1.0, 2.0)


def judged(*looks: Measurement) -> Verdict:
    arms = {TROUBLE: Arm(measurements=looks)}
    return trace_context_survives(Observation(arms, target=SYSTEM, disruption=Disruption.NONE, system=SHOP))


def both(till: HopSeen = WELL, orders: HopSeen = WELL, **more: object) -> Verdict:
    buy = sent("buy", {"door": WELL, "orders": orders, "till": till}, **more)  # type: ignore[arg-type]
    return judged(sent("look", {"door": WELL, "orders": orders}), buy)


def test_the_way_of_a_journey_leads_through_queues_and_not_into_stores() -> None:
    assert hops_of(SHOP, "look") == {"door": "answers it", "orders": "answers it"}
    assert hops_of(SHOP, "buy") == {
        "door": "answers it", "orders": "answers it", "till": "takes its messages",
    }  # fmt: skip
    assert traced_journeys(SHOP) == ["look", "buy"]


def test_traces_that_everybody_names_pass() -> None:
    verdict = both()
    assert verdict.outcome is Outcome.PASSED, verdict.explain()
    assert verdict.observed == "12 traces of 2 journeys, 5 hops: each named each"
    assert verdict.numbers == {"traces_sent": 12, "traces_answered": 12, "hops": 5, "hops_without": 0}


def test_a_trace_that_is_lost_in_a_queue_is_told_with_the_workload_behind_it() -> None:
    verdict = both(till=SILENT)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.observed == (
        "the trace is lost at till: till takes its messages: none of 6 traces of buy in 4 lines"
    )
    assert verdict.next_step.startswith("Keep `traceparent` with the message")
    assert verdict.numbers["hops_without"] == 1


def test_a_trace_that_is_lost_at_a_call_is_told_for_each_journey() -> None:
    verdict = both(orders=SILENT)
    assert verdict.observed.startswith(
        "the trace is lost at orders: orders answers it: none of 6 traces of look"
    )
    assert verdict.next_step.startswith("Pass `traceparent` on")
    assert len(verdict.reasons) == 2


def test_of_several_the_first_on_the_way_is_mended_first() -> None:
    verdict = both(orders=SILENT, till=SILENT)
    assert verdict.observed.startswith("the trace is lost at orders, till: ")
    assert verdict.next_step.startswith("Pass `traceparent` on")


def test_a_workload_that_begins_traces_of_its_own_is_told_so() -> None:
    verdict = both(till=ANEW)
    assert verdict.observed.endswith("in 4 lines, and 3 name others")
    assert verdict.next_step.startswith("Go on with the trace that comes")


def test_logs_that_name_no_trace_at_all_are_unsupported() -> None:
    verdict = judged(sent("look", {"door": SILENT, "orders": SILENT}))
    assert verdict.outcome is Outcome.UNSUPPORTED
    assert verdict.observed == "no line of 8 lines names a trace"
    assert judged(sent("look", {"door": ANEW, "orders": SILENT})).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (both(till=SOME), "till takes its messages: 5 of 6 traces of buy in 9 lines"),
        (both(answered=2), "too few requests of buy were answered (2)"),
        (both(till=HopSeen(0, 0, 0), notes=("no logs of pods: forbidden",)), "no logs of pods: forbidden"),
        (judged(), "no traced request was sent"),
    ],
)
def test_what_was_not_seen_does_not_pass(verdict: Verdict, words: str) -> None:
    assert verdict.outcome is Outcome.INCONCLUSIVE, verdict.explain()
    assert words in verdict.observed


def test_three_answers_are_enough_and_notes_alone_are_no_doubt() -> None:
    hops = {"door": HopSeen(3, 3, 3)}
    assert judged(sent("look", hops, answered=3, notes=("one log was cut",))).passed


def test_a_measurement_that_was_not_answered_is_not_judged() -> None:
    refused = Measurement("trace-context", "look", 1.0, 2.0, MeasurementOutcome.COULD_NOT_TRY)
    assert judged(refused).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("line", "traced", "found"),
    [
        ('{"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}', 0, 1),
        ('{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}', 0, 1),
        ("traceId=4BF92F3577B34DA6A3CE929D0E0E4736 done", 0, 1),
        ("request 4bf92f3577b34da6a3ce929d0e0e4736", 0, 1),
        ('{"trace_id": "5bf92f3577b34da6a3ce929d0e0e4736"}', 1, 0),
        ("trace.id: 00000000000000aa", 1, 0),
        ('{"traceparent":"00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}', 1, 0),
        (f'{{"trace_id": "{"6" * 32}"}}', 0, 0),
        ('{"trace_id": "-"}', 0, 0),
        ("tracing is on", 0, 0),
    ],
)
def test_how_a_line_names_a_trace(line: str, traced: int, found: int) -> None:
    """The last but two is of another journey."""
    seen = hop_seen([line, "other"], ["4bf92f3577b34da6a3ce929d0e0e4736", "0" * 31 + "1"], ["6" * 32])
    assert seen == HopSeen(2, traced, found)
