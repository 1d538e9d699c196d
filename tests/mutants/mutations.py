"""The mutants of a module: each is one changed place in its tree, with a name that outlives line shifts."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from types import CodeType

LONGEST_TEXT = 110
SHORTEST_TEXT = 14
"""Shorter changes are named with the expression around them: `merged[-1] -> merged[-2]`, not `1 -> 2`."""

_BOUNDARY = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
_OPPOSITE = {
    **{ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In},
}
_ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}
_ENDS = {"0": "-1", "-1": "0"}
_FUNCTIONS = {"max": "min", "min": "max", "any": "all", "all": "any"}
_MEMBERS = {
    **{"FAILED": "PASSED", "PASSED": "FAILED", "ERROR": "PASSED", "INCONCLUSIVE": "PASSED"},
    **{"UNSUPPORTED": "PASSED", "SKIPPED": "PASSED", "VOLUNTARY": "INVOLUNTARY", "INVOLUNTARY": "VOLUNTARY"},
}
"""Members of enumerations that decide a verdict, and what each is swapped for."""


@dataclass(frozen=True)
class Mutant:
    """One changed place.

    Attributes:
        module: dotted name of the module.
        scope: qualified name of the outermost function around the place; empty outside of functions.
        text: what was changed into what, unique within `module`; with it the mutant's fingerprint.
        line: where it stands today; not part of the fingerprint.
        position: index of the changed node in `ast.walk`.
    """

    module: str
    scope: str
    text: str
    line: int
    position: int
    replacement: ast.AST

    @property
    def fingerprint(self) -> str:
        return f"{self.module}: {self.text}"


def mutants(module: str, source: str) -> list[Mutant]:
    """All mutants of a module, in order of the source."""
    tree = ast.parse(source)
    positions = {id(node): index for index, node in enumerate(ast.walk(tree))}
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    texts: Counter[str] = Counter()
    found = []
    for node, scope, is_condition in _places(tree, "", False):
        for replacement in _replacements(node, is_condition):
            text = f"{scope or '(module)'}: {_change(node, replacement, parents)}"
            texts[text] += 1
            numbered = text if texts[text] == 1 else f"{text} ({texts[text]})"
            line = getattr(node, "lineno", 0)
            found.append(Mutant(module, scope, numbered, line, positions[id(node)], replacement))
    return found


def code_of(source: str, path: str, mutant: Mutant | None = None) -> CodeType:
    """The module's code with `mutant` applied; as it stands when there is none."""
    tree = ast.parse(source, path)
    if mutant is not None:
        target = list(ast.walk(tree))[mutant.position]
        replacement = ast.copy_location(deepcopy(mutant.replacement), target)
        tree = ast.fix_missing_locations(_Swap(target, replacement).visit(tree))
    return compile(tree, path, "exec", dont_inherit=True)


class _Swap(ast.NodeTransformer):
    def __init__(self, target: ast.AST, replacement: ast.AST) -> None:
        self.target, self.replacement = target, replacement

    def visit(self, node: ast.AST) -> ast.AST:
        return self.replacement if node is self.target else self.generic_visit(node)


def _change(node: ast.AST, replacement: ast.AST, parents: dict[int, ast.AST]) -> str:
    shown = node
    while isinstance(shown, ast.expr | ast.keyword) and len(_words(shown)) < SHORTEST_TEXT:
        parent = parents[id(shown)]
        if isinstance(parent, ast.FormattedValue | ast.arguments | ast.If | ast.While | ast.For):
            break
        shown = parent
    copies: dict[int, ast.AST] = {}
    copied = deepcopy(shown, copies)
    changed = _Swap(copies[id(node)], replacement).visit(copied)
    return f"{_text(shown)} -> {_text(changed)}"


