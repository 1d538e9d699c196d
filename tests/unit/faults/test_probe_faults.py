"""Which probe is refused on its way, how, and how long kubelet may take to act on one."""

import pytest

from seatrial.declared.live_probe import LIVENESS, READINESS, live_probes
from seatrial.errors import FaultRefused
from seatrial.faults.effects.node_rule import NodeRule
from seatrial.faults.fail_readiness import NoWay, Way, way
from seatrial.faults.freeze_process import Acts, container_id

HTTP = {
    "httpGet": {"path": "/readyz", "port": "http"},
    "periodSeconds": 2,
    "timeoutSeconds": 1,
    "failureThreshold": 3,
}
LIVE = HTTP | {"httpGet": {"path": "/livez", "port": "http"}}
TLS = {"httpGet": {"path": "/readyz", "port": 8080, "scheme": "HTTPS"}}
TCP, COMMAND = {"tcpSocket": {"port": 8080}}, {"exec": {"command": ["true"]}}


def pod(readiness=None, liveness=None, **spec):
    container = {"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}
    container |= {READINESS: readiness} if readiness else {}
    container |= {LIVENESS: liveness} if liveness else {}
    return {"metadata": {"name": "web-1"}, "spec": {"containers": [container], **spec}}


class TestWay:
    def test_a_probe_alone_on_its_port_is_refused_with_the_port(self):
        found = way(pod(HTTP), 14)
        assert isinstance(found, Way)
        assert (found.probe.port, found.begins, str(found.probe)) == (8080, "", "GET /readyz of port 8080")

    def test_beside_a_liveness_probe_of_another_path_only_its_requests_are(self):
        found = way(pod(HTTP, LIVE), 14)
        assert isinstance(found, Way)
        assert found.begins == "GET /readyz "

    def test_beside_one_of_another_port_the_port_is(self):
        assert way(pod(HTTP, {"tcpSocket": {"port": 9000}}), 14).begins == ""

    @pytest.mark.parametrize("liveness", [HTTP, TCP])
    def test_where_liveness_asks_the_same_it_must_be_more_patient(self, liveness):
        found = way(pod(HTTP, liveness | {"periodSeconds": 5, "failureThreshold": 5}), 14)
        assert isinstance(found, NoWay)
        assert "may restart it after 4 x 5 = 20 s, where 21 s are needed" in found.reason
        assert way(pod(HTTP, liveness | {"periodSeconds": 5, "failureThreshold": 6}), 14).begins == ""

    def test_what_is_encrypted_cannot_be_told_apart(self):
        assert isinstance(way(pod(TLS, LIVE), 14), NoWay)
        assert way(pod(TLS), 14).begins == ""

    @pytest.mark.parametrize(
        ("made", "words"),
        [
            (pod(COMMAND), "a command in the container"),
            (pod(HTTP, hostNetwork=True), "its node's network"),
            (pod(HTTP | {"httpGet": {"path": "/", "port": 80, "host": "example.test"}}), "asks example.test"),
            (pod(HTTP | {"httpGet": {"path": "/", "port": "metrics"}}), "no known port"),
            (pod(HTTP | {"periodSeconds": 60}), "takes 181 s to act (3 x 60 s + 1 s)"),
        ],
    )
    def test_what_cannot_be_refused_is_named(self, made, words):
        found = way(made, 14)
        assert isinstance(found, NoWay)
        assert words in found.reason
        assert not found.undeclared

    def test_no_probe_at_all_is_told_apart(self):
        found = way(pod(), 14)
        assert isinstance(found, NoWay)
        assert found.undeclared

    def test_of_several_containers_the_first_that_can_be_refused_is_taken(self):
        made = pod(COMMAND)
        made["spec"]["containers"].append({"name": "proxy", READINESS: TCP})
        found = way(made, 14)
        assert isinstance(found, Way)
        assert found.probe.container == "proxy"

    def test_a_sidecar_that_starts_first_counts(self):
        made = pod(
            COMMAND,
            initContainers=[{"name": "proxy", "restartPolicy": "Always", READINESS: TCP}, {"name": "x"}],
        )
        assert way(made, 14).probe.container == "proxy"


class TestRule:
    def test_it_stands_in_the_chain_of_what_the_node_itself_sends(self):
        rule = NodeRule("worker", "id", "10.0.0.5", 8080, "GET /readyz ")
        assert rule._command("-I") == (
            "iptables --wait 5 -t mangle -I OUTPUT -d 10.0.0.5 -p tcp --dport 8080 -m string --algo bm "
            "--to 132 --string 'GET /readyz ' -j DROP"
        )
        assert NodeRule("worker", "id", "fd00::5", 8080)._command("-D") == (
            "ip6tables --wait 5 -t mangle -D OUTPUT -d fd00::5 -p tcp --dport 8080 -j DROP"
        )

    def test_a_path_is_no_command(self):
        assert "'GET /$(reboot) '" in NodeRule("worker", "id", "10.0.0.5", 80, "GET /$(reboot) ")._command(
            "-I"
        )

    def test_it_is_the_same_again_from_the_journal(self):
        rule = NodeRule("worker", "id", "10.0.0.5", 8080, "GET /readyz ")
        assert NodeRule.from_payload(rule.payload()) == rule


class TestActs:
    @pytest.mark.parametrize(
        ("probe", "spec", "age", "expected"),
        [
            # The next look begins within a period; each of the three lasts its timeout.
            ({"periodSeconds": 10, "timeoutSeconds": 1, "failureThreshold": 3}, {}, 600, 10 + 20 + 1 + 30),
            (
                {"periodSeconds": 5, "timeoutSeconds": 5, "failureThreshold": 6},
                {"grace": 20},
                600,
                5 + 25 + 5 + 20,
            ),
            ({"periodSeconds": 1, "timeoutSeconds": 4, "failureThreshold": 2}, {"grace": 0}, 600, 1 + 4 + 4),
            ({"terminationGracePeriodSeconds": 2}, {"grace": 60}, 600, 10 + 20 + 1 + 2),
            ({"initialDelaySeconds": 40}, {}, 15, 25 + 31 + 30),
            ({"initialDelaySeconds": 40}, {}, 60, 31 + 30),
        ],
    )
    def test_by_the_probes_own_arithmetic(self, probe, spec, age, expected):
        made = pod(liveness=TCP | probe)
        if "grace" in spec:
            made["spec"]["terminationGracePeriodSeconds"] = spec["grace"]
        (found,) = live_probes(made, LIVENESS)
        acts = Acts.of(found, made, age)
        assert acts.seconds == expected
        assert str(acts).startswith(f"{expected} s may pass by its own arithmetic")

    def test_the_container_is_named_as_the_api_server_does(self):
        made = pod() | {"status": {"containerStatuses": [{"name": "app", "containerID": "containerd://abc"}]}}
        assert container_id(made, "app") == "containerd://abc"
        with pytest.raises(FaultRefused, match="does not run"):
            container_id(made, "other")
