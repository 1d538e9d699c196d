"""A million exchanges, judged and on the page: `python -m benchmarks million`.

An observation that was recorded (pods deleted under load) gets two hundred requests in the place of each of
its own, in the same seconds. `seatrial judge` judges it by every check that it was recorded for; `seatrial
report` builds the page. Goal: 10 s for both, neither with more than 500 MB. The CPU stands beside the time:
on a machine that does something else as well only that tells.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seatrial.traffic.record import CLOSING

EXCHANGES = 1_000_000
GOAL_SECONDS, GOAL_MB = 10.0, 500.0
RECORDED = Path(__file__).parents[1] / "tests" / "recorded"
OBSERVATION = "delete-pod.catalogue"
STREAM = "exchanges-subject.ndjson.gz"
SPREAD_SECONDS = 0.01
"""Over so long the requests that stand in the place of one are spread."""
CHECK, BEGUN = "check-finished", "observation"


def main() -> None:
    """Print what judging and the page cost, and how that compares with the goal."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "million"
        sent = make_run(run, EXCHANGES)
        took = [_measure(what, [what, str(run)]) for what in ("judge", "report")]
    seconds, peak = sum(each[0] for each in took), max(each[1] for each in took)
    words = f"{sent:,} exchanges judged and on the page"
    print(f"{words:48} {seconds:6.1f} s  goal {GOAL_SECONDS:g} s; {peak:5.0f} MB  goal {GOAL_MB:g} MB")


def make_run(run: Path, least: int) -> int:
    """A run with one observation of at least so many exchanges; how many it has."""
    folder = run / "observations" / OBSERVATION
    shutil.copytree(RECORDED / "observations" / OBSERVATION, folder)
    for events in RECORDED.glob("events-[ps]*.ndjson"):
        lines = events.read_text(encoding="utf-8").splitlines(keepends=True)
        (run / events.name).write_text("".join(filter(_about_it, lines)), encoding="utf-8")
    with gzip.open(folder / STREAM, "rt") as file:
        lines = [json.loads(line) for line in file]
    recorded = [line for line in lines if "type" not in line]
    each = -(-least // len(recorded))
    with gzip.open(folder / STREAM, "wt", compresslevel=5) as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in _many(recorded, each))
    kept = folder / "records.ndjson"
    sent = len(recorded) * each
    kept.write_text("".join(_with_counts(kept, sent)), encoding="utf-8")
    return sent


def _about_it(line: str) -> bool:
    """Whether an event stands in the run: of results and observations only those of this one."""
    event = json.loads(line)
    kind, data = event["type"], event["data"]
    if kind == BEGUN:
        return bool(data["id"] == OBSERVATION)
    return kind != CHECK or data.get("observations") == [OBSERVATION]


def _many(recorded: list[dict[str, Any]], each: int) -> Iterator[dict[str, Any]]:
    for one in recorded:
        for turn in range(each):
            later = SPREAD_SECONDS * turn / each
            moved = {
                name: round(one[name] + later, 6) if one[name] is not None else None
                for name in ("planned_at", "sent_at", "completed_at")
            }
            own = {name: f"{one[name]}-{turn}" for name in ("key", "answer_id") if name in one}
            yield {**one, **moved, **own, "sequence": one["sequence"] * each + turn}
    yield {"type": CLOSING, "health": {}}


def _with_counts(records: Path, sent: int) -> Iterator[str]:
    for line in records.read_text(encoding="utf-8").splitlines():
        content = json.loads(line)
        if content["type"] == "stream":
            content["record"]["health"] |= {"planned": sent, "sent": sent}
        yield json.dumps(content) + "\n"


def _measure(what: str, arguments: list[str]) -> tuple[float, float]:
    """Seconds and MB of one command, which are printed with its CPU."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "seatrial", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert child.stdout is not None
    said = child.stdout.read().decode()
    _, status, used = os.wait4(child.pid, 0)
    seconds, peak = time.perf_counter() - began, used.ru_maxrss / 1024
    child.returncode = os.waitstatus_to_exitcode(status)
    if "Traceback" in said or child.returncode not in (0, 1):  # 1: a verdict is another than the recorded one
        raise SystemExit(said)
    cpu = used.ru_utime + used.ru_stime
    print(f"{f'seatrial {what}':48} {seconds:6.1f} s ({cpu:.1f} s of CPU), {peak:5.0f} MB")
    return seconds, peak
