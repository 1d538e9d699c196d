"""Where Locust's events meet the load: options, start, stop, and the exit code.

One `LoadSession` per process. What it does depends on Locust's runner: alone it sends everything and judges;
the master hands out shares and judges; a worker sends its share and reports. Alone with workers in the
cluster it does what a master does.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from seatrial.errors import BadInput, SeatrialError
from seatrial.harness.access import access
from seatrial.harness.shared_load import delay_seconds, wished
from seatrial.load import cluster_workers
from seatrial.load.dispatcher import Dispatcher, Share
from seatrial.load.outcome import Conclusion, LoadRun
from seatrial.load.page import add_tab
from seatrial.load.place import require_allowed
from seatrial.load.plan import LoadPlan
from seatrial.load.progress import Shown
from seatrial.load.summary import WorkerResult, result_message
from seatrial.load.tables import note_gaps, wait_for_csv, watch_workers
from seatrial.traffic import schedule as schedules
from seatrial.traffic.crew import FAILURE, RESULT, START, STOP
from seatrial.traffic.protocols import compile_any
from seatrial.traffic.runner import COMMAND, LocalProcess
from seatrial.traffic.trace import require_room, with_trace

GRACE_SECONDS = 10.0
WORKERS_DELAY_SECONDS = 1.5
"""From the master's word to the first arrival: the time for every worker to have its generator ready."""
RELAY = (sys.executable, "-m", "seatrial.harness.relay")
JOBS_DELAY_SECONDS = 30.0
"""The same where each worker's generator is a Job inside the cluster."""


