"""Files, folders, standard input, kustomizations and Helm charts -> the objects of an input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from seatrial.errors import BadInput
from seatrial.lint.document import Document
from seatrial.lint.files import bytes_of, decode_bytes, encoding_of
from seatrial.lint.given import Input, World, looks_like_an_object, take
from seatrial.lint.tree import STDIN, Tree, explore, is_template, may_hold_objects, sort_by_name


def read_whole(names: Iterable[str]) -> Input:
    """As `read`, for those who can use nothing but all of it.

    Raises:
        BadInput: something cannot be read.
    """
    given = read(names)
    for error in given.refused:
        raise error
    return given


def read(names: Iterable[str], exclude: Sequence[str] = ()) -> Input:
    """Read everything that is named: files, folders, `-` for standard input.

    Args:
        exclude: patterns of names or paths that are left out.
    """
    tree = explore(names, exclude)
    given = Input([], [], [], [], tree.skipped, tree.refused, [])
    if tree.kustomizations or tree.charts:
        from seatrial.lint.rendering import render_all

        given.worlds.extend(render_all(tree, given))  # takes its files off the tree
    world: World = []
    for name, named in sorted(tree.files.items()):  # the same findings, in whatever order they are named
        try:
            _read_file(name, given, world, strict=named)
        except BadInput as error:
            given.refused.append(error)
    _add_files(world, tree, given)
    return given


def _add_files(world: World, tree: Tree, given: Input) -> None:
    """Files are a world of their own, unless they were named beside a single folder that was rendered."""
    one = [*tree.kustomizations.values(), *tree.charts.values()] == [True] and len(given.worlds) == 1
    if one and all(tree.files.values()):
        given.worlds[0].extend(world)
    elif world:
        given.worlds.insert(0, world)
        given.plain.append(world)


def _read_file(name: str, given: Input, world: World, *, strict: bool) -> None:
    if name == STDIN:
        take(decode_bytes(sys.stdin.buffer.read(), "<stdin>"), given, world, "<stdin>")
        return
    content = bytes_of(name)
    if not strict and not may_be_kubernetes(content):
        _leave_out(name, given)  # not even broken Kubernetes: another program's file
        return
    try:
        documents = decode_bytes(content, name)
    except BadInput:
        if strict or not _leave_out_broken(name, content, given):
            raise
        return
    if not strict and documents and not any(map(_holds_objects, documents)):
        _leave_out(name, given)
        return
    take(documents, given, world, name)


def may_be_kubernetes(content: bytes) -> bool:
    """Whether the words that every object has stand in the bytes of a file."""
    if encoding_of(content) == "utf-16":
        content = content.replace(b"\x00", b"")
    return b"apiVersion" in content or b"kind" in content


def _holds_objects(document: Document) -> bool:
    """Whether it is meant for Kubernetes; a list of objects is, though kubectl takes none."""
    data = document.data
    return any(map(looks_like_an_object, data if data.__class__ is list else [data]))


def _leave_out(name: str, given: Input) -> None:
    sort = sort_by_name(name)
    if sort:
        given.skipped.setdefault(sort, []).append(name)
    else:
        given.ignored.append(name)


def _leave_out_broken(name: str, content: bytes, given: Input) -> bool:
    """Leave out a file of a folder that is no YAML, if it is none of ours; whether it was left out."""
    if sort_by_name(name) or not may_hold_objects(content):
        _leave_out(name, given)
    elif is_template(content):
        given.skipped.setdefault("template", []).append(name)
    else:
        return False
    return True
