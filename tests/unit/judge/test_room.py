"""What a quota and the nodes have room for, counted to the thousandth."""

from typing import Any

import pytest

from seatrial.judge.room import node_gap, quota_gap
from seatrial.model.pod_resources import amounts

Object = dict[str, Any]


def spec(requests: Object | None = None, **more: Any) -> Object:
    asked = {"cpu": "500m"} if requests is None else requests
    return {"containers": [{"name": "web", "resources": {"requests": asked}}], **more}


def pod(uid: str, body: Object, *, phase: str = "Running", node: str = "one") -> Object:
    return {"metadata": {"uid": uid}, "spec": {**body, "nodeName": node}, "status": {"phase": phase}}


def quota(hard: Object, used: Object | None = None, **body: Any) -> Object:
    status = {"hard": hard} | ({} if used is None else {"used": used})
    return {"metadata": {"name": "compute"}, "spec": body, "status": status}


def node(name: str = "one", **allocatable: str) -> Object:
    return {"metadata": {"name": name}, "spec": {}, "status": {"allocatable": allocatable}}


def room(wanted: int, *nodes: Object, body: Object | None = None, pods: tuple[Object, ...] = ()) -> str:
    return node_gap(wanted, spec() if body is None else body, [], pods, nodes)


class TestQuota:
    def test_it_is_used_to_the_last_thousandth(self) -> None:
        assert quota_gap(2, spec(), [], [quota({"cpu": "1"})]) == ""
        assert "room for 1 of 2 pods: cpu hard 999m, others use 0" in quota_gap(
            2, spec(), [], [quota({"cpu": "999m"})]
        )

    @pytest.mark.parametrize(("hard", "fits"), [("1", True), ("999m", False)])
    def test_what_is_used_and_cannot_be_read_is_nothing(self, hard: str, fits: bool) -> None:
        assert (quota_gap(2, spec(), [], [quota({"cpu": hard}, {"cpu": "much"})]) == "") is fits

    def test_a_pod_is_one_of_a_thousand(self) -> None:
        assert "room for 1000 of 1001 pods" in quota_gap(1001, spec(), [], [quota({"pods": "1000"})])

    def test_a_limit_that_cannot_be_read_refuses_nothing_and_the_next_one_counts(self) -> None:
        assert quota_gap(2, spec(), [], [quota({"cpu": "much"})]) == ""
        assert "pods hard 1" in quota_gap(2, spec(), [], [quota({"cpu": "much", "pods": "1"})])

    def test_more_used_than_there_is_leaves_room_for_none(self) -> None:
        gap = quota_gap(4, spec(), [], [quota({"cpu": "1"}, {"cpu": "3"})])
        assert gap == "quota compute has room for 0 of 4 pods: cpu hard 1, others use 3, a pod takes 500m"

    def test_what_the_workloads_own_pods_use_is_given_back(self) -> None:
        own = [pod("a", spec()), pod("b", spec())]
        full = [quota({"cpu": "1500m"}, {"cpu": "1500m"})]
        assert quota_gap(2, spec(), own, full) == ""
        assert "room for 2 of 3 pods: cpu hard 1.5, others use 500m" in quota_gap(3, spec(), own, full)
        late = quota({"cpu": "1200m"}, {"cpu": "500m"})
        assert "others use 0," in quota_gap(4, spec(), own, [late]), "the quota has not counted one yet"

    @pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
    def test_pods_that_have_ended_use_nothing(self, phase: str) -> None:
        own = [pod("a", spec()), pod("b", spec(), phase=phase)]
        assert "room for 1 of 2 pods" in quota_gap(2, spec(), own, [quota({"cpu": "1"}, {"cpu": "1"})])

    def test_what_is_written_counts_until_the_status_is_there(self) -> None:
        fresh = {"metadata": {"name": "compute"}, "spec": {"hard": {"pods": "1"}}}
        assert "room for 1 of 2 pods" in quota_gap(2, spec(), [], [fresh])

    @pytest.mark.parametrize(
        ("body", "counts"),
        [
            ({"scopes": ["NotTerminating"]}, True),
            ({"scopes": ["NotTerminating", "BestEffort"]}, False),
            ({"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass"}]}}, False),
        ],
    )
    def test_one_of_some_pods_only_may_not_be_about_these(self, body: Object, counts: bool) -> None:
        gap = quota_gap(2, spec(), [], [quota({"pods": "1"}, **body)])
        assert bool(gap) is counts

    def test_one_that_does_not_count_does_not_hide_the_next(self) -> None:
        other = quota({"pods": "1"}, scopes=["BestEffort"])
        assert "room for 1 of 2" in quota_gap(2, spec(), [], [other, quota({"pods": "1"})])

    def test_what_it_counts_beside_pods_takes_no_room(self) -> None:
        for name in ("services.loadbalancers", "count/deployments.apps", "persistentvolumeclaims"):
            assert quota_gap(4, spec(), [], [quota({name: "0"})]) == "", name

    def test_extended_resources_have_dots_in_their_names(self) -> None:
        body = spec({"nvidia.com/gpu": 1})
        gap = quota_gap(2, body, [], [quota({"requests.nvidia.com/gpu": "1"})])
        assert "room for 1 of 2 pods: requests.nvidia.com/gpu hard 1" in gap

    def test_limits_are_counted_as_limits(self) -> None:
        body = {"containers": [{"resources": {"limits": {"cpu": "2"}}}]}
        assert "a pod takes 2" in quota_gap(2, body, [], [quota({"limits.cpu": "3"})])
        assert quota_gap(2, body, [], [quota({"requests.cpu": "3"})]) == ""

    def test_numbers_are_written_as_people_do(self) -> None:
        body = spec({"memory": "2147483648", "cpu": "999m"})
        gap = quota_gap(2, body, [], [quota({"memory": "3221225472"})])
        assert "memory hard 3221225472, others use 0, a pod takes 2147483648" in gap
        assert "a pod takes 999m" in quota_gap(2, body, [], [quota({"cpu": "1"})])
        assert "a pod takes 2.5" in quota_gap(2, spec({"cpu": "2500m"}), [], [quota({"cpu": "3"})])


