"""One sample run for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_reader import Node, read_page
from sample_run import write_sample

from seatrial.record.reader import read_run
from seatrial.record.writer import RunWriter
from seatrial.report.html import build_report
from seatrial.report.view import RunView, view_of


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a finished run with its page."""
    writer = RunWriter(tmp_path_factory.mktemp("reports") / "2026-11-24-060000-5e7a", "seatrial")
    write_sample(writer)
    build_report(writer.directory)
    return writer.directory


@pytest.fixture(scope="session")
def sample_view(sample: Path) -> RunView:
    return view_of(read_run(sample))


@pytest.fixture(scope="session")
def sample_page(sample: Path) -> Node:
    return read_page((sample / "index.html").read_text("utf-8"))
