"""Whatever the input: no rule crashes, and the order of documents and keys changes no verdict."""

from __future__ import annotations

import copy
import random
from functools import cache
from typing import Any

from declared_examples import DATA, TODAY
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.declared.catalogue import every_rule
from seatrial.declared.engine import Report, examine
from seatrial.declared.graph import Graph
from seatrial.lint.decoding import parse
from seatrial.lint.reading import read_whole as read

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2000)
    | st.floats(-1e3, 1e3)
    | st.sampled_from(
        ["", "web", "100%", "500m", "64Mi", "Always", "Recreate", "*", "0s", "-1", "until 2999-01-01"]
    )
)
_ANYTHING = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["name", "kind", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@cache
def _examples() -> list[dict[str, Any]]:
    """Every object of every example, so that every rule has something to judge."""
    return [data for data, _ in read([str(path) for path in sorted(DATA.glob("*/*.yaml"))]).objects]


def _judge(objects: list[dict[str, Any]]) -> Report:
    return examine(Graph([(data, None) for data in objects], parse), every_rule(), today=TODAY)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += _paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += _paths(inner, (*path, index))
    return found


def _replace(data: dict[str, Any], path: tuple[str | int, ...], value: Any) -> None:
    inner: Any = data
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_value_anywhere_crashes_a_rule(data: st.DataObject) -> None:
    examples = _examples()
    objects = [copy.deepcopy(data.draw(st.sampled_from(examples))) for _ in range(4)]
    for broken in objects[:3]:
        paths = [path for path in _paths(broken) if path and path not in {("kind",), ("apiVersion",)}]
        if paths:
            _replace(broken, data.draw(st.sampled_from(paths)), data.draw(_ANYTHING))
    report = _judge(objects)
    assert not report.faults, report.faults[0]


def test_every_field_of_every_kind_may_be_of_any_type() -> None:
    """Exhaustive where chance might not look: each field of each kind becomes each sort of value."""
    seen: set[tuple[Any, ...]] = set()
    broken: list[dict[str, Any]] = []
    for example in _examples():
        for path in _paths(example):
            shape = (example["kind"], *(0 if isinstance(part, int) else part for part in path))
            if not path or shape in seen or path in {("kind",), ("apiVersion",)}:
                continue
            seen.add(shape)
            for value in (None, 7, "text", [], [None, [], {}], {}, {"a": None}, True):
                broken.append(copy.deepcopy(example))
                _replace(broken[-1], path, value)
    for start in range(0, len(broken), 40):
        report = _judge(broken[start : start + 40])
        assert not report.faults, (report.faults[0].rule.id, report.faults[0].reason)
    assert len(seen) > 300


def _verdicts(report: Report) -> list[tuple[str, ...]]:
    return sorted(
        (
            finding.rule.id,
            finding.resource.title,
            finding.container,
            finding.seen,
            str(finding.waiver is None),
        )
        for finding in report.findings
    )


def _shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: _shuffled(value[key], chance) for key in keys}
    return [_shuffled(item, chance) for item in value] if isinstance(value, list) else value


@given(st.integers(0, 2**32), st.data())
@settings(max_examples=60, deadline=None)
def test_order_of_documents_and_keys_changes_no_verdict(seed: int, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(_folders()), min_size=1, max_size=2, unique=True))
    paths = [str(path) for folder in chosen for path in sorted((DATA / folder).glob("*.yaml"))[:2]]
    objects = [item for item, _ in read(paths).objects]
    unique = list(
        {(o["kind"], str(o["metadata"].get("namespace")), o["metadata"]["name"]): o for o in objects}.values()
    )
    chance = random.Random(seed)
    other = [_shuffled(item, chance) for item in unique]
    chance.shuffle(other)
    assert _verdicts(_judge(unique)) == _verdicts(_judge(other))


@cache
def _folders() -> list[str]:
    return sorted(path.name for path in DATA.iterdir())
