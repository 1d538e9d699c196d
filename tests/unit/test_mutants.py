"""The runner of mutants: what it changes, how it names it, and that a survivor cannot hide."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.mutants.__main__ import SURVIVORS, TARGETS  # noqa: E402
from tests.mutants.calls import Chooser, importers  # noqa: E402
from tests.mutants.gate import End, Project, Unusable, sample  # noqa: E402
from tests.mutants.mutations import Mutant, code_of, mutants  # noqa: E402
from tests.mutants.report import Summary, read_reasons, unknown_reasons  # noqa: E402

PRICE = '''"""A shop's prices."""

LEAST = 5


def price(count: int) -> int:
    if count <= 0:
        raise ValueError(count)
    return max(LEAST, 2 * count)


def label(count: int) -> str:
    return f"{count} pieces"
'''


def changes(source: str) -> list[str]:
    return [mutant.text for mutant in mutants("shop.price", source)]


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("a <= b", "a <= b -> a < b"),
        ("a <= b", "a <= b -> a > b"),
        ("a is not None", "a is not None -> a is None"),
        ("a < b < c", "a < b < c -> a < b <= c"),
        ("a and b", "a and b -> a or b"),
        ("not wanted", "not wanted -> wanted"),
        ("x = wanted_replicas - 1", "wanted_replicas - 1 -> wanted_replicas + 1"),
        ("x = wanted_replicas - 1", "wanted_replicas - 1 -> wanted_replicas - 2"),
        ("x = spans[-1]", "x = spans[-1] -> x = spans[0]"),
        ("x = spans[0]", "x = spans[0] -> x = spans[-1]"),
        ("x = spans[2]", "x = spans[2] -> x = spans[3]"),
        ("x = y if wanted else z", "y if wanted else z -> y if not wanted else z"),
        ("work(on=True)", "work(on=True) -> work(on=False)"),
        ("x = max(a, b)", "x = max(a, b) -> x = min(a, b)"),
        ("x = any(several)", "x = any(several) -> x = all(several)"),
        ("x = Outcome.FAILED", "Outcome.FAILED -> Outcome.PASSED"),
        ("verdicts.append(x)", "verdicts.append(x) -> pass"),
        ("raise ValueError", "raise ValueError -> pass"),
        ("text += 'more'", "text += 'more' -> pass"),
    ],
)
def test_each_kind_of_change_is_made(source: str, change: str) -> None:
    assert f"(module): {change}" in changes(source)


def test_a_result_is_withheld_and_an_empty_one_is_not() -> None:
    assert "f: return value -> return None" in changes("def f(value):\n    return value")
    assert changes("def f():\n    return None") == changes("def f():\n    return ''") == []


@pytest.mark.parametrize(
    "source",
    [
        "x: Literal[1] = y",
        "@dataclass(frozen=True)\nclass A: pass",
        "if TYPE_CHECKING:\n    work()",
        "x = round(value, 3)",
        "'a docstring'",
    ],
)
def test_what_no_run_can_notice_is_left_alone(source: str) -> None:
    assert changes(source) == []


def test_every_mutant_is_another_program() -> None:
    plain = code_of(PRICE, "price.py")
    found = [code_of(PRICE, "price.py", mutant) for mutant in mutants("shop.price", PRICE)]
    assert len(found) > 8
    assert all(code != plain for code in found)


def test_fingerprints_outlive_line_shifts_and_changes_of_other_functions() -> None:
    shifted = PRICE.replace("LEAST = 5\n", "LEAST = 5\n# why five\n\n\ndef other():\n    return 1 + 1\n")
    before = {mutant.fingerprint for mutant in mutants("shop.price", PRICE)}
    after = {mutant.fingerprint for mutant in mutants("shop.price", shifted)}
    assert before < after
    assert all("other" in fingerprint for fingerprint in after - before)


def test_equal_changes_in_one_function_have_names_of_their_own() -> None:
    found = changes("def f(a):\n    work(a)\n    work(a)")
    assert found == ["f: work(a) -> pass", "f: work(a) -> pass (2)"]


def test_a_sample_is_the_same_each_time_and_another_by_another_seed() -> None:
    found = mutants("shop.price", PRICE)
    assert sample(found, 4, 1) == sample(found, 4, 1)
    assert len(sample(found, 4, 1)) == 4
    assert {m.text for seed in range(9) for m in sample(found, 4, seed)} > {
        m.text for m in sample(found, 4, 1)
    }
    assert sample(found, 999, 1) == found


def test_the_tests_that_enter_the_function_come_first_and_the_quickest_of_them() -> None:
    calls = {
        "slow": (2.0, ["shop.price: price"]),
        "quick": (0.1, ["shop.price: price"]),
        "beside": (0.1, ["shop.price: label"]),
        "importer": (0.1, ["shop.till: pay"]),
        "elsewhere": (0.1, ["shop.door: open"]),
    }
    sources = {"shop.price": PRICE, "shop.till": "from shop.price import LEAST", "shop.door": ""}
    chooser = Chooser(calls, importers(sources))
    inside = next(m for m in mutants("shop.price", PRICE) if m.scope == "price")
    assert chooser.choose(inside).tests == ("quick", "slow")
    outside = next(m for m in mutants("shop.price", PRICE) if not m.scope)
    assert set(chooser.choose(outside).tests) == {"quick", "slow", "beside", "importer"}


def ended(*survived: str) -> list[tuple[Mutant, End]]:
    return [(m, End.SURVIVED if m.text in survived else End.KILLED) for m in mutants("shop.price", PRICE)]


def test_too_few_killed_fail_the_gate_whatever_the_reasons() -> None:
    texts = [mutant.text for mutant in mutants("shop.price", PRICE)]
    reasons = {f"shop.price: {text}": "equivalent" for text in texts}
    assert Summary(ended(texts[0]), reasons).passed
    assert not Summary(ended(texts[0]), {}).passed
    assert not Summary(ended(*texts[: len(texts) // 5 + 1]), reasons).passed
    assert not Summary([], reasons).passed


def test_a_reason_must_be_given_and_speak_of_a_mutant_that_exists(tmp_path: Path) -> None:
    path = tmp_path / "survivors.yaml"
    path.write_text("shop.price:\n  'price: a < b -> a <= b': ''\n")
    with pytest.raises(Unusable, match="no reason is given for shop"):
        read_reasons(path)
    path.write_text("shop.price:\n  'price: a < b -> a <= b': equal by construction\n")
    assert unknown_reasons(read_reasons(path), mutants("shop.price", PRICE)) == [
        "shop.price: price: a < b -> a <= b"
    ]


def test_the_committed_reasons_speak_of_the_code_as_it_is() -> None:
    code = Project(ROOT, ROOT / "src", TARGETS, ["tests/unit"])
    assert unknown_reasons(read_reasons(SURVIVORS), code.mutants()) == []
