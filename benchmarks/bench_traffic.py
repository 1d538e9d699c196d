"""How well the generator keeps its times, and what it costs: `python -m benchmarks traffic`.

Prints, against a small server of its own on 127.0.0.1:
- at 100 requests/s: late arrivals, lateness, and CPU of the generator's process (goal: under 1 % later than
  10 ms, its 99th percentile at most 2 ms, at most 4 % of a core); the run with the median CPU of three, and
  the CPU of each;
- the same CPU as a ratio to a loop that only sends and receives;
- at its highest rate: requests per CPU second, and the ratio to Locust's FastHttpUser on the same server
  (goal: twice it), with every tenth on a connection of its own, and on kept ones only as Locust's users;
- a server that stands still for 3 s: the 99th percentile that each of the two reports, and how far ours is
  from the truth (goal: within 5 %).
Figures depend on the machine; the ratios hardly do. Nothing here passes or fails.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial.model.exchange import Exchange, GeneratorHealth
from seatrial.traffic.stream import TrafficStream

SECONDS = float(os.environ.get("BENCH_SECONDS", "10"))
FROZEN_SECONDS = 3.0
BROWSE = {"request": {"path": "/ok"}}
SERVER = """
import asyncio
class Answer(asyncio.Protocol):
    def connection_made(self, transport): self.transport = transport
    def data_received(self, data):
        answer = b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"
        self.transport.write(answer * data.count(b"\\r\\n\\r\\n"))
async def main():
    server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
BARE = """
import select, socket, sys, time
from seatrial.traffic.__main__ import keep_time
port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(6)]
keep_time()
begin, cpu = time.monotonic(), time.process_time()
for number in range(int(rate * seconds)):
    time.sleep(max(begin + number / rate - time.monotonic(), 0))
    connection = connections[number % 6]
    connection.send(b"GET /ok HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
    select.select([connection], [], [], 5)
    connection.recv(4096)
print((time.process_time() - cpu) / (time.monotonic() - begin))
"""
LOCUSTFILE = """
import os, resource
from locust import FastHttpUser, constant_throughput, events, task
class Browse(FastHttpUser):
    rate = float(os.environ["BENCH_RATE_PER_USER"])
    wait_time = constant_throughput(rate) if rate else (lambda self: 0)
    @task
    def ok(self): self.client.get("/ok")
@events.test_start.add_listener
def begin(**_): Browse.cpu = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
@events.quitting.add_listener
def end(environment, **_):
    total = environment.stats.total
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - Browse.cpu
    print("RESULT", total.num_requests, used, total.get_response_time_percentile(0.99), flush=True)
"""


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}", process.pid
        finally:
            process.kill()


def own(
    url: str, rate: float, seconds: float, *, freeze: int = 0, fresh_every: int = 10
) -> tuple[tuple[Exchange, ...], GeneratorHealth]:
    """Our generator at a constant rate; with `freeze`, that process stands still for a while half-way."""
    with tempfile.TemporaryDirectory() as directory:
        with TrafficStream(
            url,
            "browse",
            BROWSE,
            schedule=f"constant:{rate}:{seconds}",
            directory=Path(directory),
            fresh_every=fresh_every,
        ) as stream:
            if freeze:
                freeze_process(freeze, after_seconds=seconds / 2)
            stream.wait_until_ended(within_seconds=seconds * 3 + 20)
        return stream.stop()


def per_cpu_second(url: str, *, fresh_every: int) -> float:
    """Requests of our generator in a second of its CPU, at a rate that it can just keep."""
    seconds = SECONDS / 2
    _, health = own(url, 5_000, seconds, fresh_every=fresh_every)
    return health.sent / (health.cpu_fraction * seconds)


