"""Where a session's requests are sent from: here, or by a Job; the Job is a process of this machine here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from agent_pipe import LocalAgent, LocalPipe, agent_process

import seatrial.harness.sending as sending_module
from seatrial.errors import NotAllowed, SeatrialError
from seatrial.harness.sending import Sending
from seatrial.kube.errors import Forbidden
from seatrial.model.system import System
from seatrial.model.system_file import parse_system
from seatrial.traffic import channel as channels
from seatrial.traffic.runner import LocalProcess

SYSTEM = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: nowhere, namespace: shop}
entry: {service: {name: web, port: 80}}
workloads: {web: {kind: Deployment, name: web, stateless: true}}
journeys: {read: {request: {path: /}}}
consent: {disruptive: true, context: nowhere, namespace: shop}
"""
KUBE: Any = SimpleNamespace(
    context="nowhere", namespace="shop", server="https://nowhere", can_i=lambda *_, **__: True
)


def system(old: str = "", new: str = "") -> System:
    assert old in SYSTEM
    return parse_system(SYSTEM.replace(old, new) if old else SYSTEM, source="shop.yaml")


class Jobs:
    """Stands for `GeneratorJob`: each is an agent process in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[LocalAgent] = []
        self.deleted = 0
        self.refusal: SeatrialError | None = None

    def __call__(self, kube: Any, image: str, *, own_cluster: bool) -> Any:
        assert (kube, image, own_cluster) == (KUBE, "helper:1", False)
        jobs = self

        class Job:
            where = f"pod/{len(jobs.made)}"

            def __enter__(self) -> Job:
                self._stack = ExitStack()
                folder = jobs._folder / str(len(jobs.made))
                jobs.made.append(self._stack.enter_context(agent_process(folder)))
                return self

            def __exit__(self, *_: object) -> None:
                jobs.deleted += 1
                self._stack.close()

            def pipe(self) -> LocalPipe:
                if jobs.refusal is not None:
                    raise jobs.refusal
                return jobs.made[-1].connect()

            def why_lost(self) -> str:
                return "its pod was deleted"

        return Job()


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    made = Jobs(tmp_path)
    monkeypatch.setattr(sending_module, "GeneratorJob", made)
    yield made
    assert made.deleted == len(made.made)


def test_an_address_is_sent_to_from_here(jobs: Jobs) -> None:
    here = system("{service: {name: web, port: 80}}", '{url: "http://127.0.0.1:1"}')
    with Sending(KUBE, here, lambda: pytest.fail("no image is needed")) as sending:
        assert isinstance(sending.runner(), LocalProcess)
        assert sending.where == "this machine"
        with sending.http() as http:
            assert http.base_url == "http://127.0.0.1:1"
    assert jobs.made == []


def test_one_job_serves_all_that_a_session_sends_and_its_clock_is_told(jobs: Jobs) -> None:
    notes: list[str] = []
    with Sending(KUBE, system(), lambda: "helper:1", notes.append) as sending:
        sending.runner()
        sending.runner()
        with sending.http() as http:
            assert http.base_url == "http://web:80"
        assert (len(jobs.made), jobs.deleted) == (1, 0)
        (note,) = notes
        assert note.startswith("requests are sent by pod/0; its clock is 0.0")


def test_a_job_that_was_lost_is_replaced_and_not_before(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sending(KUBE, system(), lambda: "helper:1") as sending:
        sending.runner()
        monkeypatch.setattr(channels, "LOST_SECONDS", 1.0)
        jobs.made[0].process.kill()
        for _ in range(2):  # the first may be on its way when the connection breaks
            with sending.http() as http, pytest.raises(SeatrialError, match="from inside the cluster"):
                http.get("/")
        monkeypatch.setattr(channels, "LOST_SECONDS", 24.0)
        sending.runner()
        assert len(jobs.made) == 2


def test_without_consent_there_is_no_job(jobs: Jobs) -> None:
    calm = system("disruptive: true", "disruptive: false")
    with Sending(KUBE, calm, lambda: "helper:1") as sending, pytest.raises(SeatrialError) as raised:
        sending.runner()
    assert "needs consent" in raised.value.what
    assert "entry.url" in raised.value.next_step
    assert jobs.made == []


def test_without_the_right_to_make_a_job_nothing_is_tried(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KUBE, "can_i", lambda verb, kind, **_: (verb, kind) != ("create", "Job"))
    with Sending(KUBE, system(), lambda: pytest.fail("no image is needed")) as sending:  # noqa: SIM117
        with pytest.raises(NotAllowed, match=r"not allowed to create jobs\.batch in namespace shop"):
            sending.runner()
    assert jobs.made == []


def test_a_right_that_lacks_is_told_at_once_and_the_job_is_deleted(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "LOST_SECONDS", 600.0)
    words = "not allowed to create pods/exec"
    jobs.refusal = Forbidden(words, status=403, reason="Forbidden", details={})
    with Sending(KUBE, system(), lambda: "helper:1") as sending:  # noqa: SIM117
        with pytest.raises(SeatrialError, match="not allowed to create pods/exec"):
            sending.runner()
    assert (len(jobs.made), jobs.deleted) == (1, 1)
