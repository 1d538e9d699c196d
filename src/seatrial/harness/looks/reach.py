"""Connections to a workload's pods, tried from a pod that policies let in and from one that they do not."""

from __future__ import annotations

import time
from collections.abc import Iterator

from seatrial.errors import SeatrialError
from seatrial.harness.context import Context
from seatrial.harness.measuring import MOST_PODS, measurement
from seatrial.kube.connecting import try_connections
from seatrial.kube.exec import EXEC
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.reach import ADMITTED, CONNECTED, CONNECTION, CONNECTORS, STRANGER, Set, Tried
from seatrial.waiting import Ready, consistently

ROUNDS = 4
ROUND_SECONDS = 3.0
"""Between two rounds: networks learn of a new pod and its labels within some seconds."""


@measurement("connections-tried", rights=[EXEC])
def connections_tried(context: Context, within_seconds: float) -> Iterator[Measurement]:
    """Each closed port of up to four pods: by the admitted pod, by the stranger, and by the admitted again.

    Each is tried anew while it is answered otherwise than policies say, up to four times.
    """
    fault = next((each for each in context.faults if each.fault == CONNECTORS and not each.impossible), None)
    if fault is None:
        return
    ends_at = time.monotonic() + within_seconds
    made = Set.of(fault)
    pods = [pod for pod in context.pods() if pod.ready and not pod.deleting and pod.ip][:MOST_PODS]
    places = [(pod.name, pod.ip, closed.port) for pod in pods for closed in made.closed]
    for who, rounds in ((ADMITTED, ROUNDS), (STRANGER, ROUNDS), (ADMITTED, 1)):
        for number in range(1, rounds + 1):
            found = list(_round(context, made.pods[who], who, places, number))
            yield from found
            answers = [look.value.get("answer") for look in found]
            as_policies_say = all((answer == CONNECTED) == (who == ADMITTED) for answer in answers)
            if as_policies_say or number == rounds or time.monotonic() + ROUND_SECONDS > ends_at:
                break
            consistently(
                lambda: Ready(None), for_seconds=ROUND_SECONDS, what="the network learns of a new pod"
            )


def _round(
    context: Context, pod: str, who: str, places: list[tuple[str, str, int]], number: int
) -> Iterator[Measurement]:
    began_at = time.monotonic()
    try:
        asked = [(ip, port) for _, ip, port in places]
        answers = try_connections(context.session.kube, pod, "connector", asked)
    except SeatrialError as error:
        outcome = MeasurementOutcome.COULD_NOT_TRY
        yield Measurement(CONNECTION, who, began_at, time.monotonic(), outcome, reason=error.what)
        return
    ended_at = time.monotonic()
    for (name, _, port), answer in zip(places, answers, strict=True):
        yield Tried(who, name, port, answer, number).measurement(began_at, ended_at)
