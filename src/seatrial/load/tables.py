"""Locust's own tables, CSV and HTML: that they say what they do not hold, and hold the end of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
from locust import stats

from seatrial.load.gaps import gaps
from seatrial.load.outcome import LoadRun
from seatrial.load.summary import LoadSummary

NODE = "seatrial"
LOOK_SECONDS = 0.5
NEVER_SECONDS = 86_400


def note_gaps(runner: Any, summary: LoadSummary) -> None:
    """Have Locust's exceptions say what its tables of requests do not hold.

    They stand in its page, CSV and HTML, and are the test's own, not the system's.
    """
    for what, why in gaps(summary):
        runner.log_exception(NODE, what, why)


def wait_for_csv(options: Any) -> None:
    """Let Locust's writer of CSV come by once more: it writes each second, and is not asked at the end.

    After that it sleeps for good: its files are closed before its process ends.
    """
    if options.csv_prefix:
        usual, stats.CSV_STATS_INTERVAL_SEC = stats.CSV_STATS_INTERVAL_SEC, NEVER_SECONDS
        gevent.sleep(usual + 0.1)


def watch_workers(runner: Any, run: LoadRun, end: Callable[[], None]) -> None:
    """Look after the workers of a run until nothing more is awaited of them, then `end` it.

    Locust itself goes on without a worker that is lost, and a schedule would never be over.
    """
    while not run.complete and not run.stopping:
        gevent.sleep(LOOK_SECONDS)
        run.look_for_lost(runner.clients)
    if run.lost and not run.stopping:
        end()
