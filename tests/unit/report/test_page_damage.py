"""The page stays harmless and complete, however large, damaged or hostile the records are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from page_building import (
    EVIL,
    PASSED,
    UNVERIFIED,
    answered,
    closed,
    evil_run,
    judging,
    observe,
    page,
    started,
)
from page_reader import read_page

from seatrial.errors import SeatrialError
from seatrial.model.exchange import Exchange, ExchangeOutcome
from seatrial.model.run import EventType, ObservationStarted
from seatrial.model.step import StepRecord
from seatrial.model.timeline import Clock, Timeline
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record import codec
from seatrial.record.reader import read_run
from seatrial.report.html import build_report
from seatrial.report.view import view_of


def test_what_changed_and_what_is_damaged_cannot_be_overlooked(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(PASSED)
    writer.changed_objects(["deployment/orders: replicas 2, were 3"])
    writer.tool_finished(0)
    with writer.path.open("a") as file:
        file.writelines(f"garbage {number}\n" for number in range(30))
    root = page(tmp_path)
    assert "Objects after the run: 1 differs from before it" in root.find("section", class_="banner")[0].text
    assert "replicas 2, were 3" in root.text
    damage = root.find("section", class_="banner")[0].text
    assert f"{writer.path.name}:5: no JSON" in damage
    assert "and 10 more" in damage
    assert root.find("header")[0].attributes["class"] == "page-head error"


def test_exchanges_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(judging(closed(observe(writer, [answered(0, 1.0)], file="gone.ndjson.gz"))))
    writer.tool_finished(0)
    root = page(tmp_path)
    assert "observations/pod-deletion.orders/gone.ndjson.gz: No such file" in root.text
    assert root.find("header")[0].attributes["class"] == "page-head error"
    assert view_of(read_run(tmp_path)).exit_code == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "head.json").unlink(),
        lambda folder: (folder / "head.json").write_text("{"),
        lambda folder: (folder / "head.json").write_text('{"version": 1}'),
        lambda folder: (folder / "head.json").write_text('{"version": 1, "id": 3, "disruption": "nonsense"}'),
        lambda folder: (folder / "records.ndjson").write_bytes(b"\xff\xfe\n[]\n{}\n"),
        lambda folder: (folder / "records.ndjson").unlink(),
        lambda folder: (folder / "timeline.ndjson.gz").write_bytes(b"garbage"),
        lambda folder: (folder / "subject.ndjson").write_bytes(b'{"sequence": 1'),
        lambda folder: (folder / "records.ndjson").write_text(
            (folder / "records.ndjson").read_text().replace('"injected_at":10.0', '"injected_at":"NaN"')
        ),
        lambda folder: (folder / "records.ndjson").write_text(
            (folder / "records.ndjson").read_text().replace('"began_at":1.0', '"began_at":"-Infinity"')
        ),
    ],
)  # fmt: skip
def test_a_spoilt_observation_is_shown_as_far_as_it_goes_and_never_passes(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    writer = started(tmp_path)
    kept = observe(writer, [answered(n, n / 10) for n in range(50)], faults=[UNVERIFIED])
    kept.step(StepRecord("1", "inject", "delete-pod", 1.0, 2.0))
    writer.check_finished(judging(closed(kept, Timeline(0.0, 9.0, Clock(0, 0, 0), ()))))
    writer.tool_finished(0)
    assert view_of(read_run(tmp_path)).exit_code == 0
    spoil(kept.directory)
    root = page(tmp_path)
    assert "Part of the record cannot be read" in root.text or "began and never ended" in root.text
    assert root.find("header")[0].attributes["class"] == "page-head error"
    assert view_of(read_run(tmp_path)).exit_code == 1


def test_an_observation_does_not_lead_out_of_the_run(tmp_path: Path) -> None:
    writer = started(tmp_path / "run")
    closed(observe(writer))
    (tmp_path / "run" / "observations" / "pod-deletion.orders").rename(tmp_path / "elsewhere")
    writer.event(EventType.OBSERVATION, **codec.to_plain(ObservationStarted("../../elsewhere", "x", "y")))
    writer.tool_finished(0)
    root = page(tmp_path / "run")
    assert "leads out of the run directory" in root.text
    assert all(".." not in link.attributes["href"] for link in root.find("a"))


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    evil_run(tmp_path)
    text = build_report(tmp_path).read_text("utf-8", errors="strict")
    root = read_page(text)
    assert [node.attributes.get("type") for node in root.find("script")] == ["application/json"]
    assert not root.find("img")
    assert not [node for node in root.everything() if any(name.startswith("on") for name in node.attributes)]
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202e]", text)
    assert "{{ 7*7 }}" in root.find("header")[0].text, "a template in a name was run"
    assert all(
        link.attributes["href"].startswith(("#", "./evidence/", "./observations/")) for link in root.find("a")
    )
    assert json.loads(root.find("script")[0].text)["results"][0]["check"] == EVIL
    long = [
        n for n in root.everything() if len(n.own_text) > 1000 and n.name not in ("pre", "script", "style")
    ]
    assert not [node.name for node in long]
    assert len(text) < 500_000


def test_evidence_does_not_lead_out_of_the_run(tmp_path: Path) -> None:
    writer = started(tmp_path)
    for folder in ("/etc", "../other", "evidence/../../x", "javascript:alert(1)"):
        verdict = Verdict(Outcome.PASSED, "", "")
        writer.check_finished(CheckResult("a.b", "", "", verdict, "pytest", 1.0, 2.0, evidence=folder))
    links = {
        link.attributes["href"] for link in page(tmp_path).find("a") if link.attributes["href"][0] != "#"
    }
    assert links == {"./javascript%3Aalert%281%29"}


def test_a_hundred_thousand_exchanges_fit_and_a_single_lost_one_is_seen(tmp_path: Path) -> None:
    writer = started(tmp_path)
    exchanges = [answered(n, n / 500, 0.004 + n % 7 / 1000) for n in range(100_000)]
    exchanges[61_803] = Exchange(
        61_803, "browse", 123.606, 123.606, 123.7, ExchangeOutcome.FAILED, 500, "status 500"
    )
    exchanges[70_000] = answered(70_000, 140.0, 2.9)
    writer.check_finished(judging(closed(observe(writer, exchanges))))
    writer.tool_finished(0)
    text = build_report(tmp_path).read_text()
    assert len(text) < 200_000
    section = read_page(text).find("section", id="check-1")[0]
    bars = [bar for bar in section.find("rect", class_="failed") if bar.attributes["x"].endswith("%")]
    assert [float(bar.attributes["height"]) >= 3 for bar in bars] == [True]
    assert "1 failed, planned at 123.6 s." in section.text
    assert "slowest 2.9 s" in section.text


def test_the_page_of_an_old_run_is_built_again(sample: Path) -> None:
    before = (sample / "index.html").read_text()
    (sample / "index.html").write_text("old")
    assert build_report(sample).read_text() == before


def test_a_page_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    started(tmp_path).tool_finished(0)
    (tmp_path / "index.html").mkdir()
    with pytest.raises(SeatrialError, match="the page cannot be written"):
        build_report(tmp_path)


def test_no_path_of_this_machine_stands_in_the_page(sample: Path) -> None:
    for name in ("index.html", "run.json", "junit.xml", "run.sarif"):
        text = (sample / name).read_text()
        assert str(sample.parent) not in text
        assert str(Path.cwd()) not in text
    assert read_run(sample).run_id == sample.name
