"""Whether an image registry answers from here. Asked once per registry and process, with a short bound."""

from __future__ import annotations

import functools
import urllib.error
import urllib.request

_BOUND_SECONDS = 4.0
_DEFAULT = "registry-1.docker.io"
_UNAUTHORIZED = 401


def registry_of(reference: str) -> str:
    """The host (and port) an image reference is pulled from; Docker Hub when it names none."""
    first, slash, _ = reference.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first
    return _DEFAULT


@functools.cache
def answers(registry: str) -> bool:
    """Whether the registry's API root answers within 4 s, as a registry does (200, or 401: log in first)."""
    try:
        with urllib.request.urlopen(f"https://{registry}/v2/", timeout=_BOUND_SECONDS):
            return True
    except urllib.error.HTTPError as answer:
        return answer.code == _UNAUTHORIZED
    except (OSError, ValueError):
        return False
