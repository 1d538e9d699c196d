"""The journeys of the system file, at a planned rate.

    locust -f loadtests/journeys.py                                  # page on http://localhost:8089
    locust -f loadtests/journeys.py --headless -t 60s                # exit code 0 when the objectives held
    locust -f loadtests/journeys.py --headless --arrivals ramp:10:200:120
    locust -f loadtests/journeys.py --headless -t 60s --processes 2  # each takes every second arrival

Which journeys, their shares and the arrivals are `load` of the system file that SEATRIAL_SYSTEM names; all
journeys alike when it has none. What `--host` sends elsewhere than to its entry is no pass. Users and spawn
rate have no meaning here: `--arrivals` is the load (see seatrial.load.user).
"""

from seatrial.load.user import OpenUser
from seatrial.loadtests import open_run


class Journeys(OpenUser):
    recorder = open_run
