"""The page shows the logs around the first failure and the CPU of the machine, as the verdict has them."""

from __future__ import annotations

import sys
from pathlib import Path

SUPPORT = str(Path(__file__).parents[2] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from drained_shop import cpu, drain, observed, pod, traffic  # noqa: E402
from page_reader import read_page  # noqa: E402

from seatrial.judge.saturation import pressure  # noqa: E402
from seatrial.judge.windows import failures  # noqa: E402
from seatrial.model.log import LogLine, Logs  # noqa: E402
from seatrial.model.observation import Observation  # noqa: E402
from seatrial.record.observations import StreamRecord  # noqa: E402
from seatrial.record.writer import RunWriter  # noqa: E402
from seatrial.report.html import build_report  # noqa: E402
from seatrial.traffic.record import RecordFile  # noqa: E402

EVIL = "connection refused <script>alert(1)</script>"
LINES = (
    LogLine(109.0, "gateway-a", "gateway", "all is well"),
    LogLine(110.1, "gateway-a", "gateway", EVIL),
    LogLine(110.1, "payments-a", "payments", "of no concern"),
    LogLine(119.0, "gateway-a", "gateway", "much later"),
)


def kept(directory: Path, seen: Observation, lines: tuple[LogLine, ...]) -> str:
    """The page of a run with this one observation."""
    writer = RunWriter(directory, "pytest")
    writer.tool_started(argv=["pytest"], versions={}, seed=7)
    one = writer.observation(seen, plan=[])
    file = RecordFile(one.directory / "exchanges-subject.ndjson")
    file.exchanges(seen.exchanges)
    file.close()
    one.stream(StreamRecord("trouble", "subject", file.path.name, ("browse",), seen.generator, 0.0))
    one.fault(drain())
    one.close(seen.timeline, missing={}, failure=None, logs=Logs(lines))
    writer.tool_finished(1)
    writer.close()
    return build_report(directory).read_text("utf-8")


def test_lines_of_pods_on_the_path_around_the_first_failure_are_shown(tmp_path: Path) -> None:
    seen = observed(traffic((110.0, 113.0)), pod(50.0, "gateway-a"), pod(50.0, "payments-a"))
    text = read_page(kept(tmp_path / "run", seen, LINES)).text
    assert "What pods on the path wrote around the first failure: 2 lines" in text
    assert "all is well" in text
    assert EVIL in text, "as text, not as markup"
    assert "of no concern" not in text
    assert "much later" not in text


def test_where_nothing_failed_no_line_is_shown(tmp_path: Path) -> None:
    seen = observed(traffic(), pod(50.0, "gateway-a"))
    assert "wrote around the first failure" not in kept(tmp_path / "run", seen, LINES)


def test_the_lane_of_cpu_says_what_the_verdict_says(tmp_path: Path) -> None:
    seen = observed(traffic((110.0, 113.0)), *cpu(60.0, 140.0, waited=0.87))
    found = str(pressure(seen.timeline, failures(seen.exchanges)))
    text = read_page(kept(tmp_path / "run", seen, ())).text
    assert f"S{found[1:]}." in text
    calm = observed(traffic(), *cpu(60.0, 140.0, waited=0.25, busy=0.5))
    assert "Some tasks waited for CPU at most 25 % of a second" in kept(tmp_path / "calm", calm, ())