class TestNodes:
    def test_they_are_filled_to_the_last_thousandth(self) -> None:
        assert room(2, node(cpu="1")) == ""
        assert room(2, node(cpu="999m")) == "the nodes have room for 1 of 2 pods of cpu 500m each: one 1"

    def test_where_none_is_seen_there_is_room(self) -> None:
        assert room(100) == ""
        assert room(100, {"metadata": {"name": "one"}}) == "", "what it has is not known"
        assert room(100, node(memory="1Gi")) == "", "it says nothing of CPU"

    @pytest.mark.parametrize(
        ("providers", "fixed"),
        [
            (["kind://docker/kind/one"], True),
            (["k3s://one"], True),
            ([""], True),
            (["aws:///eu/i-1"], False),
            (["kind://docker/kind/one", "aws:///eu/i-1"], False),
        ],
    )
    def test_a_provider_of_machines_may_add_some(self, providers: list[str], fixed: bool) -> None:
        nodes = [node(f"n{n}", cpu="500m") | {"spec": {"providerID": p}} for n, p in enumerate(providers)]
        assert bool(room(4, *nodes)) is fixed

    def test_the_number_of_pods_is_bounded_too(self) -> None:
        nothing: Object = {"containers": [{}]}
        gap = room(1001, node(pods="1000"), body=nothing)
        assert gap == "the nodes have room for 1000 of 1001 pods: one 1000"
        assert room(2, node(pods="2"), body=nothing) == ""
        one = (pod("x", nothing),)
        assert room(2, node(pods="3"), body=nothing, pods=one) == ""
        assert "room for 1 of 2" in room(2, node(pods="2"), body=nothing, pods=one)
        many = tuple(pod(f"{n}", nothing) for n in range(1000))
        assert "one 0" in room(1, node(pods="1000"), body=nothing, pods=many)

    def test_a_pod_beside_that_asks_for_nothing_takes_nothing(self) -> None:
        idle = (pod("x", {"containers": [{}]}),)
        assert room(2, node(cpu="1"), pods=idle) == ""
        assert "room for 1 of 2" in room(2, node(cpu="999m"), pods=idle)

    def test_pods_elsewhere_or_ended_or_its_own_take_nothing(self) -> None:
        assert room(2, node(cpu="1"), pods=(pod("x", spec(), node="two"),)) == ""
        assert room(2, node(cpu="1"), pods=(pod("x", spec(), phase="Succeeded"),)) == ""
        own = pod("x", spec())
        assert node_gap(2, spec(), [own], [own], [node(cpu="1")]) == ""
        assert room(1, node(cpu="1"), pods=({"metadata": {"uid": "waits"}},)) == "", "no node has it yet"

    def test_an_overfull_node_holds_none(self) -> None:
        full = (pod("x", spec({"cpu": "3"})),)
        assert room(1, node(cpu="2"), pods=full).endswith(": one 0")

    @pytest.mark.parametrize(
        ("mine", "theirs", "counts"),
        [(None, None, True), (None, -1, False), (1, None, False), (5, 5, True), (5, 4, False), (5, 6, True)],
    )
    def test_pods_of_lower_priority_make_room(
        self, mine: int | None, theirs: int | None, counts: bool
    ) -> None:
        other = (pod("x", spec(priority=theirs)),)
        assert bool(room(2, node(cpu="1"), body=spec(priority=mine), pods=other)) is counts

    def test_four_are_named_and_the_rest_is_counted(self) -> None:
        nodes = [node(name, cpu="500m") for name in "edcba"]
        assert room(9, *nodes[1:]).endswith(": a 1, b 1, c 1, d 1")
        assert room(9, *nodes).endswith(": a 1, b 1, c 1, d 1, 1 more")

    def test_every_label_must_be_there(self) -> None:
        picky = spec(nodeSelector={"disk": "fast", "zone": "a"})
        labelled = node(cpu="8")
        labelled["metadata"]["labels"] = {"disk": "fast", "zone": "b"}
        assert "no node takes them" in room(1, labelled, body=picky)
        labelled["metadata"]["labels"] = {"disk": "fast", "zone": "a"}
        assert room(1, labelled, body=picky) == ""

    @pytest.mark.parametrize(
        ("taints", "tolerations", "takes"),
        [
            ([{"key": "a", "effect": "PreferNoSchedule"}], [], True),
            ([{"key": "a", "effect": "NoExecute"}], [], False),
            ([{"key": "a", "effect": "NoSchedule"}], [{"key": "a", "effect": "NoSchedule"}], True),
            ([{"key": "a", "effect": "NoSchedule"}], [{"key": "a", "effect": ""}], True),
            ([{"key": "a", "effect": "NoSchedule", "value": ""}], [{"key": "a"}], True),
            ([{"key": "a", "effect": "NoSchedule", "value": "x"}], [{"key": "a"}], False),
            ([{"key": "a", "effect": "NoSchedule"}], [{"key": "b", "operator": "Exists"}], False),
            ([{"key": k, "effect": "NoSchedule"} for k in "ab"], [{"key": "a"}], False),
            ([{"key": k, "effect": "NoSchedule"} for k in "ab"], [{"key": "b"}, {"key": "a"}], True),
        ],
    )
    def test_every_taint_must_be_tolerated(
        self, taints: list[Object], tolerations: list[Object], takes: bool
    ) -> None:
        tainted = node(cpu="8") | {"spec": {"taints": taints}}
        assert (room(1, tainted, body=spec(tolerations=tolerations)) == "") is takes


class TestAmounts:
    def test_they_are_those_of_the_containers_together(self) -> None:
        two = {"containers": [{"resources": {"requests": {"cpu": "1", "memory": "1"}}} for _ in range(2)]}
        assert amounts(two, "requests") == {"cpu": 2000, "memory": 2000}
        assert amounts(two, "limits") == {}

    def test_what_cannot_be_read_is_nothing(self) -> None:
        assert amounts(spec({"cpu": "much"}), "requests") == {"cpu": 0}
        assert amounts(spec(overhead={"memory": "much"}), "requests") == {"cpu": 500, "memory": 0}

    def test_overhead_is_added_also_to_what_no_container_asks_for(self) -> None:
        assert amounts(spec(overhead={"memory": "1"}), "requests") == {"cpu": 500, "memory": 1000}

    def test_a_first_container_that_asks_for_nothing_adds_nothing(self) -> None:
        first = {"resources": {"requests": {"memory": "0"}}}
        assert amounts(spec(initContainers=[first]), "requests") == {"cpu": 500, "memory": 0}