class LoadSession:
    """One Locust process, from its start to its exit code."""

    conclude_with: type[Conclusion] = Conclusion
    in_cluster = True  # whether workers in the cluster may share it

    @classmethod
    def add_options(cls, parser: Any, user: type[LoadPlan]) -> None:
        """Add what a person may choose beside Locust's own options."""
        parser.add_argument(
            "--arrivals",
            default=user.known_arrivals(),
            env_var="SEATRIAL_ARRIVALS",
            help="When requests are sent: constant:RATE[:SECONDS], poisson:RATE[:SECONDS], "
            "ramp:FROM:TO:SECONDS, steps:RATExSECONDS,..., spike:RATE:PEAK:SECONDS (rates per second), "
            "replay:@FILE (a trace, one time a line). "
            "Users and spawn rate have no meaning.",
        )

    def __init__(self, environment: Environment, user: type[LoadPlan], *, headless: bool) -> None:
        self.environment = environment
        self.user = user
        self.system = user.load_system()
        self.journeys = user.choose(self.system)
        self.headless = headless
        self._check_consent()
        environment.host = environment.host or self.system.entry.address
        self._check_host()
        self.cluster = cluster_workers.for_session(self)
        self._check_options()
        self.conclusion = self.conclude_with(user, self.system)
        self._dispatcher: Dispatcher | None = None
        self._run: LoadRun | None = None
        self._share: Share | None = None
        self._shown = Shown()
        events: Any = environment.events
        events.test_start.add_listener(self._on_start)
        events.test_stopping.add_listener(self._on_stopping)
        events.test_stop.add_listener(self._on_stop)
        events.quitting.add_listener(self._on_quitting)
        events.quit.add_listener(self._on_quit)
        events.report_to_master.add_listener(self._shown.report)
        events.worker_report.add_listener(self._shown.take_report)
        if environment.web_ui is not None:
            add_tab(environment, self._shown.rows)
        if self._master is not None:
            self._master.register_message(RESULT, self._on_result)
        elif self._is_worker:
            self._runner.register_message(START, self._on_share)
            self._runner.register_message(STOP, self._on_stopping)
        if self.cluster is not None:
            self.conclusion.keeps_exchanges = False  # what was sent stays there; its histograms come
            self.cluster.start()
        # Timers count from the loop's last look at the clock, which was before everything was imported:
        # without this, `--run-time` ends seconds early.
        gevent.get_hub().loop.update_now()

    @property
    def _runner(self) -> Any:
        return self.environment.runner

    @property
    def _options(self) -> Any:
        return self.environment.parsed_options

    @property
    def _is_worker(self) -> bool:
        return isinstance(self._runner, WorkerRunner)

    @property
    def _master(self) -> Any:
        """Who hands out shares: Locust's runner, or workers in the cluster; None where nobody does."""
        return self._runner if isinstance(self._runner, MasterRunner) else self.cluster

    @property
    def _awaited(self) -> LoadRun | None:
        """What the workers' results belong to."""
        return self._run

    def _check_options(self) -> None:
        """Raises BadInput: an option cannot be used, and nothing was sent yet."""
        self._options.arrivals = with_trace(self._options.arrivals)
        limits = [self.system.objectives_of(name).latency_p99_ms for name in self.journeys]
        here = self._options.processes or self._options.expect_workers or 1
        workers = max(here, wished())
        require_room(schedules.parse(self._options.arrivals), max(limits) / 1_000, workers=workers)

    def _check_consent(self) -> None:
        """Load disturbs: it needs what a scenario needs, consent for this context and namespace."""
        settings = self.user.settings()
        _, context = access(settings, self.system)
        if gap := self.system.consent_gap(context or "", self.system.target.namespace):
            raise BadInput(
                f"no load was sent: {gap}", where=str(settings.system_path),
                next_step="Set `consent` in the system file to exactly this context and namespace.",
            )  # fmt: skip

    def _check_host(self) -> None:
        require_allowed(str(self.environment.host), self.system)

    def _on_start(self, **_: Any) -> None:
        """Locust begins a test: alone, in the master, or in a worker that was given its share."""
        try:
            if self._is_worker:
                if self._share is None:
                    raise SeatrialError("the master sent no share of the schedule")
                self._dispatch(self._share)
                return
            self._check_host()
            self._shown.clear()
            self._run = self.conclusion.begin(with_trace(self._options.arrivals), str(self.environment.host))
            shares = self._shares(self._run)
            for client, share in shares.items():
                self._hand_out(client, share)
            if self._master is not None:
                gevent.spawn(watch_workers, self._master, self._run, self._end_test)
        except SeatrialError as error:
            self._fail(str(error))

    def _shares(self, run: LoadRun) -> dict[str, Share]:
        """The share of each process by its client id; alone, the whole under an empty id."""
        run.in_cluster = self.cluster is not None
        if self.cluster is not None and (gone := self.cluster.gone):
            run.absent, run.lost, run.workers = gone, gone, len(gone)
            return {}  # without them it would be less than what is planned
        clients = [""] if self._master is None else cluster_workers.active(self._master)
        run.workers = len(clients)
        run.clients = {client: place for place, client in enumerate(clients)}
        start_at = time.time() + self._delay_seconds if self._master is not None else None
        return {
            client: Share(
                str(self.environment.host),
                self.journeys,
                run.arrivals,
                self.conclusion.seed,
                start_at,
                worker=place,
                workers=len(clients),
                exchanges=run.exchanges_file(place),
                shown=self.environment.web_ui is not None and self.cluster is None,
            )
            for client, place in run.clients.items()
        }

    @property
    def _delay_seconds(self) -> float:
        if self.cluster is not None:
            return delay_seconds(wished())
        return JOBS_DELAY_SECONDS if self.system.entry.in_cluster else WORKERS_DELAY_SECONDS

    def _hand_out(self, client: str, share: Share) -> None:
        if self._master is not None:
            self._master.send_message(START, vars(share), client_id=client)
        else:
            self._dispatch(share)

    def _on_share(self, msg: Any, **_: Any) -> None:
        self._share = Share(**msg.data)

    def _dispatch(self, share: Share) -> None:
        self._share = share = replace(share, tls=self.system.entry.tls)
        self._dispatcher = Dispatcher(self.environment, share, self._runner_of_load(), self._on_own_result)
        self._shown.own = self._dispatcher.progress if share.shown else None

    def _runner_of_load(self) -> LocalProcess:
        """The generator as a process of this machine, or one that stands for a Job inside the cluster."""
        if not self.system.entry.in_cluster:
            return LocalProcess(COMMAND)
        return LocalProcess([*RELAY, "--system", str(self.user.settings().system_path)])

    def _on_own_result(self, result: WorkerResult | SeatrialError) -> None:
        if self._is_worker:
            self._runner.send_message(RESULT, result_message(result))
        elif isinstance(result, SeatrialError):
            self._fail(str(result))
        else:
            self._take(result)

    def _on_result(self, msg: Any, **_: Any) -> None:
        awaited = self._awaited
        if awaited is not None:
            awaited.reported.add(msg.node_id)
        if FAILURE in msg.data:
            self._fail(msg.data[FAILURE])
            return
        result = WorkerResult.from_data(msg.data)
        if self.cluster is not None and awaited is not None:
            result = replace(result, place=awaited.clients.get(msg.node_id, -1), where=msg.node_id)
        self._take(result)

    def _fail(self, why: str) -> None:
        """Nobody knows what a generator would have sent: the run has no verdict."""
        sys.stderr.write(f"{why}\n")
        self.conclusion.broken = True
        gevent.spawn(self._end_test)

    def _take(self, result: WorkerResult) -> None:
        """A share has ended. When all have and nobody stopped the test, the schedule is over: stop it."""
        if self._run is None:
            return
        self._run.results.append(result)
        if self._run.complete and not self._run.stopping:
            gevent.spawn(self._end_test)

    def _end_test(self) -> None:
        if self.headless:
            self._runner.quit()
        else:
            self._runner.stop()

    def _on_stopping(self, **_: Any) -> None:
        """Nothing more is sent. The master waits here, while its workers still listen."""
        if self._run is not None:
            self._run.stopping = True
        if self._dispatcher is not None:
            self._dispatcher.stop()
        if self._master is not None and self._run is not None:
            self._master.send_message(STOP)
            self._wait_for_results(self._run)

    def _wait_for_results(self, run: LoadRun) -> None:
        until = time.monotonic() + self._patience_seconds
        while not run.complete and time.monotonic() < until:
            gevent.sleep(0.05)
            run.look_for_lost(self._master.clients)

    @property
    def _patience_seconds(self) -> float:
        longest = max(compile_any(name, data).ending_seconds for name, data in self.journeys.items())
        return longest + GRACE_SECONDS

    def _on_stop(self, **_: Any) -> None:
        if self._dispatcher is not None:
            self._dispatcher.join(within_seconds=self._patience_seconds)
        if self._run is not None:
            run, self._run = self._run, None
            note_gaps(self._runner, self.conclusion.conclude(run, say=not self.headless))

    def _on_quitting(self, **_: Any) -> None:
        """Before Locust chooses its exit code. After SIGTERM the test may still be running."""
        self._on_stopping()
        self._on_stop()
        if self.cluster is not None:
            self.cluster.close()
        wait_for_csv(self._options)
        if self._is_worker:
            self.environment.process_exit_code = 0
        elif self.headless or self.conclusion.verdicts or self.conclusion.broken:
            self.environment.process_exit_code = self.conclusion.exit_code()
        self.conclusion.close(self.environment.process_exit_code)

    def _on_quit(self, **_: Any) -> None:
        """After Locust's own tables, so that the verdict is the last thing on the screen."""
        if self.headless and not self._is_worker:
            self.conclusion.say_all()
