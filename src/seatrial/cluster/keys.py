"""Content keys: the same inputs give the same key, any change gives another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

KEY_LENGTH = 12
_IGNORED = ("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache")


def content_key(pins: Iterable[str], inputs: Iterable[Path] = ()) -> str:
    """A short key over words and files.

    Args:
        pins: versions, flags, keys of other things; their order counts.
        inputs: files, or folders with everything below them; a file counts with its name, mode and content.

    Returns:
        The first 12 hexadecimal digits of a SHA-256.

    Raises:
        FileNotFoundError: an input is not there.
    """
    digest = hashlib.sha256()
    for pin in pins:
        digest.update(b"pin\0" + pin.encode() + b"\0")
    for given in inputs:
        for file in _files(given):
            name = file.relative_to(given.parent).as_posix()
            executable = "x" if file.stat().st_mode & 0o100 else "-"
            digest.update(f"file\0{name}\0{executable}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:KEY_LENGTH]


def _files(given: Path) -> list[Path]:
    if not given.is_dir():
        return [given]
    return sorted(
        file
        for file in given.rglob("*")
        if file.is_file() and not any(part in _IGNORED for part in file.parts)
    )
