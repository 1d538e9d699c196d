"""What Locust's own tables, CSV and HTML do not hold of a run.

Their times are truthful: each request is told to Locust with its time from the planned one. What a table of
requests cannot hold is a request that was never sent, or that a lost worker has sent.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.judge.evidence import generator_weakness
from seatrial.load.summary import LoadSummary


def missing_words(summary: LoadSummary) -> str:
    """How many workers never reported, and which of them were lost."""
    text = f"{summary.missing_workers} of the workers never reported what they sent"
    return f"{text} (lost: {', '.join(summary.lost)})" if summary.lost else text


def gaps(summary: LoadSummary) -> Iterator[tuple[str, str]]:
    """What the tables lack, and what that means; nothing where they hold all."""
    if summary.missing_workers:
        yield (
            missing_words(summary),
            "These tables lack what they sent after their last report to the master.",
        )
    health = summary.health
    if health.dropped:
        yield (
            f"the generator dropped {health.dropped} of {health.planned} arrivals",
            "They were never sent: these tables lack them, and hold fewer requests than were planned.",
        )
    elif late := generator_weakness(health):
        yield late, "Times in these tables count from the planned time: they hold the generator's delay, too."
    if unsent := summary.never_sent:
        yield f"no request of {', '.join(unsent)} was sent", "These tables have no row for it."
