"""TCP connections tried from inside a pod of the helper image, by a few lines of Python that it runs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from seatrial.errors import SeatrialError
from seatrial.kube.client import Kube
from seatrial.kube.exec import run_in_pod
from seatrial.model.reach import CONNECTED, REFUSED, SILENT

TRY_SECONDS = 3.0
"""After which a connection counts as silent: what a policy forbids is mostly dropped, not refused."""
WAITS = ("python3", "-c", "import signal; signal.sigwait([signal.SIGTERM])")
"""What such a pod does by itself: nothing, until it is told to end."""
_PROGRAM = f"""
import concurrent.futures as futures, json, socket, sys
def tried(place):
    try:
        socket.create_connection(tuple(place), timeout=float(sys.argv[2])).close()
        return "{CONNECTED}"
    except TimeoutError:
        return "{SILENT}"
    except OSError as error:
        return "{REFUSED}: " + str(error.strerror or error)
places = json.loads(sys.argv[1])
with futures.ThreadPoolExecutor(max(len(places), 1)) as pool:
    print(json.dumps(list(pool.map(tried, places))))
"""


def try_connections(kube: Kube, pod: str, container: str, places: Sequence[tuple[str, int]]) -> list[str]:
    """How each of these (address, port) answers: `CONNECTED`, `SILENT`, or `REFUSED` with what was said.

    Raises:
        SeatrialError: they could not be tried, and why.
    """
    command = ("python3", "-c", _PROGRAM, json.dumps([list(place) for place in places]), f"{TRY_SECONDS:g}")
    ran = run_in_pod(kube, pod, container, command, timeout_seconds=TRY_SECONDS + 10.0)
    try:
        found = [str(answer) for answer in json.loads(ran.stdout)]
    except (ValueError, TypeError):
        why = ran.reason or ran.stderr.strip() or f"exit code {ran.exit_code}"
        raise SeatrialError(f"pod/{pod} could not try to connect: {why}") from None
    if len(found) != len(places):
        raise SeatrialError(f"pod/{pod} tried {len(found)} of {len(places)} connections")
    return found
