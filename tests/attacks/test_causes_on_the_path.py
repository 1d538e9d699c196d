"""Only what lies on a journey's path is named as the cause of its failures, in the text as in the chart."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

SUPPORT = str(Path(__file__).parents[1] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

from drained_shop import AVAILABLE, DRAINED, FILE, cpu, drain, leaving, observed, pod, traffic, unhealthy  # noqa: E402

from seatrial.errors import SeatrialError  # noqa: E402
from seatrial.judge.cause import causes, never_available  # noqa: E402
from seatrial.judge.disruption import voluntary  # noqa: E402
from seatrial.judge.path import Path as Way  # noqa: E402
from seatrial.judge.probes import unready_spells  # noqa: E402
from seatrial.judge.windows import windows  # noqa: E402
from seatrial.model.fault import Disruption, Target  # noqa: E402
from seatrial.model.log import LogLine  # noqa: E402
from seatrial.model.system_file import parse_system  # noqa: E402
from seatrial.model.timeline import Change, EventSeen, PodSeen, Seen, WorkloadSeen  # noqa: E402
from seatrial.model.verdict import Outcome  # noqa: E402
from seatrial.report.lives import PodState, pod_lives  # noqa: E402

FAILING = (110.0, 113.4)
LATE = 'Readiness probe failed: Get "http://10.0.0.1:8080/ready": context deadline exceeded'


def unready(name: str, begin: float, end: float) -> list[PodSeen]:
    return [pod(50.0, name), pod(begin, name, ready=False), pod(end, name)]


def why(*seen: Seen, logs: tuple[LogLine, ...] | None = None, file: str = FILE) -> str:
    verdict = voluntary(observed(traffic(FAILING), *seen, logs=logs, file=file))
    assert verdict.outcome is Outcome.FAILED
    return verdict.next_step


def test_what_the_journey_never_touches_is_no_cause() -> None:
    beside = [
        *leaving("payments-old", at=109.0, left_at=114.0),
        *leaving("prometheus-1", at=109.0, left_at=114.0),
    ]
    text = why(*beside, *unready("payments-b", 110.0, 114.0), unhealthy(109.5, "payments-b", LATE))
    assert text.startswith("No cause found in the watch records and events of catalogue, gateway")
    assert "payments" not in text
    assert "prometheus" not in text


def test_the_same_of_a_workload_on_the_path_is_the_cause() -> None:
    text = why(*leaving("catalogue-old", at=109.9, left_at=113.5))
    assert text.startswith("endpoint of catalogue-old left 3.60 s after deletion began")


def test_probes_that_took_the_gateway_away_are_the_cause_of_all_that_failed() -> None:
    """0 of 2 gateways were ready for 3.4 s, and the text named a catalogue's probe for 8 of 531 requests."""
    text = why(
        *unready("gateway-a", 109.9, 113.4),
        *unready("gateway-b", 110.0, 113.3),
        unhealthy(108.5, "gateway-a", LATE),
        unhealthy(109.0, "gateway-b", LATE),
        *unready("catalogue-b", 113.3, 114.0),
        pod(50.0, "catalogue-c"),
        unhealthy(113.2, "catalogue-b", LATE),
    )
    assert text.startswith(
        "2 pods of gateway became unready for 3.50 s without being deleted, none of gateway stayed Ready, "
        "and 34 requests failed meanwhile: readiness probe failed: "
    )
    assert "give the probe more time (timeoutSeconds, failureThreshold), or the pod more CPU." in text


def test_a_container_that_ended_is_told_from_a_probe_that_failed() -> None:
    before, ended, again = unready("catalogue-a", 110.0, 113.0)
    text = why(before, ended, replace(again, restarts=1, reason="OOMKilled"))
    assert "its container ended (OOMKilled) and was started again" in text


@pytest.mark.parametrize("at", [79.9, 113.5])
def test_a_probe_that_failed_at_another_time_is_no_cause(at: float) -> None:
    assert "No cause found" in why(*unready("gateway-a", at, at + 0.5), unhealthy(at - 1, "gateway-a", LATE))


def test_a_probe_that_failed_long_before_is_not_why() -> None:
    text = why(*unready("gateway-a", 109.9, 113.4), unhealthy(60.0, "gateway-a", LATE))
    assert text.startswith("gateway-a became unready for 3.50 s")
    assert text.endswith("no event tells why; its log tells more.")


def test_requests_that_nobody_could_answer_are_not_blamed_on_a_pod_that_left_well() -> None:
    """A catalogue's end was under way, but both gateways were away: nothing reached it."""
    text = why(
        *unready("gateway-a", 109.9, 113.4),
        *unready("gateway-b", 109.9, 113.4),
        *leaving("catalogue-old", at=109.0, left_at=113.5),
    )
    assert "none of gateway stayed Ready" in text
    assert "catalogue-old" not in text


