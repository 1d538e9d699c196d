"""Who may import whom (DESIGN section 3), read from the source: nothing here is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "seatrial"
OUTSIDE = ("suites", "experiments", "loadtests", "fixtures")

SHARED = ("model", "errors", "registry", "waiting")
CHOICES = ("settings", "versions")
LAYERS = (
    SHARED,
    ("judge", "declared"),
    ("traffic", "kube", "cluster"),
    ("adapters",),
    ("faults",),
    ("record",),
    CHOICES,
    ("harness",),
    ("scenarios",),
    ("report",),
    ("load", "chaos", "terminal", "plugin_report", "plugin_selection"),
    ("plugin",),
    ("lint",),
    ("commands",),
)
"""Each may import only from its left. What else there is in `seatrial` comes after, OUTSIDE comes last."""

TOP, LAST = len(LAYERS), len(LAYERS) + 1
KIN = (0, LAYERS.index(CHOICES), TOP, LAST)
"""Layers whose parts may import each other."""

ONLY_IN = {
    "kubernetes": ("seatrial.kube",),
    "locust": ("seatrial.load", "seatrial.loadtests"),
    "chaoslib": ("seatrial.chaos",),
    "chaosk8s": ("seatrial.chaos",),
    "httpx": ("seatrial.traffic.http",),
    "httptools": ("seatrial.traffic",),
    "uvloop": ("seatrial.traffic",),
    "websockets": ("seatrial.traffic.protocols.websocket",),
    "aiohappyeyeballs": ("seatrial.traffic.target",),
    "gevent": ("seatrial.load", "seatrial.loadtests"),
    "flask": ("seatrial.load.page",),
}
PURE = ("seatrial.model", "seatrial.judge", "seatrial.declared")
IMPURE = {
    *("asyncio", "gevent", "http", "io", "multiprocessing", "os", "pathlib", "random", "secrets", "select"),
    *("shutil", "signal", "socket", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid"),
}


@dataclass(frozen=True)
class Import:
    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def module_name(path: Path) -> str:
    base = ROOT if path.is_relative_to(ROOT / "suites") or not path.is_relative_to(SOURCE) else SOURCE.parent
    parts = path.relative_to(base).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(parts if parts[0] == "seatrial" else ("seatrial", *parts))


def sources() -> dict[str, ast.Module]:
    paths = [*SOURCE.rglob("*.py"), *(p for name in OUTSIDE for p in (ROOT / name).rglob("*.py"))]
    return {module_name(path): ast.parse(path.read_text(), str(path)) for path in paths}


def imports_of(name: str, tree: ast.Module, *, package: bool = False) -> Iterator[Import]:
    """Every import anywhere in the module, also inside functions and `if TYPE_CHECKING`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            parts = name.split(".")[: len(name.split(".")) - node.level + package] if node.level else []
            base = ".".join([*parts, node.module] if node.module else parts)
            for alias in node.names:
                yield Import(name, f"{base}.{alias.name}", node.lineno)


def layer(module: str) -> int:
    part = module.split(".")[1] if "." in module else ""
    if part in OUTSIDE:
        return LAST
    return next((level for level, names in enumerate(LAYERS) if part in names), TOP)


def breaks_the_layers(found: Import) -> bool:
    if found.imported.split(".")[0] != "seatrial":
        return False
    source, target = found.importer.split("."), found.imported.split(".")
    if source[1:2] == target[1:2] or target in (["seatrial"], ["seatrial", "__version__"]):
        return False
    from_layer, to_layer = layer(found.importer), layer(found.imported)
    return to_layer > from_layer or (to_layer == from_layer and from_layer not in KIN)


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def breaks_the_monopolies(found: Import) -> bool:
    owners = ONLY_IN.get(found.imported.split(".")[0])
    return owners is not None and not within(found.importer, owners)


def breaks_purity(found: Import) -> bool:
    return within(found.importer, PURE) and found.imported.split(".")[0] in IMPURE


def opens_files(tree: ast.Module) -> bool:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(
        isinstance(function, ast.Name) and function.id in ("open", "print", "input") for function in calls
    )


