"""What was left out of an input on purpose, in words."""

from __future__ import annotations

from seatrial.lint.given import Input

_MOST_NAMED = 3


def left_out_of(given: Input) -> str:
    """Numbers and reasons, with the first names: `2 values files (a/values.yaml, b/values.yaml)`."""
    told = []
    for reason, names in given.skipped.items():
        words = f"{len(names)} {_plural(reason) if len(names) > 1 else reason}"
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        told.append(f"{words} ({', '.join(names[:_MOST_NAMED])}{more})")
    return ", ".join(told)


def _plural(reason: str) -> str:
    head, _, tail = reason.partition(" ")
    if head in ("file", "folder"):
        return f"{head}s {tail}"
    if head == "kustomize":
        return reason.replace("component that nothing includes", "components that nothing includes")
    return f"{reason}s"
