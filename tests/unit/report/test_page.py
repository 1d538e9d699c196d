"""The page of a finished run says what the run says, and stands alone."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

from page_reader import Node, read_page


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
        "disruption latency p99 in drain-node 1,500 ms",
    ):
        assert fact in head.text
    assert "none" not in head.text
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


def test_figures_that_the_table_of_faults_has_are_not_repeated(sample_page: Node) -> None:
    strength = sample_page.find("section", id="check-3")[0].find("dl", class_="strength")[0]
    labels = [label.text for label in strength.find("dt")]
    assert "acknowledged" in labels
    assert not [label for label in labels if label.startswith("f4 ")]


def test_measurements_are_counted_and_invariants_named(sample_page: Node) -> None:
    text = " ".join(sample_page.find("section", id="check-3")[0].text.split())
    assert "2,186 made, 2,186 answered" in text
    assert "paid-orders-have-a-payment" in text
    assert text.count("holds") == 2
