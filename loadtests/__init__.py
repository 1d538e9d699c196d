"""Load tests, each usable alone: `locust -f loadtests/journeys.py`."""

from __future__ import annotations

import os
import sys

from seatrial.record.writer import RunWriter
from seatrial.versions import versions


def open_run() -> RunWriter:
    """Join the run that SEATRIAL_RUN names, else begin one below `reports`; note that Locust started."""
    writer = RunWriter.open_or_create("locust")
    seed = os.environ.get("SEATRIAL_SEED")
    writer.tool_started(argv=sys.argv, versions=versions(), seed=int(seed) if seed else None)
    return writer
