"""Runs one service as one process: start, serve, drain on SIGTERM, leave."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import uvicorn
import uvloop
from starlette.routing import BaseRoute

from chandlery import trace, variants
from chandlery.lifecycle import Lifecycle
from chandlery.settings import IN_FLIGHT_SECONDS, Settings, from_environment
from chandlery.web import application

CLOSE_SECONDS = 3.0
KEEP_ALIVE_SECONDS = 75  # longer than any client of ours keeps an idle connection: the client closes, not we
log = logging.getLogger("chandlery.server")

Action = Callable[[], Coroutine[Any, Any, None]]


@dataclass
class Service:
    """What a service module builds. `start` may wait for dependencies; the probes answer meanwhile."""

    routes: list[BaseRoute]
    start: Action
    stop: Action
    background: list[Action] = field(default_factory=list)


Build = Callable[[Settings, Lifecycle], Service]


class DrainingServer(uvicorn.Server):
    """uvicorn stops listening the moment SIGTERM comes. This one first says so and goes on serving.

    The endpoint is withdrawn when the pod is deleted, but clients, proxies and kube-proxy learn it later:
    until then, new connections must find someone at home.
    """

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, drain_seconds: float) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle
        self._drain_seconds = drain_seconds
        self._loop = asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        self._loop.call_soon_threadsafe(self._drain, sig)

    def _drain(self, sig: int) -> None:
        if self._lifecycle.draining:
            return
        log.info("%s: draining for %g s", signal.Signals(sig).name, self._drain_seconds)
        self._lifecycle.begin_drain()
        self._loop.call_later(self._drain_seconds, self._leave)

    def _leave(self) -> None:
        self.should_exit = True


def run(build: Build) -> None:
    """Serve until SIGTERM. Exits 2 with one line when the settings make no sense."""
    handler = logging.StreamHandler()
    handler.setFormatter(trace.JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    name = build.__module__.split(".")[1]
    try:
        settings = from_environment(name)
        variants.active("")
        lifecycle = Lifecycle()
        service = build(settings, lifecycle)
    except ValueError as error:
        sys.exit(f"chandlery {name}: {error}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(service, settings, lifecycle))


async def _serve(service: Service, settings: Settings, lifecycle: Lifecycle) -> None:
    hasty = variants.active(variants.SHORT_KEEP_ALIVE)
    config = uvicorn.Config(
        application(settings, lifecycle, service.routes),
        host=settings.host,
        port=settings.port,
        lifespan="off",
        access_log=False,  # the gateway writes it
        log_level="warning",
        server_header=False,
        timeout_keep_alive=variants.SHORT_KEEP_ALIVE_SECONDS if hasty else KEEP_ALIVE_SECONDS,
        ws="websockets-sansio",
        timeout_graceful_shutdown=int(IN_FLIGHT_SECONDS),
    )
    server = DrainingServer(config, lifecycle, settings.drain_seconds)
    if variants.active(variants.NO_SIGTERM_DRAIN):
        server.handle_exit = variants.exit_at_once  # type: ignore[method-assign,assignment]
    work = asyncio.create_task(_work(service, lifecycle))
    serving = asyncio.create_task(server.serve())
    # Work that ends has failed: rather no process than one that only looks alive.
    await asyncio.wait([serving, work], return_when=asyncio.FIRST_COMPLETED)
    work.cancel()
    [failure] = await asyncio.gather(work, return_exceptions=True)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await service.stop()
    if not serving.done():
        log.error("background work ended: leaving", exc_info=failure)
        sys.exit(1)
    await serving


async def _work(service: Service, lifecycle: Lifecycle) -> None:
    await service.start()
    lifecycle.started = True
    async with asyncio.TaskGroup() as group:
        for action in service.background:
            group.create_task(action())
        await asyncio.Event().wait()