def _words(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _text(node: ast.AST) -> str:
    words = _words(node)
    if len(words) <= LONGEST_TEXT:
        return words
    return f"{words[: LONGEST_TEXT - 10]}... {hashlib.sha256(words.encode()).hexdigest()[:6]}"


def _places(node: ast.AST, scope: str, inside: bool) -> Iterator[tuple[ast.AST, str, bool]]:
    """Nodes that may be changed, each with its scope and whether it decides a branch.

    Left out: annotations, decorators, what only a type checker runs, and how many digits `round` keeps.
    """
    conditions = _conditions(node)
    for child in _children(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        inner, deeper = scope, inside
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not inside:
            inner = f"{scope}.{child.name}" if scope else child.name
            deeper = not isinstance(child, ast.ClassDef)
        yield child, inner if deeper else "", any(child is condition for condition in conditions)
        yield from _places(child, inner, deeper)


def _conditions(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        return [node.test]
    return node.ifs if isinstance(node, ast.comprehension) else []


def _children(node: ast.AST) -> Iterator[ast.AST]:
    left_out: list[ast.AST | None] = []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        left_out = [*node.decorator_list, node.returns]
    elif isinstance(node, ast.ClassDef):
        left_out = [*node.decorator_list]
    elif isinstance(node, ast.arg | ast.AnnAssign):
        left_out = [node.annotation]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round":
        left_out = [*node.args[1:]]
    elif isinstance(node, ast.Subscript) and ast.unparse(node.slice) in _ENDS:
        left_out = [node.slice]
    for child in ast.iter_child_nodes(node):
        if not any(child is other for other in left_out):
            yield child


def _replacements(node: ast.AST, is_condition: bool) -> Iterator[ast.AST]:
    for kind in _KINDS:
        yield from kind(node)
    if isinstance(node, ast.Subscript):
        yield from _end(node)
    if is_condition and not isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), deepcopy(node))


def _comparison(node: ast.AST) -> Iterator[ast.AST]:
    """`a <= b` to `a < b` and to `a > b`, each operator of a chain by itself."""
    if not isinstance(node, ast.Compare):
        return
    for index, operator in enumerate(node.ops):
        for table in (_BOUNDARY, _OPPOSITE):
            if type(operator) in table:
                changed = deepcopy(node)
                changed.ops[index] = table[type(operator)]()
                yield changed


def _end(node: ast.Subscript) -> Iterator[ast.AST]:
    """The first item to the last one, and the last to the first."""
    index = ast.unparse(node.slice)
    if index in _ENDS:
        changed = deepcopy(node)
        changed.slice = ast.parse(_ENDS[index], mode="eval").body
        yield changed


def _logic(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        changed = deepcopy(node)
        changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield changed
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield deepcopy(node.operand)


def _arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _is_text(node):
        changed = deepcopy(node)
        changed.op = _ARITHMETIC[type(node.op)]()
        yield changed


def _is_text(node: ast.BinOp) -> bool:
    return any(isinstance(side, ast.JoinedStr) or isinstance(getattr(side, "value", None), str)
               for side in (node.left, node.right))  # fmt: skip


def _constant(node: ast.AST) -> Iterator[ast.AST]:
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)


def _name(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        changed = deepcopy(node)
        changed.func = ast.Name(_FUNCTIONS[node.func.id], ast.Load())
        yield changed
    elif isinstance(node, ast.Attribute) and node.attr in _MEMBERS and isinstance(node.value, ast.Name):
        yield ast.Attribute(deepcopy(node.value), _MEMBERS[node.attr], ast.Load())


def _statement(node: ast.AST) -> Iterator[ast.AST]:
    """A call, a `yield`, a `raise`, a `+=` or a jump that does not happen; a result that is not given."""
    value = getattr(node, "value", None)
    if isinstance(node, ast.Raise | ast.AugAssign | ast.Continue | ast.Break) or (
        isinstance(node, ast.Expr) and isinstance(value, ast.Call | ast.Yield | ast.YieldFrom | ast.Await)
    ):
        yield ast.Pass()
    elif isinstance(node, ast.Return) and value is not None and not _is_empty(value):
        yield ast.Return(ast.Constant(None))


def _is_empty(value: ast.expr) -> bool:
    """None, or what a caller that asks `if result` takes for it; `return False` has its own change."""
    return isinstance(value, ast.Constant) and not value.value


_KINDS: tuple[Callable[[ast.AST], Iterator[ast.AST]], ...] = (
    *(_comparison, _logic, _arithmetic, _constant, _name, _statement),
)
