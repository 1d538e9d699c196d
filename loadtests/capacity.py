"""How many requests a second the system serves within its objectives, as an interval.

    locust -f loadtests/capacity.py --headless
    locust -f loadtests/capacity.py --headless --first 20 --highest 500 --trial-seconds 30
    locust -f loadtests/capacity.py --headless --processes 2     # each sends every second arrival
    SEATRIAL_WORKLOAD=api locust -f loadtests/capacity.py --headless --replicas 3
    locust -f loadtests/capacity.py --headless --replicas 1-3    # a search with each number of them

A ramp of trials from `--first` on, half as much again each time, until one is not held; then trials around
the capacity until the interval is narrow enough. Each trial sends the journeys of `load` as a Poisson
process, and begins when the system is at rest again. A trial in which too many requests fail ends itself.
Autoscalers of the system's workloads are held meanwhile (fault `hold-replicas`) and get their own bounds
again, also after this was killed (`seatrial revert`).
`load.capacity_per_second` of the system file is what the system must sustain; without it the capacity is
measured. `prices` of the system file give the cost of a million good requests. Users, spawn rate and
`--arrivals` have no meaning here.
"""

from seatrial.load.capacity import CapacityUser
from seatrial.loadtests import open_run


class Capacity(CapacityUser):
    recorder = open_run
