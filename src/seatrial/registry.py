"""One registry for each kind of thing that a single new file can add.

A registry knows the folder of the package that its own files lie in, and imports them when it is first asked.
Files of other people come from the folders of `SEATRIAL_EXTENSIONS` and from the entry points of the group
`seatrial.extensions`: importing one of them registers what it declares.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

from seatrial.errors import BadInput, suggestion

Item = TypeVar("Item")

EXTENSIONS_VARIABLE = "SEATRIAL_EXTENSIONS"
"""Folders, separated as in PATH, whose Python files are imported beside Seatrial's own."""
ENTRY_POINTS = "seatrial.extensions"


class Registry(Generic[Item]):
    """Things of one kind by name, found by importing the files that declare them.

    Args:
        kind: what one of them is called, e.g. "fault".
        package: dotted name of the package whose modules declare them; empty for none.
    """

    def __init__(self, kind: str, package: str = "") -> None:
        self.kind = kind
        self.package = package
        self._items: dict[str, Item] = {}
        self._places: dict[str, str] = {}
        self._loaded = False

    def add(self, name: str, item: Item, *, place: str) -> None:
        """Register `item`; the same file may do it again, as when pytest imports it a second time.

        Raises:
            BadInput: another file has registered that name, whichever of them was imported first.
        """
        before = self._places.get(name)
        if before is not None and before != place:
            raise BadInput(
                f"two {self.kind}s are called {name}", where=f"{before} and {place}",
                next_step="Give the one that is yours another name.",
            )  # fmt: skip
        self._items[name], self._places[name] = item, place

    def decorator(self, name: str, make: Callable[[Any], Item]) -> Callable[[Any], Any]:
        """A decorator that registers what `make` makes of the decorated object, and returns that object."""

        def decorate(decorated: Any) -> Any:
            self.add(name, make(decorated), place=place_of(decorated))
            return decorated

        return decorate

    def all(self) -> dict[str, Item]:
        """Every item by name, in the order of their names."""
        self._load()
        return {name: self._items[name] for name in sorted(self._items)}

    def get(self, name: str) -> Item:
        """The item of that name.

        Raises:
            BadInput: there is none; names the nearest.
        """
        self._load()
        if name not in self._items:
            raise BadInput(f"there is no {self.kind} {name!r}", next_step=suggestion(name, self._items))
        return self._items[name]

    def place(self, name: str) -> str:
        """The file that declares the item."""
        return self._places[name]

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self.all())

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True  # what is imported now may ask for others of its kind
        try:
            if self.package:
                for _ in modules_of(self.package):
                    pass
            load_extensions()
        except BaseException:
            self._loaded = False  # whoever asks next must not be given what happened to be found before
            raise


def place_of(decorated: Any) -> str:
    """The file that an object is defined in."""
    try:
        return str(Path(inspect.getfile(decorated)).resolve())
    except TypeError:
        return str(getattr(decorated, "__module__", "?"))


def modules_of(package: str) -> Iterator[ModuleType]:
    """Import every module below a package, also of sub-packages; names that begin with `_` are left out."""
    root = importlib.import_module(package)
    yield root
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not found.name.rpartition(".")[2].startswith("_"):
            yield importlib.import_module(found.name)


def extension_folders() -> list[Path]:
    """The folders that `SEATRIAL_EXTENSIONS` names.

    Raises:
        BadInput: one of them is not there.
    """
    named = [part for part in os.environ.get(EXTENSIONS_VARIABLE, "").split(os.pathsep) if part]
    folders = [Path(part).expanduser().resolve() for part in named]
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(
                "there is no such folder of extensions", where=str(folder),
                next_step=f"Correct {EXTENSIONS_VARIABLE}, or make the folder.",
            )  # fmt: skip
    return folders


def load_extensions() -> None:
    """Import every file of the extension folders and every entry point, each once in a process.

    Raises:
        BadInput: one cannot be imported; names it and the reason.
    """
    for folder in extension_folders():
        for path in sorted(folder.rglob("*.py")):
            import_file(path)
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        try:
            entry.load()
        except BadInput:
            raise
        except Exception as error:
            raise BadInput(
                f"an extension cannot be imported: {type(error).__name__}: {error}",
                where=f"entry point {entry.name} = {entry.value}",
                next_step="Repair or uninstall the package that brings it.",
            ) from error


def import_file(path: Path) -> ModuleType:
    """Import one Python file under a name of its own; a second time gives the same module.

    Raises:
        BadInput: it cannot be imported; names it and the reason.
    """
    import hashlib  # here: it would double the time to the first line of `--help`

    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
    name = f"seatrial_extension_{digest}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None  # a path that ends in .py always has one
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BadInput:
        del sys.modules[name]
        raise
    except Exception as error:
        del sys.modules[name]
        raise BadInput(
            f"an extension cannot be imported: {type(error).__name__}: {error}", where=str(path)
        ) from error
    return module
