"""One file -> decoded documents."""

from __future__ import annotations

import codecs
import os

from seatrial.errors import BadInput
from seatrial.lint.decoding import decode
from seatrial.lint.document import Document


class Files:
    """Files that were read: each one once, however many kustomizations name it."""

    def __init__(self) -> None:
        self._known: dict[str, list[Document]] = {}

    def documents(self, name: str) -> list[Document]:
        """The documents of one file.

        Raises:
            BadInput: it cannot be read or decoded.
        """
        key = os.path.realpath(name)
        if key not in self._known:
            self._known[key] = read_documents(name)
        return self._known[key]


def read_documents(name: str) -> list[Document]:
    """The documents of one file.

    Raises:
        BadInput: it cannot be read or decoded.
    """
    return decode_bytes(bytes_of(name), name)


def bytes_of(name: str) -> bytes:
    """The content of one file. Raises BadInput when it cannot be read."""
    try:
        with open(name, "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError as error:
        raise BadInput(f"cannot read the file: {error.strerror}", where=name) from None


def encoding_of(content: bytes) -> str:
    """UTF-8, or UTF-16 where a mark says so: PowerShell writes it, and kubectl reads it."""
    return "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def decode_bytes(content: bytes, source: str) -> list[Document]:
    """The documents in the bytes of `source`. Raises BadInput when they are no text, YAML or JSON."""
    try:
        written = content.decode(encoding_of(content))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadInput("not UTF-8 text", where=f"{source}:{line}", next_step="save it as UTF-8") from None
    return decode(written, source)
