"""`python -m seatrial.cluster up|down|status|images [NAME...]`: a thin entry for work on the cluster."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from seatrial.cluster import PlainProgress, down, ensure_engine, ensure_images, status, up
from seatrial.cluster.paths import fixtures_root
from seatrial.errors import SeatrialError


def _run(command: str, names: list[str], config: Path) -> None:
    progress = PlainProgress()
    if command == "up":
        progress.line(str(up(config, images=names, progress=progress)))
    elif command == "down":
        down(config, progress=progress)
    elif command == "status":
        progress.line(str(status(config)))
    else:
        ensure_engine(progress)
        for name, tag in ensure_images(names, progress).items():
            progress.line(f"{name} {tag}")


def main() -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m seatrial.cluster")
    parser.add_argument("command", choices=["up", "down", "status", "images"])
    parser.add_argument("names", nargs="*", help="logical names of images")
    parser.add_argument("--config", type=Path, default=fixtures_root() / "cluster" / "three-nodes.yaml")
    given = parser.parse_args()
    try:
        _run(given.command, given.names, given.config)
    except SeatrialError as told:
        print(told, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
