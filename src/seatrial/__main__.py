"""The `seatrial` command. `lint` must not pay for the rest, so it is sent on before anything is imported."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    if sys.argv[1:2] == ["lint"]:
        from seatrial.lint import main as lint

        return lint(sys.argv[2:])
    from seatrial.cli import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())
