"""The page says what the run says, stands alone, and stays harmless whatever the records hold."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from page_reader import Node, read_page

from seatrial.errors import SeatrialError
from seatrial.model.exchange import Exchange, ExchangeOutcome, GeneratorHealth
from seatrial.model.fault import Disruption, FaultRecord, Target
from seatrial.model.measurement import Measurement, MeasurementOutcome
from seatrial.model.observation import CONTROL, TROUBLE, Arm, Observation, Record
from seatrial.model.run import EventType, ObservationStarted
from seatrial.model.step import Bound, StepRecord
from seatrial.model.timeline import Change, Clock, NodeSeen, PodSeen, Timeline, WorkloadSeen
from seatrial.model.verdict import CheckResult, Outcome, Verdict
from seatrial.record import codec
from seatrial.record.observations import ObservationWriter, StreamRecord
from seatrial.record.reader import read_run
from seatrial.record.writer import RunWriter
from seatrial.report.html import build_report
from seatrial.report.view import view_of

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


def observe(
    writer: RunWriter,
    exchanges: Sequence[Exchange] = (),
    *,
    name: str = "pod-deletion",
    target: str = "orders",
    faults: Sequence[FaultRecord] = (),
    file: str = "subject.ndjson",
) -> ObservationWriter:
    """An observation with this traffic, not yet closed."""
    head = Observation({TROUBLE: Arm()}, f"{name}.{target}", name, target)
    kept = writer.observation(head, bound=Bound(58.0, 210.0))
    if exchanges:
        # By hand: codec.dumps is thorough, and slow for a hundred thousand.
        (kept.directory / "subject.ndjson").write_text(
            "".join(
                f'{{"sequence":{e.sequence},"journey":"browse","planned_at":{e.planned_at},'
                f'"sent_at":{e.sent_at},'
                f'"completed_at":{e.completed_at},"outcome":"{e.outcome}"}}\n'
                for e in exchanges
            )
        )
        kept.stream(StreamRecord(TROUBLE, "subject", file, ("browse",), HEALTH, -1.0))
    for fault in faults:
        kept.fault(fault)
    return kept


def closed(kept: ObservationWriter, timeline: Timeline | None = None) -> str:
    """Close the observation; its id."""
    kept.close(timeline, missing={}, failure=None)
    return kept.directory.name


def judging(*observations: str, **changes: Any) -> CheckResult:
    """A check that passed on these observations."""
    return replace(PASSED, observations=observations, **changes)


def answered(number: int, at: float, latency: float = 0.005) -> Exchange:
    return Exchange(number, "browse", at, at, at + latency, ExchangeOutcome.OK, 200)


def test_the_head_says_the_outcome_in_words(sample_page: Node) -> None:
    root = sample_page
    head = root.find("header", class_="page-head")[0]
    assert "failed" in head.attributes["class"]
    assert head.find("h1")[0].text.startswith(
        "3 of 6 checks passed; 1 failed: orchestration.pod-replacement on"
    )
    for fact in (
        "chandlery",
        "kind-seatrial / chandlery",
        "10 min 15 s",
        "7",
        "24 November 2026, 06:00:00 UTC",
    ):
        assert fact in head.text
    assert not root.find("section", class_="banner")


def test_every_verdict_stands_in_the_table_worst_first(sample: Path, sample_page: Node) -> None:
    root = sample_page
    rows = root.find("table", class_="verdicts")[0].find("tbody")[0].find("tr")
    words = [row.find("td", class_="outcome")[0].text for row in rows]
    assert words == ["failed", "inconclusive", "skipped", "passed", "passed", "passed"]
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
    assert links == ["#check-1", "./observations/pod-deletion.orders"]
    assert (sample / links[1]).is_dir()
    anchors = {node.attributes.get("id") for node in root.everything()}
    targets = {link.attributes["href"][1:] for link in root.find("a") if link.attributes["href"][0] == "#"}
    assert targets <= anchors


def test_each_check_has_a_section_with_faults_effects_recovery_and_strength(sample_page: Node) -> None:
    section = sample_page.find("section", id="check-1")[0]
    faults = section.find("ol", class_="faults")[0].find("li")
    assert len(faults) == 3
    for part in (
        "delete-pod",
        "Verified",
        "gone after 3.1 s",
        "replacement created",
        "Ready",
        "available again after 3.2 s",
    ):
        assert part in faults[0].text
    strength = section.find("dl", class_="strength")[0].text
    assert "requests in disruption" in strength
    assert "6,338" in section.text
    names = [head.text for head in section.find("h4")]
    for lane in (
        "Requests a second",
        "Requests lost, in each 0.5 s",
        "Latency",
        "Replicas of orders",
        "Pods",
    ):
        assert lane in names


def test_decisions_of_the_autoscaler_are_shown(sample_page: Node) -> None:
    text = sample_page.find("section", id="check-4")[0].text
    assert "Deployment/orders: 2 to 4" in text
    assert "cpu 134 % of 60 %" in text


def test_stages_notes_and_tools_are_shown(sample_page: Node) -> None:
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
        "The run did not finish: pytest left no closing record"
        in root.find("section", class_="banner")[0].text
    )


def test_a_check_that_never_ended_has_its_own_row(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_started("a.b", "orders", "It MUST.")
    root = page(tmp_path)
    row = root.find("table", class_="verdicts")[0].find("tbody")[0].find("tr")[0]
    assert row.find("td", class_="outcome")[0].text == "unfinished"
    assert "the check began and never ended" in row.text
    assert "It MUST." in row.text


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


UNVERIFIED = FaultRecord(
    "f1", "delete-pod", Disruption.VOLUNTARY, Target("Pod", "shop", "web-1"), "web", 10.0, None,
    "no pod went", None, None, 7,
)  # fmt: skip


def test_an_observation_that_never_ended_is_an_error_with_what_it_had(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(PASSED)
    kept = observe(writer, [answered(n, n / 10) for n in range(50)], faults=[UNVERIFIED])
    kept.step(StepRecord("1", "inject", "delete-pod", 1.0, None))
    writer.tool_finished(0)
    root = page(tmp_path)
    assert root.find("header", class_="page-head")[0].attributes["class"] == "page-head error"
    assert "1 part of it began and never ended." in root.find("h1")[0].text
    row = root.find("table", class_="verdicts")[0].find("tbody")[0].find("tr")[0]
    assert row.find("td", class_="outcome")[0].text == "unfinished"
    text = root.find("section", id="check-2")[0].text
    for part in (
        "the observation began and never ended", "Began and never ended.", "50 requests planned",
        "interrupted", "Not verified", "not reverted", "available again never",
    ):  # fmt: skip
        assert part in text
    assert view_of(read_run(tmp_path)).exit_code == 1
    assert json.loads((tmp_path / "run.json").read_text())["exit_code"] == 1


def test_an_observation_that_nobody_judged_is_an_error(tmp_path: Path) -> None:
    writer = started(tmp_path, "chaos")
    writer.check_finished(PASSED)
    closed(observe(writer, faults=[UNVERIFIED]))
    writer.tool_finished(0)
    root = page(tmp_path)
    assert "1 observation was never judged." in root.find("h1")[0].text
    assert "records were left, but no verdict" in root.find("section", id="check-2")[0].text
    assert view_of(read_run(tmp_path)).exit_code == 1


def test_an_observation_judged_by_a_passed_check_but_never_ended_is_no_pass(tmp_path: Path) -> None:
    writer = started(tmp_path)
    kept = observe(writer, [answered(0, 1.0)])
    writer.check_finished(judging(kept.directory.name))
    writer.tool_finished(0)
    assert view_of(read_run(tmp_path)).exit_code == 1
    assert "Began and never ended." in page(tmp_path).find("section", id="check-1")[0].text


def test_a_passed_check_whose_observation_is_missing_is_no_pass(tmp_path: Path) -> None:
    writer = started(tmp_path)
    writer.check_finished(judging("gone.orders"))
    writer.tool_finished(0)
    assert view_of(read_run(tmp_path)).exit_code == 1
    assert "An observation that a passed check judged is missing" in page(tmp_path).text


def test_a_section_names_its_scenario_what_it_did_and_its_computed_duration(sample_page: Node) -> None:
    text = " ".join(sample_page.find("section", id="check-1")[0].text.split())
    for part in (
        "Scenario pod-deletion on orders", "What it did: 8 steps in 1 min 2 s",
        "1 min 4 s on a system that does well, at most 4 min", "inject delete-pod", "steady after 5.1 s",
        "is warm-up",
    ):  # fmt: skip
        assert part in text


def test_what_several_checks_judged_is_drawn_once_and_linked(sample_page: Node) -> None:
    assert len(sample_page.find("div", class_="observation")) == 3
    linked = sample_page.find("section", id="check-2")[0].find("p", class_="linked")[0]
    assert linked.find("a")[0].attributes["href"] == "#observation-1"
    assert sample_page.find("section", id="check-1")[0].find("div", id="observation-1")
    assert not sample_page.find("section", id="check-2")[0].find("figure")
    assert not sample_page.find("section", id="check-1")[0].find("p", class_="linked")


def test_of_checks_alike_the_worst_draws_what_they_judged(tmp_path: Path) -> None:
    writer = started(tmp_path)
    name = closed(observe(writer, [answered(0, 1.0)]))
    writer.check_finished(judging(name))
    writer.check_finished(judging(name, check="a.c", verdict=replace(PASSED.verdict, outcome=Outcome.FAILED)))
    writer.tool_finished(1)
    root = page(tmp_path)
    drawn = [len(root.find("section", id=name)[0].find("figure")) for name in ("check-1", "check-2")]
    assert drawn == [0, 1]


def test_figures_that_the_table_of_faults_has_are_not_repeated(sample_page: Node) -> None:
    strength = sample_page.find("section", id="check-3")[0].find("dl", class_="strength")[0]
    labels = [label.text for label in strength.find("dt")]
    assert "acknowledged" in labels
    assert not [label for label in labels if label.startswith("f4 ")]


def test_a_check_of_every_disruption_leaves_each_chart_to_its_own_check(tmp_path: Path) -> None:
    writer = started(tmp_path)
    names = [closed(observe(writer, [answered(0, 1.0)], target=target)) for target in ("orders", "cart")]
    every = replace(PASSED.verdict, outcome=Outcome.FAILED)
    writer.check_finished(judging(*names, check="data.every", verdict=every))
    writer.check_finished(judging(names[0]))
    writer.tool_finished(1)
    root = page(tmp_path)
    sections = [root.find("section", id=f"check-{number}")[0] for number in (1, 2)]
    drawn = [[part.attributes["id"] for part in each.find("div", class_="observation")] for each in sections]
    assert drawn == [["observation-2"], ["observation-1"]]


def test_measurements_are_counted_and_invariants_named(sample_page: Node) -> None:
    text = " ".join(sample_page.find("section", id="check-3")[0].text.split())
    assert "2,186 made, 2,186 answered" in text
    assert "paid-orders-have-a-payment" in text
    assert text.count("holds") == 2


@pytest.mark.parametrize(
    ("outcome", "value", "reason", "word"),
    [
        (
            MeasurementOutcome.ANSWERED,
            {"holds": False, "rows": [{"id": 7}], "expected": "no row"},
            "",
            "broken",
        ),
        (MeasurementOutcome.REFUSED, {}, "permission denied", "refused"),
        (MeasurementOutcome.REFUSED, {"holds": True}, "permission denied", "refused"),
        (MeasurementOutcome.COULD_NOT_TRY, {}, "no primary", "could not be tried"),
        (MeasurementOutcome.ANSWERED, {"holds": "yes"}, "", "not known"),
    ],
)
def test_an_invariant_that_does_not_hold_says_why(
    tmp_path: Path, outcome: MeasurementOutcome, value: dict[str, object], reason: str, word: str
) -> None:
    writer = started(tmp_path)
    kept = observe(writer, [answered(0, 1.0)])
    kept.measurement(Measurement("invariant", "totals-add-up", 1.0, 1.1, outcome, value, reason))
    writer.check_finished(judging(closed(kept)))
    writer.tool_finished(0)
    (row,) = page(tmp_path).find("div", **{"aria-label": "Invariants"})[0].find("tbody")[0].find("tr")
    assert row.find("td")[1].text == word
    assert row.find("td")[1].attributes["class"] == "failed-text"
    assert reason in row.text
    if word == "broken":
        assert row.find("td")[2].text == "expected no row; 1 row, first {'id': 7}"


def test_a_fault_that_was_impossible_disturbed_nothing(tmp_path: Path) -> None:
    writer = started(tmp_path)
    why = "the budget permits 0 of 2 pods to go"
    fault = replace(UNVERIFIED, effect="", impossible=why)
    traffic = [answered(n, n / 2, 0.005) for n in range(50)]
    failed = replace(traffic[30], outcome=ExchangeOutcome.FAILED)
    writer.check_finished(judging(closed(observe(writer, [*traffic[:30], failed], faults=[fault]))))
    writer.tool_finished(0)
    root = page(tmp_path)
    (item,) = root.find("ol", class_="faults")[0].find("li")
    assert why in item.text
    assert "nothing was disturbed" in item.text
    for part in ("not reverted", "Not verified", "available again", "client error"):
        assert part not in item.text
    assert not root.find("rect", class_="fault-band")


def test_each_arm_has_a_chart_of_its_own(tmp_path: Path) -> None:
    writer = started(tmp_path)
    kept = observe(writer, [answered(n, 100 + n / 10) for n in range(100)])
    (kept.directory / "control.ndjson").write_text(
        "".join(codec.dumps(answered(n, n / 10)) + "\n" for n in range(70))
    )
    kept.stream(StreamRecord(CONTROL, "control", "control.ndjson", ("browse",), HEALTH, -1.0))
    seen = [NodeSeen(at, Change.MODIFIED, "worker", at < 105, True) for at in (0.0, 105.0)]
    writer.check_finished(judging(closed(kept, Timeline(0.0, 110.0, Clock(0, 0, 0), tuple(seen)))))
    writer.tool_finished(0)
    section = page(tmp_path).find("section", id="check-1")[0]
    assert len(section.find("figure")) == 2
    assert "100 requests planned" in section.find("figure")[0].text
    assert "70 requests planned" in section.find("figure")[1].text
    assert "7 s, from" in section.find("figure")[1].text, "the control ended before the node was lost"


def test_a_record_that_was_not_kept_is_named(tmp_path: Path) -> None:
    writer = started(tmp_path)
    kept = observe(writer)
    failure = Verdict(Outcome.ERROR, "the traffic was not steady", "steady traffic")
    kept.close(None, missing={Record.TIMELINE: "no permission to watch pods"}, failure=failure)
    writer.check_finished(judging(kept.directory.name, verdict=failure))
    writer.tool_finished(1)
    text = page(tmp_path).find("section", id="check-1")[0].text
    assert "No record of timeline: no permission to watch pods" in text
    assert "the traffic was not steady" in text


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
    writer.check_started(EVIL, long, long)
    target = Target(EVIL, EVIL, long, EVIL)
    fault = FaultRecord(
        EVIL, EVIL, Disruption.INVOLUNTARY, target, EVIL, 3.0, 3.1, long, 4.0, 4.0, 7, long, {EVIL: long}
    )  # fmt: skip
    kept = observe(writer, name=EVIL, target=long, faults=[fault])
    kept.step(StepRecord(EVIL, EVIL, long, 2.0, None, long))
    for kind in ("invariant", EVIL):
        kept.measurement(
            Measurement(kind, long, 2.0, 3.0, MeasurementOutcome.ANSWERED, {EVIL: long, "holds": False}, long)
        )
    exchange = Exchange(0, EVIL, 1.0, 1.0, 1.1, ExchangeOutcome.FAILED, 500, long, EVIL, EVIL, EVIL)
    (kept.directory / "x.ndjson").write_text(codec.dumps(exchange) + "\n")
    kept.stream(StreamRecord(TROUBLE, EVIL, "x.ndjson", (EVIL, long), HEALTH, 0.0))
    kept.stream(StreamRecord(EVIL, EVIL, "x.ndjson", (EVIL, long), HEALTH, 0.0))
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
    failure = Verdict(Outcome.ERROR, long, long)
    kept.close(
        Timeline(0.0, 9.0, Clock(0.0, 0.0, 0.0), seen), missing={Record.EXCHANGES: long}, failure=failure
    )
    result = CheckResult(EVIL, EVIL, long, verdict, EVIL, 0.0, 9.0, f"evidence/{EVIL}")
    writer.check_finished(replace(result, observations=(kept.directory.name,)))
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


def test_the_same_check_twice_keeps_its_observations_apart(tmp_path: Path) -> None:
    writer = started(tmp_path)
    for begin in (0.0, 100.0):
        kept = observe(writer, [answered(n, begin + n / 10) for n in range(40 if begin else 60)])
        writer.check_finished(judging(closed(kept), started_at=begin))
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
    for name in ("index.html", "run.json", "junit.xml", "run.sarif"):
        text = (sample / name).read_text()
        assert str(sample.parent) not in text
        assert str(Path.cwd()) not in text
    assert read_run(sample).run_id == sample.name
