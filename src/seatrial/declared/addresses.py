"""Blocks of addresses, as policies and Services write them."""

from __future__ import annotations

from collections.abc import Iterable


def leave_nobody_out(blocks: Iterable[str]) -> bool:
    """Whether some blocks together are every address of IPv4 or of IPv6: `0.0.0.0/0`, or its two halves."""
    written = [block for block in blocks if "/" in block]
    if not written:
        return False
    import ipaddress

    for version in (ipaddress.IPv4Network, ipaddress.IPv6Network):
        known = []
        for block in written:
            try:
                known.append(version(block, strict=False))
            except ValueError:
                continue
        if any(each.prefixlen == 0 for each in ipaddress.collapse_addresses(known)):
            return True
    return False
