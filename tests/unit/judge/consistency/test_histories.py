"""Histories in files are judged, and bad files are refused."""

import gzip
import json
from pathlib import Path

import pytest
from toy_stores import simulate

from seatrial.commands.judge import export_file, judge_file
from seatrial.errors import BadInput
from seatrial.judge.consistency import format_history
from seatrial.model.verdict import Outcome


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    path = tmp_path / "set.ndjson"
    path.write_text("".join(format_history(simulate("set", 1))))
    return path


def test_a_file_is_judged(recorded: Path) -> None:
    assert judge_file(str(recorded), "set").outcome is Outcome.PASSED


def test_a_packed_file_is_judged_and_a_torn_one_refused(recorded: Path) -> None:
    packed = recorded.with_suffix(".ndjson.gz")
    packed.write_bytes(gzip.compress(recorded.read_bytes()))
    assert judge_file(str(packed), "set").outcome is Outcome.PASSED
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(BadInput, match="cut off or damaged"):
        judge_file(str(packed), "set")
    packed.write_text("plain")
    with pytest.raises(BadInput, match="cannot read the history"):
        judge_file(str(packed), "set")


def test_a_missing_file_a_folder_and_binary_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file") as caught:
        judge_file(str(tmp_path / "none"), "set")
    assert caught.value.where == str(tmp_path / "none")
    with pytest.raises(BadInput, match="directory"):
        judge_file(str(tmp_path), "set")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="not UTF-8"):
        judge_file(str(tmp_path / "binary"), "set")


def test_a_torn_last_line_is_named(recorded: Path) -> None:
    lines = recorded.read_text().splitlines()
    recorded.write_text("\n".join([*lines[:9], lines[9][:20]]))
    with pytest.raises(BadInput) as caught:
        judge_file(str(recorded), "set")
    assert caught.value.where == f"{recorded}:10"


def test_exports(recorded: Path) -> None:
    assert json.loads(export_file(str(recorded), "elle", "set"))[0]["type"] == "invoke"
    assert "ClientId" in json.loads(export_file(str(recorded), "porcupine", "set"))[0]
    with pytest.raises(BadInput, match="no export for jepsen"):
        export_file(str(recorded), "jepsen", "set")
