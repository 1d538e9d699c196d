"""Capabilities of the system file find their adapters; another product is one new file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.adapters import ADAPTERS, adapter, check_capabilities, filling
from seatrial.errors import BadInput
from seatrial.model.part import Part
from seatrial.model.system_file import parse_system

SYSTEM = """\
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: kind-seatrial, namespace: shop}
entry: {url: "http://127.0.0.1:30080"}
workloads:
  base: {kind: StatefulSet, name: base, stateful: true}
journeys:
  look: {request: {path: /}}
capabilities:
  store: {product: postgres, workload: base}
  ledger: {role: store, product: postgres, workload: base, user: accountant}
  metrics: {product: prometheus, service: watch}
"""

TOY = """
from seatrial.adapters import adapter
from seatrial.adapters.store import Store
from seatrial.model.part import Part


class ToyArguments(Part):
    rows: int


@adapter("store/toy", arguments=ToyArguments)
class Toy(Store):
    def __init__(self, kube, system, arguments):
        self.rows = arguments.rows

    def primary(self):
        return "toy-0"

    def replicas(self):
        return []

    def query(self, statement, *, database, at_most_rows=100):
        return [{"number": number} for number in range(self.rows)]

    def write_witness(self, key, *, database): ...

    def read_witness(self, key, *, database):
        return True

    def remove_witnesses(self, *, database): ...
"""

USE = """
import sys
from seatrial.adapters import ADAPTERS, check_capabilities
from seatrial.adapters.invariants import measure_invariants
from seatrial.model.system_file import parse_system
text = open(sys.argv[1]).read()
system = parse_system(text, source=sys.argv[1])
check_capabilities(system, text=text, source=sys.argv[1])
(asked,) = measure_invariants(system, None, None, within_seconds=0)
print(*ADAPTERS, asked.name, asked.outcome, asked.value["holds"], asked.value["rows"], sep="|")
"""


def refused(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        check_capabilities(parse_system(text, source="shop.yaml"), text=text, source="shop.yaml")
    return str(caught.value)


def test_the_known_products_are_accepted() -> None:
    check_capabilities(parse_system(SYSTEM, source="shop.yaml"), text=SYSTEM, source="shop.yaml")
    assert {"store/postgres", "metrics/prometheus"} <= set(ADAPTERS)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("{product: postgres, workload: base}", "{product: postgrs}", 11, "did you mean `postgres`?"),
        ("{product: prometheus,", "{product: graphite,", 13, "known are: prometheus"),
        ("role: store, ", "role: stor, ", 12, "nothing fills the role 'stor'; roles are: metrics, store"),
        ("user: accountant", "usr: accountant", 12, "key `capabilities.ledger.usr`; did you mean `user`?"),
        ("{product: postgres, workload: base}", "{product: postgres}", 11, "store.workload` is missing"),
        ("postgres, workload: base}", "postgres, workload: bas}", 11, "names no workload: bas"),
        ("service: watch", "service: watch, scheme: ftp", 13, "`capabilities.metrics.scheme`"),
    ],
)
def test_each_fault_of_a_capability_is_named_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert SYSTEM.count(old) == 1
    message = refused(SYSTEM.replace(old, new))
    assert f"shop.yaml:{line}: " in message
    assert words in message
    assert "the system file has 1 fault" in message


def test_several_faults_are_all_named() -> None:
    message = refused(SYSTEM.replace("product: postgres", "product: oracle"))
    assert "the system file has 2 faults" in message
    assert "shop.yaml:11: `capabilities.store.product`" in message
    assert "shop.yaml:12: `capabilities.ledger.product`" in message


def test_a_capability_that_is_not_declared_is_named_with_those_that_are() -> None:
    system = parse_system(SYSTEM, source="shop.yaml")
    with pytest.raises(BadInput, match="no capability 'queue'") as caught:
        filling(system, None, "queue")  # type: ignore[arg-type]
    assert "store, ledger, metrics" in caught.value.next_step


def test_a_name_without_role_and_product_is_refused() -> None:
    with pytest.raises(ValueError, match="is not <role>/<product>"):
        adapter("postgres", arguments=Part)


def test_a_third_product_is_one_new_file(tmp_path: Path) -> None:
    extensions = tmp_path / "extensions"
    extensions.mkdir()
    (extensions / "toy.py").write_text(TOY)
    system = tmp_path / "shop.yaml"
    invariant = '  - {name: few, requirement: "Few.", sql: select, database: d}\n'
    text = SYSTEM.replace("{product: postgres, workload: base}", "{product: toy, rows: 2}")
    system.write_text(f"{text}invariants:\n{invariant}")
    done = subprocess.run(
        [sys.executable, "-c", USE, str(system)],
        env=os.environ | {"SEATRIAL_EXTENSIONS": str(extensions)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.strip() == (
        "metrics/prometheus|store/postgres|store/toy|few|answered|False|[{'number': 0}, {'number': 1}]"
    )
