"""`seatrial lint`: what the manifests declare, judged without a cluster in a fraction of a second."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run the command; returns 0 (clean), 1 (findings at or above --fail-on) or 2 (could not judge)."""
    from seatrial.lint.command import run

    return run(argv)
