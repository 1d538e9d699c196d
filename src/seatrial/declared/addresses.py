"""Blocks of addresses, as policies and Services write them."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Callable, Iterable
from typing import TypeVar

_Block = TypeVar("_Block", ipaddress.IPv4Network, ipaddress.IPv6Network)


def leave_nobody_out(blocks: Iterable[str]) -> bool:
    """Whether some blocks together are every address of IPv4 or of IPv6: `0.0.0.0/0`, or its two halves."""
    written = [block for block in blocks if "/" in block]
    return _is_whole(ipaddress.IPv4Network, written) or _is_whole(ipaddress.IPv6Network, written)


def _is_whole(version: Callable[..., _Block], written: list[str]) -> bool:
    known = []
    for block in written:
        with contextlib.suppress(ValueError):  # of the other version, or none at all
            known.append(version(block, strict=False))
    return any(each.prefixlen == 0 for each in ipaddress.collapse_addresses(known))
