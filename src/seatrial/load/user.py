"""Load in the open model, as a Locust user class.

    class Journeys(OpenUser):
        journeys = {"buy": 1, "look": 4}   # both left out: the system file's own `load`
        arrivals = "constant:60"

Arrivals are planned ahead and sent at their time, whatever became of the others; a Locust user who waits
for an answer before the next request would hide exactly the seconds in which a system stands still. So
Locust's users do nothing here, and their number (`-u`, `-r`) has no meaning: the load is what `--arrivals`
says. The rest of Locust works: its page, its tables, CSV and HTML, `--run-time`, the stop button, and
workers, each of which takes every n-th arrival.
"""

from __future__ import annotations

from typing import Any, ClassVar

import gevent
from locust import User, constant, task

from seatrial.load.install import install
from seatrial.load.plan import LoadPlan
from seatrial.load.wiring import LoadSession

IDLE_SECONDS = 0.5


class OpenUser(LoadPlan, User):
    """Subclass it once in a locustfile; its attributes are those of `LoadPlan`."""

    abstract = True
    wait_time = constant(0)
    session: ClassVar[type[LoadSession]] = LoadSession

    def __init_subclass__(cls, **more: Any) -> None:
        """A locustfile that defines one gets the dispatcher, the options and the verdict."""
        super().__init_subclass__(**more)
        if not vars(cls).get("abstract"):
            install(cls, cls.session)

    @task
    def wait(self) -> None:
        """Nothing: the dispatcher of this process sends the requests."""
        gevent.sleep(IDLE_SECONDS)
