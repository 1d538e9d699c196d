"""A stage never says nothing for long, says how far it is, and a long program's output is kept in a log."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seatrial.cluster import meters
from seatrial.cluster.progress import QUIET_SECONDS, Far, OpenStage, PlainProgress, Stages, current_stage
from seatrial.cluster.shell import log_file, run_logged
from seatrial.errors import SeatrialError
from seatrial.waiting import NotYet, Ready, eventually


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stage(clock: Clock) -> OpenStage:
    return OpenStage("image node", lambda _: None, clock)


def test_a_stage_is_quiet_only_after_a_while_and_not_when_it_has_just_spoken(stage, clock) -> None:
    clock.now += QUIET_SECONDS - 1
    assert not stage.is_quiet()
    clock.now += 1
    assert stage.is_quiet()
    stage.whereabouts()
    assert not stage.is_quiet()
    clock.now += QUIET_SECONDS
    stage.note("building")
    assert not stage.is_quiet()
    assert QUIET_SECONDS <= 15


@pytest.mark.parametrize(
    ("far", "said"),
    [
        (Far(50, 200, "packages"), "building, 50 of 200 packages; 10 s so far, about 30 s more"),
        (Far(1, 200, "packages"), "building, 1 of 200 packages; 10 s so far, usually about 300 s"),
        (Far(7, unit="modules"), "building, 7 modules; 10 s so far, usually about 300 s"),
        (None, "building; 10 s so far, usually about 300 s"),
    ],
)
def test_it_says_how_far_it_is_and_how_long_it_will_take(stage, clock, far, said) -> None:
    stage.note("building")
    with stage.watching(lambda: far, about_seconds=300):
        clock.now += 10
        assert stage.whereabouts() == said
    assert "300" not in stage.whereabouts()


def test_what_cannot_be_looked_at_ends_nothing(stage) -> None:
    with stage.watching(lambda: Far(Path("/nowhere/at/all").stat().st_size)):
        assert stage.whereabouts() == "working; 0 s so far"


def test_open_stages_are_looked_at_until_the_last_has_ended() -> None:
    looked: list[str] = []
    stages = Stages(lambda stage: looked.append(stage.title))
    for _ in range(2):  # the thread begins anew
        looked.clear()
        with stages.opened(OpenStage("one", lambda _: None)):
            eventually(
                lambda: Ready(None) if looked else NotYet("not looked at"),
                within_seconds=10, what="a look at the stage",
            )  # fmt: skip
    assert set(looked) == {"one"}


def test_work_deep_below_finds_the_innermost_stage_of_its_own_thread() -> None:
    progress = PlainProgress(io.StringIO())
    current_stage().note("nobody listens")
    with progress.stage("outer") as outer:
        with progress.stage("inner") as inner:
            assert current_stage() is inner
        assert current_stage() is outer
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(current_stage).result() is not outer


def test_a_quiet_stage_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.cluster.progress.QUIET_SECONDS", 0.0)
    out = io.StringIO()
    with PlainProgress(out).stage("image node") as stage:
        stage.note("building kubernetes")
        with stage.watching(lambda: Far(3, 9, "packages")):
            eventually(
                lambda: Ready(None) if "so far" in out.getvalue() else NotYet("nothing said"),
                within_seconds=10, what="a line about the quiet stage",
            )  # fmt: skip
    assert "image node: building kubernetes, 3 of 9 packages; " in out.getvalue()


class TestLogged:
    @pytest.fixture(autouse=True)
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path))

    def test_all_output_is_in_the_log_that_the_error_names(self) -> None:
        lines = "for i in $(seq 40); do echo line $i; done; echo bad >&2; exit 3"
        with pytest.raises(SeatrialError) as raised:
            run_logged(["sh", "-c", lines], doing="building It", within_seconds=20, next_step="Look.")
        log = log_file("building It")
        assert str(log) in str(raised.value)
        assert "code 3" in raised.value.what
        assert raised.value.what.endswith("bad")
        assert "line 2\n" in log.read_text()
        assert "line 2\n" not in raised.value.what

    def test_one_that_takes_too_long_is_ended_and_names_its_log_too(self) -> None:
        with pytest.raises(SeatrialError, match="not finished within") as raised:
            run_logged(["sleep", "60"], doing="waiting", within_seconds=0.2)
        assert str(log_file("waiting")) in str(raised.value)

    def test_the_open_stage_knows_how_far_it_is(self, tmp_path: Path) -> None:
        with PlainProgress(io.StringIO()).stage("a build") as stage:
            seen: list[str] = []

            def meter(text: str) -> Far:
                seen.append(text)
                return Far(text.count("made"), 4)

            gate = tmp_path / "gate"
            command = f"echo made; until [ -e {gate} ]; do sleep 0.05; done"

            def told() -> Ready[None] | NotYet:
                return Ready(None) if "1 of 4 parts" in stage.whereabouts() else NotYet(stage.whereabouts())

            with ThreadPoolExecutor(1) as pool:
                looking = pool.submit(lambda: eventually(told, within_seconds=10, what="how far it is"))
                looking.add_done_callback(lambda _: gate.touch())
                run_logged(["sh", "-c", command], doing="making", within_seconds=20, meter=meter)
            looking.result()
        assert seen


APT = """0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.
Get:1 http://deb.example/debian bookworm InRelease [151 kB]
Get:2 http://deb.example/debian bookworm/main amd64 dash amd64 0.5 [94 kB]
Get:3 http://deb.example/debian bookworm/main amd64 mawk amd64 1.3 [94 kB]
Unpacking dash (0.5) ...
"""


@pytest.mark.parametrize(
    ("meter", "text", "far"),
    [
        (meters.go_packages(9), "go: downloading a v1\ngo: downloading b v1\n", "2 modules fetched"),
        (meters.go_packages(9), "go: downloading a v1\nerrors\nio\n# notes\n", "2 of 9 packages compiled"),
        (meters.go_packages(1), "errors\nio\n", "2 of 2 packages compiled"),
        (meters.go_packages(), "errors\nio\n", "2 packages compiled"),
        (meters.go_packages(9), "", "None"),
        (meters.debian_packages(), APT, "3 of 6 steps of 2 packages"),
        (meters.debian_packages(installed=False), APT, "2 of 2 steps of 2 packages"),
        (meters.debian_packages(), "Hit:1 x", "None"),
        (meters.docker_steps, "Step 1/7 : FROM\n ---> 1\nStep 3/7 : RUN x\n", "3 of 7 steps"),
        (meters.docker_layers, "a: Pulling fs layer\nb: Pulling fs layer\na: Pull complete", "1 of 2 layers"),
        (meters.kind_steps, " • Ensuring node image ...\n ✓ Ensuring node image\n", "1 of 7 steps"),
        (meters.python_packages(4), "Collecting a==1\nCollecting b==1\n", "2 of 4 packages fetched"),
    ],
)
def test_how_far_a_program_is_is_read_from_what_it_prints(meter, text: str, far: str) -> None:
    assert str(meter(text)) == far


def test_a_download_is_measured_by_what_lies_on_disk(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "half.whl").write_bytes(b"x" * 3_000_000)
    assert str(meters.grown(tmp_path)("  Downloading envoy-1.whl (6.0 MB)\n")) == "3 of 6 MB"
    assert str(meters.grown(tmp_path, 12e6)("")) == "3 of 12 MB"