def test_a_fault_beside_the_path_is_no_cause() -> None:
    """Payments has one replica and is replaced, while browse fails for a reason of its own."""
    alone = WorkloadSeen(60.0, Change.MODIFIED, "Deployment", "payments", "payments", 1, 1, 1, 1)
    target = Target("Pod", "shop", "payments-a", "uid-payments-a")
    fault = replace(drain(), fault="delete-pod", target=target, workload="payments")
    found = observed(traffic(FAILING), alone, *leaving("payments-a", at=100.0, left_at=115.0), fault=fault)
    failed = [exchange for exchange in found.exchanges if not exchange.ok]
    assert causes(found, failed, windows(found)) == []
    paid = [replace(exchange, journey="pay") for exchange in failed]
    assert causes(found, paid, windows(found)) == [
        "payments has 1 replica: nothing answers while it is replaced. Run two or more."
    ]


def test_what_the_fault_itself_took_away_is_no_cause() -> None:
    """A lost node makes its pods unready: that is the disruption, and not why it was survived badly."""
    lost = replace(
        drain(None),
        fault="stop-node",
        disruption=Disruption.INVOLUNTARY,
        available_at=AVAILABLE,
        verified_at=101.0,
    )
    states = [replace(state, node=DRAINED) for state in unready("catalogue-a", 110.0, 113.0)]
    found = observed(traffic(FAILING), *states, pod(50.0, "catalogue-b"), fault=lost)
    failed = [exchange for exchange in found.exchanges if not exchange.ok]
    assert causes(found, failed, windows(found)) == []
    other = observed(traffic(FAILING), *unready("catalogue-b", 110.0, 113.0), fault=lost)
    assert len(causes(other, failed, windows(other))) == 1


def test_without_any_evidence_a_pod_on_the_path_is_quoted() -> None:
    logs = (
        LogLine(109.9, "payments-a", "payments", "ERROR: everything is lost"),
        LogLine(109.95, "gateway-a", "gateway", '{"path": "/v1", "status": 200}'),
        LogLine(110.2, "gateway-a", "gateway", "upstream connect error: connection refused"),
    )
    seen = [pod(50.0, "gateway-a"), pod(50.0, "payments-a"), *cpu(60.0, 140.0, waited=0.12, busy=0.4)]
    text = why(*seen, logs=logs)
    assert text == (
        "No cause found in the watch records and events of catalogue, gateway (some tasks waited for CPU "
        "12 % of the 4.31 s in which requests failed, and 40 % of this machine's CPU was used). gateway-a "
        "wrote 0.20 s after the first failure: upstream connect error: connection refused"
    )
    assert "no pod on the path wrote of an error then" in why(*seen, logs=logs[:2])
    assert "logs were not recorded" in why(*seen)


def test_a_system_file_without_paths_takes_the_workloads_that_the_journey_exercises() -> None:
    file = FILE.replace(", through: [gateway, catalogue]", "")
    text = why(
        *unready("payments-a", 110.0, 113.0), *leaving("catalogue-old", at=109.9, left_at=113.5), file=file
    )
    assert text.startswith("endpoint of catalogue-old left")
    assert "payments" not in text


def test_a_path_names_workloads_of_the_file() -> None:
    broken = FILE.replace("TARGET", "{context: theirs, namespace: shop}").replace("[gateway, ", "[gatewy, ")
    with pytest.raises(SeatrialError, match=r"journeys\.browse\.through names no workload: gatewy"):
        parse_system(broken, source="shop.yaml")


def test_what_never_came_back_is_explained_by_its_own_events() -> None:
    lost = drain(None)
    seen = observed(
        traffic(),
        EventSeen(105.0, "Pod", "catalogue-x", "FailedScheduling", "0/2 nodes are available", warning=True),
        EventSeen(106.0, "Pod", "payments-x", "BackOff", "restarting failed container", warning=True),
        fault=lost,
    )
    assert never_available(seen, lost).endswith("Last warning: 0/2 nodes are available.")


def test_the_chart_says_of_a_pod_what_the_text_says() -> None:
    seen = observed(traffic(), *unready("gateway-a", 110.0, 113.0), unhealthy(109.5, "gateway-a", LATE))
    assert seen.timeline is not None
    (spell,) = unready_spells(seen.timeline, Way())
    (life,) = pod_lives(seen.timeline)
    (span,) = [span for span in life.spans if span.state is PodState.UNREADY]
    assert (span.begin, span.end) == (spell.since, spell.until)
    assert span.reason == spell.why
