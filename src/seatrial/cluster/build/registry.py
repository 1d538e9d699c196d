"""Whether an image registry answers from here. Asked once per registry and process, with a short bound."""

from __future__ import annotations

import functools
import urllib.error
import urllib.parse
import urllib.request

from seatrial.cluster.docker import docker

_BOUND_SECONDS = 4.0
_UNAUTHORIZED = 401


def registry_of(reference: str) -> str:
    """The host (and port) an image reference is pulled from; the engine's default when it names none."""
    first, slash, _ = reference.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first
    return default_registry()


@functools.cache
def default_registry() -> str:
    """The host that the engine itself asks for a reference without one, as it is configured."""
    address = docker("info", "--format", "{{.IndexServerAddress}}", doing="asking for the default registry")
    return urllib.parse.urlsplit(address.strip()).netloc or "the default registry"


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
