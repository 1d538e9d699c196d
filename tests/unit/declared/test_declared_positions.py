"""Every finding of every example stands at a line of its file where a person can see what is meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from declared_examples import DATA, TODAY

from seatrial.declared.catalogue import every_rule
from seatrial.declared.engine import Finding, examine
from seatrial.declared.graph import Graph
from seatrial.lint.decoding import decode, parse
from seatrial.lint.given import Place


def findings_in(text: str, name: str) -> list[Finding]:
    objects = [(document.data, Place(document, ())) for document in decode(text, name)]
    return examine(Graph(objects, parse), every_rule(), today=TODAY).findings


def last_written_key(finding: Finding) -> str | None:
    """The last key of the finding's path that is written in the object; None when that is a list's member."""
    value, last = finding.resource.data, None
    for part in finding.path:
        if isinstance(value, dict) and part in value:
            last, value = str(part), value[part]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            last, value = None, value[part]
        else:
            break
    return last


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_each_finding_points_at_the_key_it_speaks_of(form: str) -> None:
    looked_at = 0
    for path in sorted(DATA.glob("*/fail-*.yaml")):
        text = path.read_text(encoding="utf-8")
        if form == "json":
            text = "\n".join(json.dumps(document.data, indent=1) for document in decode(text, path.name))
        lines = text.splitlines()
        for finding in findings_in(text, path.name):
            file, line, column = finding.resource.origin.position(finding.path)
            assert file == path.name
            assert 1 <= line <= len(lines)
            key = last_written_key(finding)
            rest = lines[line - 1][column - 1 :]
            if key is not None:
                looked_at += 1
                assert rest.lstrip("\"'").startswith(key), (path.parent.name, finding.path, line, column)
    assert looked_at > 1000


def test_positions_survive_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    from seatrial.lint.reading import read_whole as read

    path = tmp_path / "a.yaml"
    source = (DATA / "container.image-tag" / "fail-latest.yaml").read_text(encoding="utf-8")
    path.write_bytes(b"\xef\xbb\xbf" + source.replace("\n", "\r\n").encode())
    given = read([str(path)])
    report = examine(Graph(given.objects, parse), every_rule(), today=TODAY)
    finding = next(item for item in report.findings if item.rule.id == "container.image-tag")
    line = finding.resource.origin.position(finding.path)[1]
    assert "image" in source.splitlines()[line - 1]