def sleeps(tree: ast.Module) -> Iterator[int]:
    """Lines that take or call `sleep` of `time` (gevent's is the driver's own way to pace itself)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "sleep":
            if not (isinstance(node.value, ast.Name) and node.value.id == "gevent"):
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (node.lineno for alias in node.names if alias.name == "sleep")


ALL = sources()
IMPORTS = [
    found
    for name, tree in ALL.items()
    for found in imports_of(name, tree, package=(SOURCE.parent / name.replace(".", "/")).is_dir())
]


def test_the_sources_were_found() -> None:
    assert {"seatrial.model.verdict", "seatrial.judge.availability", "seatrial.waiting"} <= set(ALL)
    assert any(name.startswith("seatrial.suites.") for name in ALL)
    assert len(IMPORTS) > 100


def test_every_import_points_to_the_left() -> None:
    assert [str(found) for found in IMPORTS if breaks_the_layers(found)] == []


def modules_imported(found: Import) -> str:
    """The module that an import names, when it names something in a module."""
    return found.imported if found.imported in ALL else found.imported.rpartition(".")[0]


def circles(imports: list[Import]) -> list[str]:
    """Modules that need each other to be imported, each circle once."""
    needs: dict[str, set[str]] = {}
    for found in imports:
        if (target := modules_imported(found)) in ALL and target != found.importer:
            needs.setdefault(found.importer, set()).add(target)
    reached = {name: _reached(name, needs) for name in needs}
    rings = {frozenset(b for b in reached[a] if a in reached.get(b, ())) for a in needs if a in reached[a]}
    return sorted(" <-> ".join(sorted(ring)) for ring in rings)


def _reached(start: str, needs: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for name in needs.get(todo.pop(), ()):
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen


def test_no_modules_import_each_other() -> None:
    assert circles(IMPORTS) == []


def test_a_circle_is_seen() -> None:
    three = ["seatrial.model.fault", "seatrial.model.step", "seatrial.model.run"]
    ring = [Import(a, f"{b}.Name", 1) for a, b in zip(three, [*three[1:], three[0]], strict=True)]
    assert circles(ring) == [" <-> ".join(sorted(three))]
    assert circles(ring[:2]) == []


def test_no_file_is_longer_than_a_person_takes_in() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in SOURCE.rglob("*.py")}
    assert [f"{path.name}: {lines}" for path, lines in lengths.items() if lines >= 300] == []


def test_each_library_has_one_home() -> None:
    assert [str(found) for found in IMPORTS if breaks_the_monopolies(found)] == []


def test_records_and_judges_and_rules_do_no_input_or_output() -> None:
    assert [str(found) for found in IMPORTS if breaks_purity(found)] == []
    assert [name for name, tree in ALL.items() if within(name, PURE) and opens_files(tree)] == []


def test_nothing_sleeps_but_the_two_waits() -> None:
    found = [f"{name}:{line}" for name, tree in ALL.items() for line in sleeps(tree)]
    assert [place for place in found if not place.startswith("seatrial.waiting:")] == []


@pytest.mark.parametrize(
    ("importer", "imported", "broken"),
    [
        ("seatrial.judge.x", "seatrial.model.verdict", False),
        ("seatrial.judge.x", "seatrial.judge.y", False),
        ("seatrial.judge.x", "seatrial.declared.y", True),
        ("seatrial.judge.x", "seatrial.kube.client", True),
        ("seatrial.model.x", "seatrial.judge.y", True),
        ("seatrial.model.x", "seatrial.errors.BadInput", False),
        ("seatrial.waiting", "seatrial.errors.WaitExpired", False),
        ("seatrial.kube.x", "seatrial.traffic.y", True),
        ("seatrial.faults.x", "seatrial.kube.y", False),
        ("seatrial.faults.x", "seatrial.cluster.y", False),
        ("seatrial.kube.x", "seatrial.cluster.y", True),
        ("seatrial.faults.x", "seatrial.adapters.store", False),
        ("seatrial.adapters.x", "seatrial.faults.y", True),
        ("seatrial.adapters.x", "seatrial.traffic.http", False),
        ("seatrial.report.x", "seatrial.chaos.y", True),
        ("seatrial.report.x", "seatrial.plugin", True),
        ("seatrial.harness.x", "seatrial.report.y", True),
        ("seatrial.chaos.x", "seatrial.harness.execution", False),
        ("seatrial.chaos.x", "seatrial.load.y", True),
        ("seatrial.harness.execution", "seatrial.model.failure.require", False),
        ("seatrial.harness.execution", "seatrial.cli", True),
        ("seatrial.commands.run", "seatrial.chaos.y", False),
        ("seatrial.commands.run", "seatrial.commands.base.command", False),
        ("seatrial.commands.run", "seatrial.cli", True),
        ("seatrial.report.x", "seatrial.commands.y", True),
        ("seatrial.cli", "seatrial.commands.base.COMMANDS", False),
        ("seatrial.plugin", "seatrial.suites.x", True),
        ("seatrial.suites.x", "seatrial.plugin", False),
        ("seatrial.judge.x", "json", False),
    ],
)
def test_the_rule_itself(importer: str, imported: str, broken: bool) -> None:
    assert breaks_the_layers(Import(importer, imported, 1)) is broken


def test_what_is_forbidden_is_seen() -> None:
    tree = ast.parse(
        "import time\ndef f():\n    from time import sleep\n    time.sleep(1)\n    gevent.sleep(0)\n"
    )
    assert sorted(sleeps(tree)) == [3, 4]
    assert opens_files(ast.parse("def f():\n    open('x')\n"))
    (found,) = imports_of("seatrial.judge.a.b", ast.parse("from ..pods import life"))
    assert found.imported == "seatrial.judge.pods.life"
    (found,) = imports_of("seatrial.judge.a", ast.parse("from .b import c"), package=True)
    assert found.imported == "seatrial.judge.a.b.c"
    assert breaks_the_monopolies(Import("seatrial.judge.x", "kubernetes.client", 1))
    assert breaks_the_monopolies(Import("seatrial.traffic.stream", "httpx", 1))
    assert not breaks_the_monopolies(Import("seatrial.traffic.http", "httpx", 1))
    assert breaks_purity(Import("seatrial.judge.x", "time", 1))
