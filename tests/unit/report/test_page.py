"""The page says what the run says, stands alone, and stays harmless whatever the records hold."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest
from page_reader import Node, read_page

from seatrial.errors import SeatrialError
from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.timeline import Change, Clock, PodSeen, Timeline, WorkloadSeen
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record import codec
from seatrial.record.reader import read_run
from seatrial.record.writer import RunWriter
from seatrial.report.html import build_report

EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'></title></script><!-- {{ 7*7 }} {% raw %} "
    "\x00\x07\x1b[31m\x9b\ud800\ufffe\u202e\U0001f6a2 ]]> &amp; javascript:alert(1)"
)
HEALTH = GeneratorHealth(1, 1, 0, 0, 0.01, 0.001, 0.02)
PASSED = CheckResult("a.b", "orders", "It MUST.", Verdict(Outcome.PASSED, "all", "none"), "pytest", 1.0, 2.0)


def started(directory: Path, tool: str = "pytest") -> RunWriter:
    writer = RunWriter(directory, tool)
    writer.tool_started(argv=["pytest"], versions={"python": "3.11"}, seed=7)
    return writer


def page(directory: Path) -> Node:
    return read_page(build_report(directory).read_text("utf-8"))


def store_exchanges(writer: RunWriter, exchanges: list[Exchange], subject: str = "orders") -> None:
    path = writer.exchanges_file("a.b", subject, "browse")
    # By hand: codec.dumps is thorough, and slow for a hundred thousand.
    path.write_text(
        "".join(
            f'{{"sequence":{e.sequence},"journey":"browse","planned_at":{e.planned_at},"sent_at":{e.sent_at},'
            f'"completed_at":{e.completed_at},"outcome":"{e.outcome}"}}\n'
            for e in exchanges
        )
    )
    writer.traffic("a.b", subject, path, "browse", HEALTH)


def answered(number: int, at: float, latency: float = 0.005) -> Exchange:
    return Exchange(number, "browse", at, at, at + latency, ExchangeOutcome.OK, 200)


def test_the_head_says_the_outcome_in_words(sample_page: Node) -> None:
    root = sample_page
    head = root.find("header", class_="page-head")[0]
    assert "failed" in head.attributes["class"]
    assert head.find("h1")[0].text.startswith(
        "2 of 5 checks passed; 1 failed: orchestration.pod-replacement on"
    )
    for fact in (
        "chandlery",
        "kind-seatrial / chandlery",
        "10 min 14 s",
        "7",
        "24 November 2026, 06:00:00 UTC",
    ):
        assert fact in head.text
    assert not root.find("section", class_="banner")


def test_every_verdict_stands_in_the_table_worst_first(sample: Path, sample_page: Node) -> None:
    root = sample_page
    rows = root.find("table", class_="verdicts")[0].find("tbody")[0].find("tr")
    words = [row.find("td", class_="outcome")[0].text for row in rows]
    assert words == ["failed", "inconclusive", "skipped", "passed", "passed"]
    first = rows[0].text
    for part in (
        "orchestration.pod-replacement",
        "on orders",
        "MUST answer",
        "requests begun",
        "costs no request",
    ):
        assert part in first
    assert "preStop" in first
    links = [link.attributes["href"] for link in rows[0].find("a")]
    assert links == ["#check-1", "./evidence/orchestration.pod-replacement/orders"]
    assert (sample / links[1]).is_dir()
    anchors = {node.attributes.get("id") for node in root.everything()}
    targets = {link.attributes["href"][1:] for link in root.find("a") if link.attributes["href"][0] == "#"}
    assert targets <= anchors


def test_each_check_has_a_section_with_faults_proof_recovery_and_strength(sample_page: Node) -> None:
    section = sample_page.find("section", id="check-1")[0]
    faults = section.find("ol", class_="faults")[0].find("li")
    assert len(faults) == 3
    for part in (
        "delete-pod",
        "Verified",
        "gone after 3.1 s",
        "replacement created",
        "Ready",
        "whole again after 3.2 s",
    ):
        assert part in faults[0].text
    strength = section.find("dl", class_="strength")[0].text
    assert "requests in disruption" in strength
    assert "6,338" in section.text
    names = [head.text for head in section.find("h3")]
    for lane in (
        "Requests a second",
        "Requests lost, in each 0.5 s",
        "Latency",
        "Replicas of orders",
        "Pods",
    ):
        assert lane in names


def test_decisions_of_the_autoscaler_are_told(sample_page: Node) -> None:
    text = sample_page.find("section", id="check-3")[0].text
    assert "Deployment/orders: 2 to 4" in text
    assert "cpu 134 % of 60 %" in text


def test_stages_notes_and_tools_are_told(sample_page: Node) -> None:
    text = sample_page.find("section", id="run-itself")[0].text
    for part in (
        "conformance",
        "3 min 34 s",
        "As they were before.",
        "NodePort",
        "kubernetes v1.36.1",
        "seatrial run",
    ):
        assert part in text


def test_the_page_needs_no_network_and_no_script(sample: Path) -> None:
    text = (sample / "index.html").read_text()
    root = read_page(text)
    policy = next(m for m in root.find("meta") if m.attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    for node in root.everything():
        for name, value in node.attributes.items():
            assert not name.startswith("on"), node
            if name in ("src", "href", "data", "action", "poster", "srcset", "style"):
                assert value.startswith(("#", "./")), (node.name, value)
    assert [node.attributes["type"] for node in root.find("script")] == ["application/json"]
    assert not re.search(r"@import|url\((?!#)", text)
    assert not root.find("link")


def test_the_run_stands_in_the_page_for_machines(sample: Path, sample_page: Node) -> None:
    root = sample_page
    assert json.loads(root.find("script")[0].text) == json.loads((sample / "run.json").read_text())


def test_the_page_is_accessible(sample_page: Node) -> None:
    root = sample_page
    assert root.find("html")[0].attributes["lang"] == "en"
    for landmark in ("header", "main", "footer"):
        assert root.find(landmark)
    skip = root.find("a", class_="skip")[0].attributes["href"][1:]
    assert root.find("section", id=skip)
    identities = [node.attributes["id"] for node in root.everything() if "id" in node.attributes]
    assert len(set(identities)) == len(identities)
    for node in root.everything():
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(node.attributes.get(name, "").split()) <= set(identities), node
        if node.name == "th":
            assert node.attributes.get("scope") in ("col", "row")
        if node.name == "svg":
            hidden = node.attributes.get("aria-hidden") == "true"
            part = not ({"class", "role"} & set(node.attributes)) or node.attributes.get("class") == "curves"
            assert hidden or part or node.attributes.get("role") == "img", node.attributes
    for drawing in root.find("svg", role="img"):
        assert drawing.find("title")[0].own_text
        assert drawing.find("desc")[0].own_text.endswith((".", "s", ")"))
    landmarks = [
        n.attributes.get("aria-label") for n in root.everything() if n.attributes.get("role") == "region"
    ]
    assert len(set(landmarks)) == len(landmarks)
    levels = [int(node.name[1]) for node in root.everything() if re.fullmatch("h[1-6]", node.name)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_an_unfinished_run_says_so_and_never_looks_passed(tmp_path: Path) -> None:
    started(tmp_path).check_finished(PASSED)
    root = page(tmp_path)
    head = root.find("header", class_="page-head")[0]
    assert head.attributes["class"] == "page-head error"
    assert "did not finish" in head.find("h1")[0].text
    assert (
        "This run is unfinished. pytest left no closing record."
        in root.find("section", class_="banner")[0].text
    )


def test_a_check_that_never_ended_has_its_own_row(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_started("a.b", "orders", "It MUST.")
    store_exchanges(writer, [answered(n, n / 10) for n in range(50)])
    root = page(tmp_path)
    row = root.find("table", class_="verdicts")[0].find("tbody")[0].find("tr")[0]
    assert row.find("td", class_="outcome")[0].text == "unfinished"
    assert "the check began and never ended" in row.text
    assert "It MUST." in row.text
    assert "50 requests planned" in root.find("section", id="check-1")[0].text


def test_an_empty_run_is_no_pass(tmp_path: Path) -> None:
    started(tmp_path).tool_finished(0)
    root = page(tmp_path)
    assert "No evidence is never a pass" in root.text
    assert root.find("header")[0].attributes["class"] == "page-head inconclusive"


def test_a_run_whose_checks_were_all_skipped_does_not_look_passed(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(
        CheckResult("a.b", "", "", Verdict(Outcome.SKIPPED, "no consent", "consent"), "pytest", 1.0, 1.0)
    )
    writer.tool_finished(0)
    assert page(tmp_path).find("header")[0].attributes["class"] == "page-head inconclusive"


def test_a_run_with_only_a_drill_shows_its_fault(tmp_path: Path) -> None:
    writer = started(tmp_path, "chaos")
    fault = FaultRecord(
        "f1",
        "delete-pod",
        Disruption.VOLUNTARY,
        Target("Pod", "shop", "web-1"),
        "web",
        10.0,
        None,
        "no pod went",
        None,
        None,
        7,
    )
    writer.fault("drill.kill-one-pod", "web", fault)
    writer.tool_finished(0)
    text = page(tmp_path).find("section", id="check-1")[0].text
    for part in ("records were left, but no verdict", "Not verified", "not undone", "whole again never"):
        assert part in text


def test_what_changed_and_what_is_damaged_cannot_be_overlooked(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(PASSED)
    writer.changed_objects(["deployment/orders: replicas 2, were 3"])
    writer.tool_finished(0)
    with writer.path.open("a") as file:
        file.writelines(f"garbage {number}\n" for number in range(30))
    root = page(tmp_path)
    assert "After the run 1 object differs from before it" in root.find("section", class_="banner")[0].text
    assert "replicas 2, were 3" in root.text
    damage = root.find("section", class_="banner")[0].text
    assert f"{writer.path.name}:5: no JSON" in damage
    assert "and 10 more" in damage
    assert root.find("header")[0].attributes["class"] == "page-head error"


def test_exchanges_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(PASSED)
    writer.traffic("a.b", "orders", "gone.ndjson.gz", "browse", HEALTH)
    writer.tool_finished(0)
    assert "exchanges/gone.ndjson.gz: No such file" in page(tmp_path).text


def evil_run(directory: Path) -> None:
    """Every text of every record is hostile; some are very long."""
    writer = RunWriter(directory, EVIL)
    long = EVIL + "x" * 10_000
    writer.tool_started(argv=[EVIL, long], versions={EVIL: long}, seed=7)
    writer.system(
        name=EVIL, source=EVIL, namespace=EVIL, context=long, objectives={EVIL: EVIL, "latency_p99_ms": EVIL}
    )
    writer.stage_started(EVIL)
    writer.stage_finished(EVIL, EVIL, seconds=1.0, note=long)
    verdict = Verdict(Outcome.FAILED, long, long, long, {EVIL: long, "x_seconds": EVIL}, (long, EVIL))
    writer.check_finished(CheckResult(EVIL, EVIL, long, verdict, EVIL, 0.0, 9.0, evidence=f"evidence/{EVIL}"))
    writer.check_started(EVIL, long, long)
    target = Target(EVIL, EVIL, long, EVIL)
    writer.fault(
        EVIL,
        EVIL,
        FaultRecord(
            EVIL, EVIL, Disruption.INVOLUNTARY, target, EVIL, 3.0, 3.1, long, 4.0, 4.0, 7, long, {EVIL: long}
        ),
    )
    path = writer.exchanges_file(EVIL, EVIL, EVIL)
    exchange = Exchange(0, EVIL, 1.0, 1.0, 1.1, ExchangeOutcome.FAILED, 500, long, EVIL, EVIL, EVIL)
    path.write_text(codec.dumps(exchange) + "\n")
    writer.traffic(EVIL, EVIL, path, EVIL, HEALTH)
    seen = (
        PodSeen(
            2.0,
            Change.ADDED,
            long,
            EVIL,
            EVIL,
            EVIL,
            EVIL,
            EVIL,
            True,
            0,
            (),
            EVIL,
            1.0,
            1.0,
            1.0,
            1.0,
            False,
            EVIL,
        ),
        WorkloadSeen(2.0, Change.ADDED, EVIL, long, EVIL, 2, 2, 2, 2),
    )
    writer.timeline(EVIL, EVIL, Timeline(0.0, 9.0, Clock(0.0, 0.0, 0.0), seen))
    writer.changed_objects([long])
    writer.note(long)
    writer.tool_finished(1)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    evil_run(tmp_path)
    text = build_report(tmp_path).read_text("utf-8", errors="strict")
    root = read_page(text)
    assert [node.attributes.get("type") for node in root.find("script")] == ["application/json"]
    assert not root.find("img")
    assert not [node for node in root.everything() if any(name.startswith("on") for name in node.attributes)]
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202e]", text)
    assert "{{ 7*7 }}" in root.find("header")[0].text, "a template in a name was run"
    assert all(link.attributes["href"].startswith(("#", "./evidence/")) for link in root.find("a"))
    assert json.loads(root.find("script")[0].text)["results"][0]["check"] == EVIL
    long = [
        n for n in root.everything() if len(n.own_text) > 1000 and n.name not in ("pre", "script", "style")
    ]
    assert not [node.name for node in long]
    assert len(text) < 400_000


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
    store_exchanges(writer, exchanges)
    writer.check_finished(PASSED)
    writer.tool_finished(0)
    text = build_report(tmp_path).read_text()
    assert len(text) < 200_000
    section = read_page(text).find("section", id="check-1")[0]
    bars = [bar for bar in section.find("rect", class_="failed") if bar.attributes["x"].endswith("%")]
    assert [float(bar.attributes["height"]) >= 3 for bar in bars] == [True]
    assert "1 failed, planned at 123.6 s." in section.text
    assert "slowest 2.9 s" in section.text


def test_the_same_check_twice_keeps_its_records_apart(tmp_path: Path) -> None:
    writer = started(tmp_path)
    for begin in (0.0, 100.0):
        store_exchanges(writer, [answered(n, begin + n / 10) for n in range(40 if begin else 60)])
        verdict = Verdict(Outcome.PASSED, "all", "none")
        writer.check_finished(CheckResult("a.b", "orders", "", verdict, "pytest", begin, begin + 50))
    root = page(tmp_path)
    assert "60 requests planned" in root.find("section", id="check-1")[0].text
    assert "40 requests planned" in root.find("section", id="check-2")[0].text


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
    for name in ("index.html", "run.json", "junit.xml"):
        text = (sample / name).read_text()
        assert str(sample.parent) not in text
        assert str(Path.cwd()) not in text
    assert read_run(sample).run_id == sample.name
