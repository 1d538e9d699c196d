"""Fields by path, also inside lists by key; and what is restored of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from seatrial.errors import BadInput
from seatrial.faults.effects.fields import in_words, json_patch, value_at
from seatrial.faults.effects.object_fields import FieldChange, changed_by_others, still_written

CONTAINERS = ("spec", "containers")
APP = (*CONTAINERS, "[name=app]")


def workload() -> dict[str, Any]:
    return {
        "metadata": {"name": "w"},
        "spec": {"containers": [{"name": "proxy", "image": "p:1"}, {"name": "app", "image": "a:1"}]},
    }


def patched(obj: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """JSON patch (RFC 6902), as far as these operations need it."""
    result = copy.deepcopy(obj)
    for operation in operations:
        *parents, last = [
            part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
        ]
        here: Any = result
        for part in parents:
            here = here[int(part)] if isinstance(here, list) else here[part]
        if operation["op"] == "remove":
            del here[int(last) if isinstance(here, list) else last]
        elif isinstance(here, list) and last == "-":
            here.append(operation["value"])
        else:
            if operation["op"] == "replace":
                assert here[int(last) if isinstance(here, list) else last] is not None
            here[int(last) if isinstance(here, list) else last] = operation["value"]
    return result


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("metadata", "name"), "w"),
        ((*APP, "image"), "a:1"),
        (APP, {"name": "app", "image": "a:1"}),
        ((*CONTAINERS, "[name=none]", "image"), None),
        (("metadata", "annotations", "a.b/c"), None),
        (("metadata", "name", "deeper"), None),
    ],
)
def test_a_value_is_found_by_its_path(path: tuple[str, ...], value: Any) -> None:
    assert value_at(workload(), path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*APP, "image"), "a:2"),
        ((*APP, "readinessProbe"), {"tcpSocket": {"port": 1}}),
        ((*APP, "env", "[name=X]"), {"name": "X", "value": "1"}),
        ((*CONTAINERS, "[name=new]"), {"name": "new"}),
        (("metadata", "annotations", "seatrial.dev/a~b"), "me"),
        (("spec", "unschedulable"), True),
    ],
)
def test_what_is_written_can_be_taken_back(path: tuple[str, ...], value: Any) -> None:
    before = workload()
    after = patched(before, json_patch(before, [(path, value)]))
    assert value_at(after, path) == value
    assert value_at(after, (*CONTAINERS, "[name=proxy]", "image")) == "p:1", "the others stay"
    back = patched(after, json_patch(after, [(path, value_at(before, path))]))
    assert value_at(back, path) == value_at(before, path)


def test_an_item_is_found_by_its_key_wherever_it_stands_now() -> None:
    moved = workload()
    moved["spec"]["containers"].reverse()
    assert patched(moved, json_patch(moved, [((*APP, "image"), "a:2")]))["spec"]["containers"] == [
        {"name": "app", "image": "a:2"},
        {"name": "proxy", "image": "p:1"},
    ]


def test_removing_items_does_not_shift_the_ones_after_them() -> None:
    obj = workload()
    proxy = (*CONTAINERS, "[name=proxy]")
    operations = json_patch(obj, [(proxy, None), ((*APP, "image"), "a:2")])
    assert patched(obj, operations)["spec"]["containers"] == [{"name": "app", "image": "a:2"}]


def test_what_is_not_there_needs_no_removal() -> None:
    obj = workload()
    absent = [("metadata", "annotations", "a"), (*APP, "env", "[name=X]"), (*CONTAINERS, "[name=none]")]
    assert json_patch(obj, [(path, None) for path in absent]) == []


def test_a_path_that_leads_nowhere_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"no item \[name=none\] in spec.containers"):
        json_patch(workload(), [((*CONTAINERS, "[name=none]", "image"), "x")])
    with pytest.raises(BadInput, match=r"metadata\.name holds nothing"):
        json_patch(workload(), [(("metadata", "name", "deeper"), "x")])


def test_a_path_reads_as_people_write_it() -> None:
    assert in_words((*APP, "image")) == "spec.containers[name=app].image"


@pytest.mark.parametrize(
    ("original", "written", "current", "ours", "foreign"),
    [
        (None, True, True, True, False),
        (None, True, None, False, False),
        (None, True, False, False, False),
        (False, True, None, False, False),
        (True, True, True, False, False),
        (3, 0, 0, True, False),
        (3, 0, 3, False, False),
        (3, 0, 5, False, True),
        (3, 0, None, False, True),
        (None, "mark", "other", False, True),
        ("a", None, None, True, False),
        ("a", None, "b", False, True),
    ],
)
def test_a_field_is_restored_only_while_it_has_the_faults_value(
    original: Any, written: Any, current: Any, ours: bool, foreign: bool
) -> None:
    change = FieldChange(("spec", "field"), original, written)
    obj = {"spec": {} if current is None else {"field": current}}
    assert still_written(obj, change) is ours
    assert changed_by_others(obj, change) is foreign
