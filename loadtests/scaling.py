"""A load step at an autoscaled workload: whether it grows, carries the load, and shrinks without loss.

    locust -f loadtests/scaling.py --headless
    SEATRIAL_WORKLOAD=basket locust -f loadtests/scaling.py --headless
    locust -f loadtests/scaling.py --headless --processes 2    # each sends every second arrival of the load

`load_step` of the workload that SEATRIAL_WORKLOAD names (default: the first autoscaled one that has one) is
offered from its minimum of replicas until enough are ready, beside 20 requests a second of its own journey;
then it is watched until it has shrunk. The verdict is that of every check that judges the scenario
`load-step`: replicas in time, every decision by the oracle, no oscillation, added replicas that answer,
scale-in without loss. It ends by itself; users, spawn rate and `--arrivals` have no meaning here.
"""

from seatrial.load.scaling import ScalingUser
from seatrial.loadtests import open_run


class Scaling(ScalingUser):
    recorder = open_run
