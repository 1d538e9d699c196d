"""`seatrial lint`: what the manifests declare, judged without a cluster in a fraction of a second."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from seatrial.errors import BadInput


def main(argv: Sequence[str]) -> int:
    """Run the command; returns 0 (clean), 1 (findings at or above --fail-on) or 2 (could not judge)."""
    try:
        from seatrial.lint.command import run
    except BadInput as error:  # PyYAML without libyaml
        print(f"seatrial lint: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return run(argv)