def locust(url: str, rate: float, seconds: float, *, freeze: int = 0) -> tuple[int, float, float]:
    """Locust's FastHttpUser: requests, CPU seconds, 99th percentile in ms. Rate 0 is as fast as it can."""
    users = 20
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "locustfile.py"
        file.write_text(LOCUSTFILE)
        command = [
            sys.executable,
            "-m",
            "locust",
            "-f",
            str(file),
            "--headless",
            "--only-summary",
            "--host",
            url,
        ]
        command += ["-u", str(users), "-r", "100", "-t", f"{seconds:.0f}s", "--loglevel", "ERROR"]
        environment = {**os.environ, "BENCH_RATE_PER_USER": str(rate / users)}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
        ) as process:
            if freeze:
                freeze_process(freeze, after_seconds=seconds / 2)
            out, _ = process.communicate(timeout=seconds * 3 + 20)
    _, requests, used, p99 = next(line for line in out.splitlines() if line.startswith("RESULT")).split()
    return int(requests), float(used), float(p99)


def bare(url: str, rate: float, seconds: float) -> float:
    """CPU fraction of a loop that does nothing but send and receive: the least that Python can cost here."""
    command = [sys.executable, "-c", BARE, url.rpartition(":")[2], str(rate), str(seconds)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def freeze_process(pid: int, *, after_seconds: float) -> None:
    time.sleep(after_seconds)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(FROZEN_SECONDS)
    os.kill(pid, signal.SIGCONT)


def true_p99_ms(rate: float, seconds: float) -> float:
    """What users of an open system wait who come while it stands still, and when it answers at once else."""
    arrivals = int(rate * seconds)
    waited = sorted(max(FROZEN_SECONDS - number / rate, 0.0) for number in range(arrivals))
    return waited[int(arrivals * 0.99)] * 1_000


def p99_ms(exchanges: tuple[Exchange, ...]) -> float:
    latencies = sorted(e.latency_seconds for e in exchanges if e.latency_seconds is not None)
    return latencies[int(len(latencies) * 0.99)] * 1_000


def main() -> None:
    with server() as (url, pid):
        runs = sorted((own(url, 100, SECONDS) for _ in range(3)), key=lambda run: run[1].cpu_fraction)
        exchanges, health = runs[1]
        steady: dict[str, object] = {
            "requests": health.sent,
            "late_percent": round(100 * health.late_fraction, 2),
            "lateness_p99_ms": round(health.lateness_p99_seconds * 1_000, 2),
            "cpu_percent_of_a_core": round(100 * health.cpu_fraction, 2),
            "cpu_percent_of_each_run": [round(100 * run.cpu_fraction, 2) for _, run in runs],
            "latency_p99_ms": round(p99_ms(exchanges), 2),
        }
        floor = bare(url, 100, SECONDS)
        steady["cpu_ratio_to_bare_send_and_receive"] = round(health.cpu_fraction / floor, 2)
        ours = per_cpu_second(url, fresh_every=10)
        ours_kept = per_cpu_second(url, fresh_every=0)
        requests, used, _ = locust(url, 0, SECONDS / 2)
        frozen, _ = own(url, 500, SECONDS, freeze=pid)
        _, _, closed_p99 = locust(url, 500, SECONDS, freeze=pid)
    truth = true_p99_ms(500, SECONDS)
    report = {
        "at_100_per_second": steady,
        "requests_per_cpu_second": {
            "seatrial": round(ours),
            "seatrial_on_kept_connections_only": round(ours_kept),
            "locust_fast_http_user": round(requests / used),
            "ratio": round(ours / (requests / used), 2),
            "ratio_on_kept_connections_only": round(ours_kept / (requests / used), 2),
        },
        f"p99_ms_when_the_server_stands_still_for_{FROZEN_SECONDS:g}_s": {
            "seatrial": round(p99_ms(frozen), 1),
            "truth": round(truth, 1),
            "seatrial_to_truth": round(p99_ms(frozen) / truth, 3),
            "locust_fast_http_user": closed_p99,
            "locust_to_truth": round(closed_p99 / truth, 3),
        },
        "load_average": os.getloadavg()[0],
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
