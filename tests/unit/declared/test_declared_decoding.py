"""Text is decoded as kubectl decodes it, and what cannot be read is an error with file, document and line."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.errors import BadInput
from seatrial.lint.decoding import decode

# Seen with `kubectl label --local -o json` of kubectl 1.32; the last test compares with the kubectl at hand.
SCALARS: list[tuple[str, Any]] = [
    ("y", True),
    ("N", False),
    ("on", True),
    ("Off", False),
    ("yes", True),
    ("TRUE", True),
    ("TrUe", "TrUe"),
    ('"y"', "y"),
    ("~", None),
    ("null", None),
    ("", None),
    ("0777", 511),
    ("0o777", 511),
    ("-012", -10),
    ("08", 8),
    ("0x1F", 31),
    ("0X1F", 31),
    ("0x", "0x"),
    ("0b11", 3),
    ("0b", "0b"),
    ("1_000", 1000),
    ("1_0.5", 10.5),
    ("._1", "._1"),
    (".", "."),
    ("+5", 5),
    ("1:30", "1:30"),
    ("9223372036854775807", 2**63 - 1),
    ("-1000000000000000000000000000000", -1e30),
    ("0777777777777777777777777", 7.777777777777778e23),
    ("0xFFFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFFFF"),
    ("1e3", 1000),
    ("12e03", 12000),
    ("1.", 1),
    (".5", 0.5),
    ("010.5", 10.5),
    ("2001-01-01", "2001-01-01"),
    ("=", "="),
    ("<<", "<<"),
    ("!!str 5", "5"),
    ('!!int "5"', 5),
    ("!!bool yes", True),
    ("!!binary aGVsbG8=", "hello"),
    ("!own 3", "3"),
    ("1.2.3", "1.2.3"),
    ("- ", [None]),
]


def value_of(written: str) -> Any:
    return decode(f"apiVersion: v1\nkind: Thing\nvalue:\n  {written}\n", "f.yaml")[0].data["value"]


@pytest.mark.parametrize(
    ("written", "expected"), SCALARS, ids=[written or "nothing" for written, _ in SCALARS]
)
def test_scalar_means_what_kubectl_takes_it_for(written: str, expected: Any) -> None:
    found = value_of(written)
    assert found == expected
    assert isinstance(found, bool) == isinstance(expected, bool)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl to compare with")
def test_kubectl_at_hand_agrees_on_every_scalar(tmp_path: Path) -> None:
    path = tmp_path / "thing.yaml"
    lines = [f"  k{index}:\n    {written}" for index, (written, _) in enumerate(SCALARS)]
    path.write_text(
        "apiVersion: v1\nkind: Thing\nmetadata: {name: thing}\nvalues:\n" + "\n".join(lines) + "\n"
    )
    command = ["kubectl", "label", "--local", "-f", str(path), "a=b", "-o", "json", "--dry-run=client"]
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert decode(path.read_text(), str(path))[0].data["values"] == json.loads(done.stdout)["values"]


def test_keys_become_text() -> None:
    data = decode("on: 1\n1: 2\n1.5: 3\n1e3: 4\n0x10: 5\n", "f.yaml")[0].data
    assert data == {"true": 1, "1": 2, "1.5": 3, "1000": 4, "16": 5}


def test_a_merge_key_counts_where_it_stands() -> None:
    text = "base: &b {p: 1, q: 2}\nafter:\n  <<: *b\n  p: 5\nbefore:\n  p: 5\n  <<: *b\n"
    data = decode(text, "f.yaml")[0].data
    assert data["after"] == {"p": 5, "q": 2}
    assert data["before"] == {"p": 1, "q": 2}


def test_of_several_merged_mappings_the_first_wins() -> None:
    text = "a: &a {p: 1}\nb: &b {p: 2, q: 2}\nc:\n  <<: [*a, *b]\n"
    assert decode(text, "f.yaml")[0].data["c"] == {"p": 1, "q": 2}


UNREADABLE = {
    "a duplicate key": ("---\na: 1\n---\nb: {c: 1,\n  c: 2}\n", "f.yaml:5 (document 2)", "`c` stands twice"),
    "a duplicate key by meaning": ("on: 1\nyes: 2\n", "f.yaml:2 (document 1)", "`true` stands twice"),
    "a tab": ("a: 1\n---\nb:\n\tc: 1\n", "f.yaml:4 (document 2)", "not valid YAML"),
    "a null key": ("a: 1\n~: 2\n", "f.yaml:2 (document 1)", "a key is null"),
    "a mapping as key": ("? {a: 1}\n: 2\n", "f.yaml:1 (document 1)", "a key is a mapping or a list"),
    "not a number": ("a:\n- .nan\n", "f.yaml:2 (document 1)", "cannot be written in JSON"),
    "an anchor in itself": ("b: 1\na: &a\n- *a\n", "f.yaml:2 (document 1)", "contains itself"),
    "an unknown alias": ("a: *b\n", "f.yaml:1 (document 1)", "not valid YAML"),
    "deep nesting": ("[" * 5000, "f.yaml:1 (document 1)", "not valid YAML"),
    "a control character": ("a: \x01\n", "f.yaml:1 (document 1)", "not valid YAML"),
    "a duplicate key in JSON": ('{"a": 1, "a": 2}', "f.yaml:1 (document 1)", "`a` stands twice"),
    "broken JSON": ('{"a": 1}\n{"a":\n oops}', "f.yaml:3 (document 2)", "not valid JSON"),
    "NaN in JSON": ('{"a": NaN}', "f.yaml:1 (document 1)", "NaN is not a JSON value"),
    "deep JSON": ('{"a":' * 100_000, "f.yaml:1 (document 1)", "not valid JSON"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_an_error_with_its_place(name: str) -> None:
    text, where, what = UNREADABLE[name]
    with pytest.raises(BadInput) as caught:
        decode(text, "f.yaml")
    assert caught.value.where == where
    assert what in caught.value.what


@pytest.mark.parametrize(
    "text",
    [
        "{a: {b: c}, d: [1]}\n---\n{a: 2}\n",
        '{"a": {"b": "c"}, "d": [1]}\n---\n{"a": 2}\n',
        '{"a": {"b": "c"}, "d": [1]}{"a": 2}',
        '{"a": {"b": "c"}, "d": [1],}\n---\na: 2\n',
    ],
)
def test_a_brace_may_begin_json_or_yaml(text: str) -> None:
    documents = decode(text, "f.yaml")
    assert [document.data for document in documents] == [{"a": {"b": "c"}, "d": [1]}, {"a": 2}]
    assert documents[0].locate(("d",))[0] == 1


def test_a_brace_that_begins_neither_is_told_as_json() -> None:
    with pytest.raises(BadInput, match="not valid JSON"):
        decode('{"a": [}', "f.json")


def test_a_number_without_end_is_an_error_and_told_briefly() -> None:
    with pytest.raises(BadInput, match=r"^`9{59}…` cannot be written in JSON"):
        decode(f"a: {'9' * 5000}\n", "f.yaml")


def test_an_anchor_may_be_given_again() -> None:
    """An alias means the last value of the anchor before it, as kubectl reads it."""
    text = "a: &x 1\nb: *x\nc:\n- &x {d: on}\n- *x\n---\na: &x 0777\n"
    first, second = decode(text, "f.yaml")
    assert first.data == {"a": 1, "b": 1, "c": [{"d": True}, {"d": True}]}
    assert second.data == {"a": 511}
    assert first.locate(("c", 1)) == (4, 3)
    assert decode("a: &x 1\nb: '&x'\nc: *x\n", "f.yaml")[0].data == {"a": 1, "b": "&x", "c": 1}


def test_aliases_cannot_blow_up() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(BadInput, match="stand for more than"):
        decode("\n".join(lines), "f.yaml")


def test_a_template_gets_a_hint() -> None:
    with pytest.raises(BadInput) as caught:
        decode("a: {{ .Values.a }}\n", "f.yaml")
    assert "helm template" in caught.value.next_step


def test_empty_documents_are_left_out_and_counted() -> None:
    documents = decode("---\n---\n# only a comment\n---\na: 1\n---\nnull\n", "f.yaml")
    assert [document.data for document in documents] == [{"a": 1}]
    assert documents[0].line == 5


def test_a_value_is_located_by_its_key_an_absent_one_by_its_nearest_ancestor() -> None:
    text = "# head\nspec:\n  containers:\n  - name: a\n    image: x\n  -\n    name: b\n"
    document = decode(text, "f.yaml")[0]
    assert document.locate(("spec", "containers", 0, "image")) == (5, 5)
    assert document.locate(("spec", "containers", 1, "image", "none")) == (7, 5)
    assert document.locate(("spec", "volumes", 3)) == (2, 1)


def test_a_value_in_json_is_located_too() -> None:
    document = decode('{"x": 1}\n{\n "spec": {\n  "a": [1,\n   {"b": 2}]}}', "f.json")[1]
    assert document.locate(("spec", "a", 1, "b")) == (5, 5)


def test_merged_values_are_located_where_they_are_written() -> None:
    document = decode("base: &b\n  p: 1\nhere:\n  <<: *b\n", "f.yaml")[0]
    assert document.locate(("here", "p")) == (2, 3)


_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(_TEXT, _VALUES, min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_json_written_and_read_is_the_same(value: dict[str, Any]) -> None:
    assert decode(json.dumps(value), "f.json")[0].data == value


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"#\n \t%@<~,?01.y"), max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_decoded_or_refused(text: str) -> None:
    with contextlib.suppress(BadInput):
        json.dumps([document.data for document in decode(text, "f.yaml")], allow_nan=False)
