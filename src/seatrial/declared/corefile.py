"""What CoreDNS' configuration says of how long it keeps that a name is absent. Pure.

https://coredns.io/plugins/cache and /plugins/kubernetes have the options, and what holds without them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

USUAL_DENIAL_SECONDS, USUAL_TTL_SECONDS = 1800, 5
"""Of the cache, for absent names; of the answers about the cluster's own names."""


def absent_kept_seconds(corefile: str) -> int | None:
    """For how long an absent name of the cluster is kept at most; None where it says nothing, or keeps none.

    The cache's own bound counts, and the `ttl` with which the cluster's zone answers, whichever is less.
    """
    kept: int | None = None
    lives = USUAL_TTL_SECONDS
    for words in _lines(corefile):
        if words[0] == "cache":
            kept = next(_numbers(words[1:2]), USUAL_DENIAL_SECONDS)
        elif words[0] == "denial" and kept is not None:
            kept = next(_numbers(words[2:3]), kept)
        elif words[0] == "ttl":
            lives = next(_numbers(words[1:2]), lives)
    return None if kept is None else min(kept, lives)


def _lines(corefile: str) -> Iterator[list[str]]:
    """The words of each line of the first block, which has the cluster's own names."""
    depth = 0
    for line in corefile.splitlines():
        words = list(itertools.takewhile(lambda word: not word.startswith("#"), line.split()))
        if words:
            yield words
        depth += line.count("{") - line.count("}")
        if words and not depth:
            return


def _numbers(words: list[str]) -> Iterator[int]:
    yield from (int(word) for word in words if word.isdigit())
