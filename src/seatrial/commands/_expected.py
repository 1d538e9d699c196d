"""Reads what each flawed variant must turn red (`expected.yaml`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from seatrial.commands.variants_table import Variant
from seatrial.errors import BadInput, suggestion

EXPECTED = "expected.yaml"
KINDS = ("fails", "errors", "inconclusive")
LEAVES = "leaves"
UNSUPPORTED = "unsupported"
"""Key that is no variant: what the sound system does not support either."""


def refuse_unknown(variants: Sequence[Variant], known: Collection[str]) -> None:
    """Refuse variants that name a result which nothing reports.

    Raises:
        BadInput: one does; names the nearest.
    """
    for variant in variants:
        for name in (*variant.reds, *variant.unsupported):
            if name not in known:
                hint = suggestion(name, known)
                where = f"{EXPECTED}, {variant.name}"
                raise BadInput(f"nothing reports {name!r}", where=where, next_step=hint)


def read_variants(root: Path, names: Sequence[str] = ()) -> list[Variant]:
    """The variants of `expected.yaml`, all or the named ones.

    Raises:
        BadInput: the file is missing or wrong, a folder is missing, or a name is unknown.
    """
    import yaml

    file = root / EXPECTED
    try:
        listed = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"the list of variants cannot be read: {error.strerror}", where=str(file)) from None
    except yaml.YAMLError as error:
        raise BadInput(f"the list of variants is not valid YAML: {error}", where=str(file)) from None
    nowhere = listed.pop(UNSUPPORTED, []) if isinstance(listed, dict) else []
    entries = listed.values() if isinstance(listed, dict) else [None]
    if not all(map(_well_formed, entries)) or not _texts(nowhere):
        raise BadInput(
            "each variant needs `fails`, and may have `errors` and `inconclusive`: "
            "{check [subject]: words of its explanation}; `leaves` takes words; "
            f"`{UNSUPPORTED}` beside them lists results",
            where=str(file),
        )
    for name in names:
        if name not in listed:
            next_step = suggestion(name, listed)
            raise BadInput(f"there is no variant {name!r}", where=str(file), next_step=next_step)
    found = [
        Variant(
            name,
            root / name,
            leaves=entry.get(LEAVES, ""),
            unsupported=frozenset(nowhere),
            **{kind: entry.get(kind) or {} for kind in KINDS},
        )
        for name, entry in listed.items()
        if not names or name in names
    ]
    for variant in found:
        if not (variant.folder / "kustomization.yaml").is_file():
            raise BadInput(f"the variant {variant.name} has no kustomization", where=str(variant.folder))
    return found


def _texts(listed: object) -> bool:
    return isinstance(listed, list) and all(isinstance(text, str) for text in listed)


def _well_formed(entry: object) -> bool:
    if not isinstance(entry, Mapping) or not entry.keys() <= {*KINDS, LEAVES}:
        return False
    words = entry.get(LEAVES, "whatever")
    return (
        "fails" in entry
        and isinstance(words, str)
        and bool(words)
        and all(
            isinstance(reds, Mapping)
            and reds
            and all(isinstance(text, str) and text for pair in reds.items() for text in pair)
            for reds in (value for key, value in entry.items() if key != LEAVES)
        )
    )
