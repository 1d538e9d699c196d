"""Flag, then environment, then system file, then default."""

from pathlib import Path

import pytest

from seatrial.errors import BadInput
from seatrial.settings import SAMPLE_SYSTEM, load_system, settings_from

SYSTEM = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: staging, namespace: shop}
entry: {url: "http://127.0.0.1:1"}
workloads: {basket: {kind: Deployment, name: basket}}
journeys: {look: {request: {path: /}}}
"""


def test_a_flag_wins_over_the_environment():
    settings = settings_from({"system": "a.yaml"}, {"SEATRIAL_SYSTEM": "b.yaml"})
    assert settings.system_path == Path("a.yaml")


def test_the_environment_wins_over_the_default():
    assert settings_from({}, {"SEATRIAL_SYSTEM": "b.yaml"}).system_path == Path("b.yaml")
    assert settings_from({}, {}).system_path == SAMPLE_SYSTEM


def test_the_system_file_of_the_folder_is_taken_when_none_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sample = tmp_path / SAMPLE_SYSTEM
    sample.parent.mkdir(parents=True)
    sample.write_text(SYSTEM)
    assert settings_from({}, {}).system_path == SAMPLE_SYSTEM
    (tmp_path / "seatrial.yaml").write_text(SYSTEM)
    assert settings_from({}, {}).system_path == Path("seatrial.yaml")
    assert settings_from({}, {"SEATRIAL_SYSTEM": "b.yaml"}).system_path == Path("b.yaml")


def test_where_there_is_no_system_file_at_all_the_one_of_the_folder_is_missed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="there is no such system file") as raised:
        load_system(settings_from({}, {}))
    assert raised.value.where == "seatrial.yaml"


def test_a_schedule_of_the_load_that_is_none_is_refused(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(SYSTEM + "load: {arrivals: often}\n")
    with pytest.raises(BadInput, match="`often` is no schedule"):
        load_system(settings_from({"system": file}, {}))


def test_the_context_and_namespace_override_the_file(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(SYSTEM)
    plain = load_system(settings_from({"system": file}, {}))
    other = load_system(settings_from({"system": file, "context": "prod", "namespace": "two"}, {}))
    assert (plain.target.context, plain.target.namespace) == ("staging", "shop")
    assert (other.target.context, other.target.namespace) == ("prod", "two")


@pytest.mark.parametrize("text", ["seven", "1.5", "0x1"])
def test_a_seed_that_is_no_whole_number_is_refused(text):
    with pytest.raises(BadInput, match="whole number"):
        settings_from({"seed": text}, {})


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(BadInput, match="no such system file") as caught:
        load_system(settings_from({"system": tmp_path / "none.yaml"}, {}))
    assert "--system" in caught.value.next_step


def test_a_folder_or_binary_file_is_bad_input(tmp_path):
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, binary):
        with pytest.raises(BadInput, match="cannot be read"):
            load_system(settings_from({"system": path}, {}))


SECURE = """
apiVersion: seatrial/v1
kind: System
metadata: {name: shop}
target: {context: any, namespace: shop}
entry: {url: "https://shop.test", ca: certs/ca.pem, client_certificate: {certificate: c.pem, key: k.pem}}
workloads: {web: {kind: Deployment, name: web}}
journeys: {look: {request: {path: /}}}
"""


def test_files_that_a_system_file_names_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "shop.yaml").write_text(SECURE)
    settings = settings_from({"system": str(tmp_path / "shop.yaml")}, {})
    for name in ("certs/ca.pem", "c.pem", "k.pem"):
        with pytest.raises(BadInput, match="there is no such file: entry") as raised:
            load_system(settings)
        assert raised.value.where == str(tmp_path / name)
        assert "relative to the system file" in raised.value.next_step
        (tmp_path / name).write_text("")
    assert load_system(settings).entry.tls == {
        "ca_file": str(tmp_path / "certs/ca.pem"),
        "certificate_file": str(tmp_path / "c.pem"),
        "key_file": str(tmp_path / "k.pem"),
    }


@pytest.mark.parametrize("text", ["often", "-1", "10", "1.5"])
def test_repeats_out_of_bounds_are_refused(text):
    with pytest.raises(BadInput, match="whole number from 0 to 9"):
        settings_from({}, {"SEATRIAL_REPEATS": text})


def test_nothing_is_repeated_unless_somebody_says_so():
    assert settings_from({}, {}).repeats == 0
    assert settings_from({"repeats": "2"}, {"SEATRIAL_REPEATS": "1"}).repeats == 2
