"""How long a person waits for the first line, as ratios to a bare interpreter in the same run."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPEATS = 5
COMMANDS = {
    "bare interpreter": [sys.executable, "-c", "pass"],
    "seatrial --help": [sys.executable, "-m", "seatrial", "--help"],
    "seatrial checks": [sys.executable, "-m", "seatrial", "checks"],
    "pytest suites/ --collect-only": [sys.executable, "-m", "pytest", "suites/", "--collect-only", "-q"],
    "pytest tests/unit": [sys.executable, "-m", "pytest", "-q", "tests/unit"],
}
GOALS_SECONDS = {"seatrial --help": 0.3, "pytest suites/ --collect-only": 2.0, "pytest tests/unit": 30.0}


def main() -> None:
    """Print the quickest of several runs of each command."""
    bare = 0.0
    for name, command in COMMANDS.items():
        repeats = 1 if "tests/unit" in name else REPEATS
        seconds = min(_timed(command) for _ in range(repeats))
        bare = bare or seconds
        goal = f"  goal {GOALS_SECONDS[name]:g} s" if name in GOALS_SECONDS else ""
        print(f"{name:32} {seconds:7.3f} s  {seconds / bare:7.1f} x bare interpreter{goal}")


def _timed(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=600)
    return time.perf_counter() - began
