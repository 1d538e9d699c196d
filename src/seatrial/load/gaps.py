"""What Locust's own tables, CSV and HTML do not hold of a run.

Their times are truthful: each request is told to Locust with its time from the planned one. What a table of
requests cannot hold is a request that was never sent, or that a lost worker has sent.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.judge.evidence import generator_weakness
from seatrial.judge.statistics import MINIMUM_SAMPLES
from seatrial.judge.wording import plural
from seatrial.load.summary import LoadSummary
from seatrial.model.exchange import DROPPED, GeneratorHealth


def missing_words(summary: LoadSummary) -> str:
    """How many workers never reported, and which of them were lost."""
    text = f"{summary.missing_workers} of the workers never reported what they sent"
    return f"{text} (lost: {', '.join(summary.lost)})" if summary.lost else text


def generator_doubt(summary: LoadSummary) -> str:
    """Why a generator cannot be trusted, by its worker's name in a cluster; empty when all kept their rate.

    Each must have kept its own: among many, one that did not hides in the sum.
    """
    weak = [
        f"{each.name}: {weakness}"
        for each in summary.workers
        if (weakness := generator_weakness(each.health)) and _many_enough(each.health)
    ]
    more = f", and {plural(len(weak) - 1, 'more worker')} did not keep their rate" if len(weak) > 1 else ""
    return f"{weak[0]}{more}" if weak else generator_weakness(summary.health)


def _many_enough(health: GeneratorHealth) -> bool:
    """Of few arrivals one that is late is a large part; then the sum of all tells."""
    return bool(health.dropped) or health.planned >= MINIMUM_SAMPLES


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
    elif late := generator_doubt(summary):
        yield late, "Times in these tables count from the planned time: they hold the generator's delay, too."
    if failed := sum(number for error, number in summary.errors.items() if error != DROPPED):
        yield (
            f"{failed} of {plural(summary.requests, 'request')} failed",
            "Times in these tables hold theirs, too, and what fails fast makes percentiles look better: the "
            "verdict has those of expected answers only.",
        )
    if unsent := summary.never_sent:
        yield f"no request of {', '.join(unsent)} was sent", "These tables have no row for it."
