"""Whether an autoscaler can act: what its objects say, as a server fills them in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from seatrial.harness.doctor.autoscaler import examine_autoscaler
from seatrial.harness.doctor.finding import Finding, State

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CPU = {"cpu": "100m"}


def container(name: str = "app", **resources: Any) -> dict[str, Any]:
    return {"name": name, "resources": resources}


def metric(kind: str = "Utilization", **more: str) -> dict[str, Any]:
    target = {"type": kind, "averageUtilization" if kind == "Utilization" else "averageValue": 80}
    body = {"name": "cpu", "target": target, **more}
    return (
        {"type": "ContainerResource", "containerResource": body}
        if more
        else {"type": "Resource", "resource": body}
    )


def found(
    *containers: dict[str, Any],
    metrics: list[dict[str, Any]] | None = None,
    pods: list[dict[str, Any]] | None = None,
    replicas: int = 2,
    conditions: list[dict[str, Any]] | None = None,
    **pod: Any,
) -> list[Finding]:
    template = {"spec": {"containers": list(containers), **pod}}
    workload = {"spec": {"replicas": replicas, "template": template}}
    scaler = {
        "metadata": {"name": "web"},
        "spec": {"maxReplicas": 4, "metrics": [metric()] if metrics is None else metrics},
        "status": {"conditions": conditions or []},
    }
    return list(examine_autoscaler("api", scaler, workload, [{"spec": spec} for spec in pods or []], NOW))


def bad(findings: list[Finding]) -> list[str]:
    return [each.text for each in findings if each.state is State.BAD]


def test_one_that_can_act_has_its_range_told() -> None:
    (line,) = found(container(requests=CPU))
    assert (line.state, line.text) == (State.OK, "api: web from 1 to 4, now 2")


def test_at_its_maximum_it_cannot_grow() -> None:
    assert bad(found(container(requests=CPU), replicas=4)) == ["api: 4 replicas are its maximum already"]


def test_without_a_request_there_is_no_ratio() -> None:
    said = bad(found(container(requests=CPU), container("proxy", requests={"memory": "1Mi"})))
    assert said == ["api: web measures cpu, and proxy requests none"]


@pytest.mark.parametrize(
    "enough",
    [
        pytest.param({"containers": [container(limits=CPU)]}, id="a limit is its request"),
        pytest.param({"containers": [container()], "metrics": [metric("AverageValue")]}, id="an amount"),
        pytest.param(
            {
                "containers": [container(requests=CPU), container("proxy")],
                "metrics": [metric(container="app")],
            },
            id="another container",
        ),
        pytest.param({"containers": [container()], "resources": {"requests": CPU}}, id="of the whole pod"),
        pytest.param(
            {"containers": [container()], "pods": [{"containers": [container(requests=CPU)]}]},
            id="the namespace gives one",
        ),
    ],
)
def test_what_a_pod_gets_or_the_metric_does_not_need_is_no_gap(enough: dict[str, Any]) -> None:
    assert bad(found(*enough.pop("containers"), **enough)) == []


@pytest.mark.parametrize(
    "short",
    [
        pytest.param({"metrics": [metric(container="proxy")]}, id="the container that is measured"),
        pytest.param({"initContainers": [{**container("proxy"), "restartPolicy": "Always"}]}, id="a sidecar"),
    ],
)
def test_what_is_measured_must_request_it(short: dict[str, Any]) -> None:
    containers = [container(requests=CPU)]
    if "metrics" in short:
        containers.append(container("proxy"))
    assert bad(found(*containers, **short)) == ["api: web measures cpu, and proxy requests none"]


def condition(since: timedelta, *, reason: str = "FailedGetExternalMetric") -> list[dict[str, Any]]:
    moment = (NOW - since).isoformat().replace("+00:00", "Z")
    said = {"reason": reason, "message": "no metrics returned", "lastTransitionTime": moment}
    return [{"type": "AbleToScale", "status": "True"}, {"type": "ScalingActive", "status": "False", **said}]


def test_what_it_says_itself_is_told_and_red_where_it_lasts() -> None:
    lasting = found(container(requests=CPU), conditions=condition(timedelta(minutes=5)))
    assert bad(lasting) == ["api: web cannot scale: FailedGetExternalMetric: no metrics returned"]
    fresh = found(container(requests=CPU), conditions=condition(timedelta(seconds=5)))
    assert [each.state for each in fresh] == [State.NOTE, State.OK]
    assert "cannot scale: FailedGetExternalMetric" in fresh[0].text


def test_one_that_was_switched_off_on_purpose_or_whose_cause_is_told_is_not_told_again() -> None:
    off = condition(timedelta(minutes=5), reason="ScalingDisabled")
    assert bad(found(container(requests=CPU), conditions=off)) == []
    bare = found(container(), conditions=condition(timedelta(minutes=5)))
    assert bad(bare) == ["api: web measures cpu, and app requests none"]
