"""A deployment that makes no sense is told so in one line, before anything starts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from chandlery import products, settings, variants
from chandlery.web import config_hash

SERVICES = Path(settings.__file__).parent.parent


def test_passwords_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "password").write_text("secret\n")
    monkeypatch.setenv("CHANDLERY_DATABASE_URLS", "postgresql://orders@db/orders, postgresql://relay@db/x")
    monkeypatch.setenv("CHANDLERY_DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    assert settings.from_environment("relay").database_urls == (
        "postgresql://orders:secret@db/orders",
        "postgresql://relay:secret@db/x",
    )


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("CHANDLERY_PORT", "eighty", "CHANDLERY_PORT must be a number"),
        ("CHANDLERY_DATABASE_PASSWORD_FILE", "/nowhere", "cannot be read"),
        ("CHANDLERY_VARIANT", "no-such-flaw", "is none of ack-before-commit"),
        ("CHANDLERY_CONFIG_DIRECTORY", "/nowhere", "holds no products"),
    ],
)
def test_a_wrong_setting_ends_the_process_with_one_line(variable: str, value: str, message: str):
    environment = {"PYTHONPATH": str(SERVICES), variable: value}
    ended = subprocess.run(
        [sys.executable, "-m", "chandlery", "catalogue"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 1
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"rope": 5}',
        '{"rope": {"name": "Rope"}}',
        '{"rope": {"name": "R", "price_cents": 1.5}}',
        '{"rope": {"name": "R", "price_cents": 0}}',
        '{"Big Rope": {"name": "R", "price_cents": 1}}',
    ],
)
def test_a_product_file_that_is_none_is_an_error(tmp_path: Path, content: str):
    (tmp_path / products.FILE).write_text(content)
    with pytest.raises(settings.SettingsError):
        products.load(tmp_path)


def test_the_configuration_hash_follows_the_files(tmp_path: Path):
    (tmp_path / "products.json").write_text(json.dumps({}))
    before = config_hash(tmp_path)
    (tmp_path / "..data").mkdir()  # how Kubernetes swaps a mounted ConfigMap: not a key
    assert config_hash(tmp_path) == before
    (tmp_path / "products.json").write_text(json.dumps({"rope": {}}))
    assert config_hash(tmp_path) != before


def test_only_the_chosen_flaw_is_active(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CHANDLERY_VARIANT", raising=False)
    assert not any(variants.active(name) for name in variants.KNOWN)
    monkeypatch.setenv("CHANDLERY_VARIANT", variants.ACK_BEFORE_COMMIT)
    assert [name for name in sorted(variants.KNOWN) if variants.active(name)] == [variants.ACK_BEFORE_COMMIT]
