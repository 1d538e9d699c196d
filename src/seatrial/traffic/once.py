"""One arrival of a journey, sent from this process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seatrial.model.exchange import Exchange
from seatrial.model.tls import TlsFiles
from seatrial.traffic.driver import Driver
from seatrial.traffic.journey import journey_data
from seatrial.traffic.plan import Plan
from seatrial.traffic.protocols import compile_any
from seatrial.traffic.schedule import Replay
from seatrial.traffic.target import Target

if TYPE_CHECKING:
    from seatrial.model.system import Journey


def send_once(
    base_url: str,
    name: str,
    journey: Journey | Mapping[str, Any],
    tls: TlsFiles | None = None,
) -> tuple[Exchange, ...]:
    """Send one arrival of a journey of any protocol from this process, and wait for its end.

    Args:
        tls: None for what this machine trusts.

    Raises:
        BadInput: a template cannot be filled, or there is no such protocol.
    """
    compiled = compile_any(name, {**journey_data(journey), "lifetime_seconds": 0})
    plan = Plan(Target(base_url, **(tls or {})), [(compiled, 1.0)], Replay((0.0,)))

    async def sent() -> tuple[Exchange, ...]:
        driver = Driver(plan)
        await driver.run()
        return tuple(driver.collect())

    return asyncio.run(sent())
