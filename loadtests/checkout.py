"""Customers browse the catalogue and place orders, at a planned rate.

    locust -f loadtests/checkout.py                                  # page on http://localhost:8089
    locust -f loadtests/checkout.py --headless -t 60s                # exit code 0 when the objectives held
    locust -f loadtests/checkout.py --headless --arrivals ramp:10:200:120
    locust -f loadtests/checkout.py --headless -t 60s --processes 2  # each takes every second arrival

The system is fixtures/systems/chandlery.yaml unless SEATRIAL_SYSTEM names another; `--host` overrides its
entry. Users and spawn rate have no meaning here: `--arrivals` is the load (see seatrial.load.user).
"""

from pathlib import Path
from typing import ClassVar

from seatrial.load.user import OpenUser
from seatrial.loadtests import open_run


class Checkout(OpenUser):
    journeys: ClassVar = {"place-order": 1, "browse": 4}
    arrivals = "constant:60"
    system_file = Path(__file__).parents[1] / "fixtures" / "systems" / "chandlery.yaml"
    recorder = open_run
