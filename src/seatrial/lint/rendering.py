"""Folders that another tool turns into objects: kustomizations and Helm charts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator

from seatrial.declared.values import printable
from seatrial.errors import BadInput
from seatrial.lint.decoding import decode
from seatrial.lint.document import Document
from seatrial.lint.given import Input, World, take
from seatrial.lint.kustomization import Kustomizations, Origins
from seatrial.lint.tree import NOT_NAMED, Tree

_COMMANDS = {
    "kustomize": (("kubectl", "kustomize"), ("kustomize", "build")),
    "helm": (("helm", "template", "release"),),
}
_LIMIT_SECONDS = 60
"""A rendering that takes longer is fetching something, and this tool fetches nothing."""
_MOST_AT_ONCE = 4
_MOST_NAMED = 5
_FATAL = r'[EF]\d{4} .*? err="((?:[^"\\]|\\.)*)"'
"""How kubectl ends since it logs its last error, too."""
_LOG_LINE = r"[IWEF]\d{4} \d\d:|\d{4}[/-]\d\d[/-]\d\d|time=|level=|#? ?[Ww]arning:|walk\.go"


def render_all(tree: Tree, given: Input) -> Iterator[World]:
    """The objects of each kustomization that no other one includes, and of each chart.

    Files that kustomizations name are left to them. What cannot be rendered is refused by name.
    """
    kustomizations = Kustomizations()
    roots = _roots(tree, kustomizations)
    _refuse_remote(roots, kustomizations, given)
    yield from _listed(roots, kustomizations, given)
    for folder, done in _render(list(roots), "kustomize", given):
        origins = Origins(folder, kustomizations)
        yield from _world_of(done, folder, given, origins)
    for folder, done in _render(list(tree.charts), "helm", given):
        yield from _world_of(done, folder, given, None)


def _roots(tree: Tree, kustomizations: Kustomizations) -> list[str]:
    """The kustomizations to be judged; of the files of the tree, only those stay that none names."""
    named = kustomizations.files_named_by(tree.kustomizations)
    beside = tree.skipped.pop(NOT_NAMED, [])
    left = [path for path in beside if os.path.realpath(path) not in named]
    if left:
        tree.skipped[NOT_NAMED] = left
    for path, itself in list(tree.files.items()):
        if not itself and os.path.realpath(path) in named:
            del tree.files[path]
    roots = []
    for folder in kustomizations.roots(tree.kustomizations):
        if kustomizations.is_component(folder):
            tree.skip("kustomize component that nothing includes", folder)
        else:
            roots.append(folder)
    return roots


def _refuse_remote(roots: list[str], kustomizations: Kustomizations, given: Input) -> None:
    """Take those off that include what lies elsewhere: this tool fetches nothing."""
    for folder in list(roots):
        remote = kustomizations.remote_of(folder)
        if remote:
            roots.remove(folder)
            what = f"this kustomization includes {printable(remote)}, and this tool fetches nothing"
            next_step = f"render it yourself: kubectl kustomize {folder} | seatrial lint -"
            given.refused.append(BadInput(what, where=folder, next_step=next_step))


def _listed(roots: list[str], kustomizations: Kustomizations, given: Input) -> Iterator[World]:
    """Those that only list files are these files: read as they are, without a process, and taken off."""
    for folder in list(roots):
        names = kustomizations.listed_files(folder)
        if names is None:
            continue
        roots.remove(folder)
        world: World = []
        for name in names:
            try:
                take(kustomizations.files.documents(name), given, world, name)
            except BadInput as error:
                given.refused.append(error)
        yield world


def _world_of(done: str | BadInput, folder: str, given: Input, origins: Origins | None) -> Iterator[World]:
    source, world = folder.rstrip("/"), World()
    try:
        if isinstance(done, BadInput):
            raise done
        documents = decode(done, source)
    except BadInput as error:
        given.refused.append(error)
        return
    given.rendered.append(folder)
    if origins is not None:  # places are looked up in the files behind it
        documents = [Document(each.source, each.number, each.line, each.data) for each in documents]
    take(documents, given, world, source, origins)
    yield world


def _render(folders: list[str], tool: str, given: Input) -> Iterable[tuple[str, str | BadInput]]:
    """Each folder with its objects' text, or why there is none."""
    if not folders:
        return []
    command = _command(tool)
    if command is None:
        given.refused.append(_not_installed(folders, tool))
        return []
    if len(folders) == 1:
        return [(folders[0], _run(command, folders[0], tool))]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_MOST_AT_ONCE) as pool:
        return zip(folders, pool.map(lambda folder: _run(command, folder, tool), folders), strict=True)


def _command(tool: str) -> list[str] | None:
    for command in _COMMANDS[tool]:
        executable = shutil.which(command[0])
        if executable is not None:
            return [executable, *command[1:]]
    return None


def _not_installed(folders: list[str], tool: str) -> BadInput:
    pipes = [f"`{' '.join(command)} {folders[0]} | seatrial lint -`" for command in _COMMANDS[tool]]
    what = "this folder" if len(folders) == 1 else f"{len(folders)} folders"
    more = f" and {len(folders) - _MOST_NAMED} more" if len(folders) > _MOST_NAMED else ""
    return BadInput(
        f"{what} must be rendered by {tool}, and it is not installed",
        where=", ".join(folders[:_MOST_NAMED]) + more,
        next_step=f"install it, hand over its output ({' or '.join(pipes)}), or leave it out: --exclude",
    )


def _run(command: list[str], folder: str, tool: str) -> str | BadInput:
    """What the tool prints for a folder, or why it refused."""
    try:
        done = subprocess.run(
            [*command, folder],
            capture_output=True,
            check=False,
            timeout=_LIMIT_SECONDS,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired:
        return BadInput(f"{tool} did not finish within {_LIMIT_SECONDS} s", where=folder)
    if done.returncode != 0:
        said = _reason(done.stderr.decode(errors="replace"))
        return BadInput(
            f"{tool} could not render this folder: {said}",
            where=folder,
            next_step="mend what it names, and try again",
        )
    return done.stdout.decode("utf-8", errors="replace")


def _reason(stderr: str) -> str:
    """The error in what a tool wrote, on one line, without its log."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    own = [line for line in lines if not re.match(_LOG_LINE, line)]
    if not own and lines:
        fatal = re.match(_FATAL, lines[-1])
        own = [re.sub(r"\\(.)", r"\1", fatal.group(1)) if fatal else lines[-1]]
    return " ".join(own).removeprefix("Error: ").removeprefix("error: ")
