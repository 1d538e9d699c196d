"""`harness.workers` with processes of this machine in the place of pods, for tests without a cluster.

CREW_LAME: indexes of workers that never come; CREW_FOLDER: gets a file for each worker with its process id.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agent_pipe import LocalPipe, agent_process

from seatrial.harness import sending, workers

WORKER = (
    "import socket, sys; socket.gethostname = lambda: sys.argv[1]; "
    "from seatrial.load.pod_worker import main; sys.exit(main(sys.argv[2:]))"
)


class LocalJob:
    """Stands for `GeneratorJob`: an agent of this machine."""

    image, pod, node, where, address = "helper:1", "master", "here", "pod/master on node here", "127.0.0.1"

    def __init__(self, *_: Any, **__: Any) -> None:
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> LocalJob:
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        self._agent = self._stack.enter_context(agent_process(Path(folder) / "agent"))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def pipe(self) -> LocalPipe:
        return self._agent.connect()

    def why_lost(self) -> str:
        return "the agent has ended"


class LocalWorkers:
    """Stands for `WorkerJob`: Locust's workers as processes of this machine."""

    def __init__(self, kube: Any, image: str, number: int, master: str, *, own_cluster: bool) -> None:
        assert (image, own_cluster) == ("helper:1", False)
        self.kube, self._number, self._master = kube, number, master
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> LocalWorkers:
        lame = os.environ.get("CREW_LAME", "").split()
        for index in range(self._number):
            if str(index) not in lame:
                arguments = [self.host(index), "--master", self._master, "--port", str(workers.PORT)]
                process = subprocess.Popen([sys.executable, "-c", WORKER, *arguments])
                self._processes[index] = process
                Path(os.environ["CREW_FOLDER"], f"worker-{index}").write_text(str(process.pid))
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.terminate()
            process.wait()

    def host(self, index: int) -> str:
        return f"crew-{index}"

    def by_index(self) -> dict[int, Any]:
        return {
            index: {"metadata": {"name": f"crew-{index}-x"}, "spec": {"nodeName": "here"}}
            for index in self._processes
        }

    def require_all_possible(self) -> None:
        """All of them are possible."""

    def waits(self, pod: object) -> str:
        assert pod is None
        return "it was not started"

    def became(self, name: str, node: str) -> str:
        return f"pod/{name} on node {node} was killed"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class NoKube:
    """A cluster that allows everything and holds nothing."""

    context, namespace, server = "none", "none", "https://nowhere"

    def __init__(self, *_: object) -> None:
        """It is nowhere."""

    def __enter__(self) -> NoKube:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def can_i(self, *_: object, **__: object) -> bool:
        return True

    def objects(self, kind: str) -> list[Any]:
        return []


if __name__ == "__main__":
    stand_ins = SimpleNamespace(
        Kube=NoKube, WorkerJob=LocalWorkers, PORT=free_port(), helper_image=lambda *_: "helper:1",
        START_SECONDS=float(os.environ.get("CREW_SECONDS", "60")),
    )  # fmt: skip
    for name, value in vars(stand_ins).items():
        setattr(workers, name, value)
    sending.GeneratorJob = LocalJob  # type: ignore[assignment,misc]
    sys.exit(workers.main())
