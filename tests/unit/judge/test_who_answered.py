"""Whose answers are whose: names and addresses in them, counted one by one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from observations import endpoints, exchange, failed, fault, observation, pod, timeline, workload

from seatrial.judge.known import subjects
from seatrial.judge.who_answered import Answers, answers_of, thin, void
from seatrial.model.exchange import Exchange
from seatrial.model.observation import TROUBLE, Observation
from seatrial.model.system import System
from seatrial.model.timeline import PodSeen, Seen
from seatrial.model.verdict import Outcome


def other(name: str, workload: str = "", owner: str = "") -> PodSeen:
    return replace(pod(1.0, name, uid=name), workload=workload, owner=owner, ip="")


MINE = replace(pod(1.0, "orders-1", uid="1"), ip="")
LATER = replace(pod(9.0, "orders-1", uid="1"), ip="10.0.0.1")
"""It has its address only later."""


def system(**entry: Any) -> System:
    workloads = {
        n: {"kind": "Deployment", "name": f"the-{n}", "stateless": True} for n in ("orders", "stock")
    }
    workloads["ledger"] = {"kind": "StatefulSet", "name": "ledger", "stateful": True}
    return System.model_validate(
        {
            "apiVersion": "seatrial/v1",
            "kind": "System",
            "metadata": {"name": "shop"},
            "target": {"context": "nowhere", "namespace": "shop"},
            "entry": {"url": "http://127.0.0.1:1", **entry},
            "workloads": workloads,
            "journeys": {"browse": {"request": {"path": "/"}}},
        }
    )


def answered(*backends: str) -> list[Exchange]:
    return [exchange(90.0 + n, backend=backend) for n, backend in enumerate(backends)]


def seen(
    sent: Sequence[Exchange], *more: Seen, target: str = "orders", of: System | None = None, **changes: Any
) -> Observation:
    made = observation(sent, [fault()], timeline=timeline(workload(1.0), MINE, LATER, *more))
    return replace(made, target=target, journey="browse", system=of or system(), **changes)


def outcome_of(made: Observation) -> tuple[Outcome | None, Outcome | None]:
    errors, doubts = void(made), thin(made)
    return (errors and errors.outcome, doubts and doubts.outcome)


class TestAnswers:
    def test_each_is_counted_once_by_who_gave_it(self) -> None:
        sent = answered("orders-1", "10.0.0.1", "orders", "the-orders", "stock", "the-stock", "", "v1", "v2")
        elsewhere = replace(exchange(99.0, backend="stock"), journey="count")
        found = answers_of(seen([*sent, elsewhere, failed(99.5, backend="stock")]))
        assert found == Answers(9, 4, {"stock": 2}, 3, "v1")

    def test_several_names_in_one_answer_take_part_in_it(self) -> None:
        found = answers_of(seen(answered("stock, orders-1", "stock,ledger", " , ")))
        assert found == Answers(3, 1, {"stock": 1, "ledger": 1}, 1, " , ")

    def test_pods_of_no_workload_are_told_by_their_owner_or_their_name(self) -> None:
        pods = (other("job-1", owner="Job/report"), other("bare"), other("stock-1", "stock"))
        found = answers_of(seen(answered("job-1", "bare", "stock-1"), *pods))
        assert found.others == {"a pod of Job/report": 1, "pod bare": 1, "stock": 1}


class TestSubjects:
    def test_the_target_is_the_subject_where_it_is_a_workload(self) -> None:
        assert subjects(seen([])) == {"orders"}
        assert subjects(seen([], target="ledger")) == {"ledger"}
        assert subjects(replace(seen([], target="anything"), system=None)) == {"anything"}

    def test_else_what_the_faults_hit(self) -> None:
        for target in ("", "a-node"):
            made = seen([], target=target)
            assert subjects(made) == {"orders"}
            nowhere = replace(made.trouble, faults=(replace(fault(), workload=""),))
            assert subjects(replace(made, arms={TROUBLE: nowhere})) == frozenset()


class TestVoid:
    def test_up_to_three_of_the_others_are_named(self) -> None:
        names = ("a", "b", "c", "d")
        pods = [other(name) for name in names]
        three = void(seen(answered("a", "b", "b", "c"), *pods))
        assert three is not None
        assert "all 4 answers came from others (pod a 1, pod b 2, pod c 1)" in three.observed
        four = void(seen(answered(*names), *pods))
        assert four is not None
        assert four.observed.endswith("(pod a 1, pod b 1, pod c 1)")

    def test_where_nothing_was_answered_nobody_is_missed(self) -> None:
        assert outcome_of(seen([failed(90.0, backend="stock")])) == (None, None)
        assert outcome_of(seen([])) == (None, None)

    def test_where_nobody_is_disturbed_nobody_must_answer(self) -> None:
        made = seen(answered("stock"), target="")
        nobody = replace(made.trouble, faults=(replace(fault(), workload=""),))
        assert outcome_of(replace(made, arms={TROUBLE: nobody})) == (None, None)

    @pytest.mark.parametrize("target", ["ledger", ""])
    def test_stores_answer_services_and_not_clients(self, target: str) -> None:
        made = seen(answered("stock"), target=target)
        hit = (fault(), replace(fault(identity="x"), workload="ledger"))
        made = replace(made, arms={TROUBLE: replace(made.trouble, faults=hit)})
        assert void(made) is None
        doubt = thin(made)
        assert doubt is not None
        assert doubt.observed == "nothing shows who answered: what the store did was not recorded"
        assert doubt.next_step.startswith("Name the store in ledger")

    def test_a_fault_at_a_workload_that_the_system_file_does_not_name_is_at_no_store(self) -> None:
        made = seen(answered("stock"), target="")
        hit = (replace(fault(), workload="unheard"),)
        assert (
            outcome_of(replace(made, arms={TROUBLE: replace(made.trouble, faults=hit)}))[0] is Outcome.ERROR
        )


class TestThin:
    def words(self, made: Observation) -> str:
        doubt = thin(made)
        assert doubt is not None
        assert doubt.outcome is Outcome.INCONCLUSIVE
        return doubt.observed.removeprefix("nothing shows who answered: ")

    def test_why_the_header_shows_nothing(self) -> None:
        none = "; no Service is named behind the entry"
        assert self.words(seen(answered("", ""))) == f"the answers name nobody{none}"
        assert self.words(seen(answered("", "stock"))) == f"the answers name others{none}"
        assert self.words(seen(answered("", "v1"))) == (
            f"`v1` in the answers is no pod and no workload of the namespace{none}"
        )
        some = self.words(seen(answered("orders", "stock", "stock")))
        assert some == f"only 33.3 % of the answers came from orders{none}"
        assert thin(seen(answered("orders", "stock"))) is None, "half of them is enough"

    def test_why_the_service_shows_nothing(self) -> None:
        of = system(service={"name": "front"})
        both = replace(endpoints(2.0, orders_1=True, stock_1=True), service="front")
        words = self.words(seen(answered(""), both, other("stock-1", "stock"), of=of))
        assert words.endswith("; Service front selects not only pods of orders")
        alone = replace(endpoints(2.0, orders_1=True), service="front")
        words = self.words(seen(answered(""), alone, of=of))
        assert words.endswith("; whether http://127.0.0.1:1 leads to Service front was not recorded")
        inside = system(url=None, service={"name": "front", "port": 80})
        assert thin(seen(answered(""), alone, of=inside)) is None
        assert self.words(seen(answered(""), of=inside)).endswith("; Service front had no endpoints")
        blind = seen(answered(""), alone, of=of)
        unseen = replace(blind, arms={TROUBLE: replace(blind.trouble, timeline=None)})
        assert "the endpoints of Service front were not watched" in self.words(unseen)

    def test_without_a_system_file_there_is_no_service(self) -> None:
        assert "no Service is named" in self.words(replace(seen(answered("")), system=None))
