"""Load tests, each usable alone: `locust -f loadtests/journeys.py`."""

from __future__ import annotations

import os
import sys

from seatrial.record.writer import RunWriter
from seatrial.settings import settings_from
from seatrial.versions import versions


def open_run() -> RunWriter:
    """Join the run that SEATRIAL_RUN names, else begin one below SEATRIAL_REPORT_DIR; Locust started."""
    writer = RunWriter.open_or_create("locust", reports=settings_from({}).reports_directory)
    seed = os.environ.get("SEATRIAL_SEED")
    writer.tool_started(argv=sys.argv, versions=versions(), seed=int(seed) if seed else None)
    return writer
