"""The journeys of the system file at a constant rate, for long: what drifts, grows, or ends.

    locust -f loadtests/soak.py --headless -t 2h
    locust -f loadtests/soak.py --headless -t 30m --arrivals constant:100 --horizon-hours 168

Beside the objectives of the load it is judged whether requests take longer in the last third than in the
first, whether the memory of a container is used up within `--horizon-hours` at the slope of the second half,
and whether a container was restarted or lost a process to its memory limit. Drift and slope have an interval:
a run that is too short to tell is inconclusive, and says how long would do; a slope is believed for twenty
times the length of the run, so that 72 minutes speak for a day. Containers are looked at, nothing is changed.
Users and spawn rate have no meaning here.
"""

from seatrial.load.soak import SoakUser
from seatrial.loadtests import open_run


class Soak(SoakUser):
    recorder = open_run
