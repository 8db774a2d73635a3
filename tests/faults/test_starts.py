"""Starts that cannot work: one clear sentence on stderr, an exit code, and nothing left behind or half-done."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from benchmarks.cloud import Up, command
from tests.conftest import one_box

pytestmark = pytest.mark.slow


def up_fails(*arguments: str, home: Path, environment: dict[str, str] | None = None) -> str:
    """`baseload up` that must end by itself, not with success; the last line it wrote."""
    run = subprocess.run(
        command("up", *arguments),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **(environment or {})},
    )
    assert run.returncode not in (0, -9), run.stderr
    assert "Traceback" not in run.stderr
    return run.stderr.strip()


def test_a_second_up_on_the_same_data_is_refused(twin_cloud: Up, tmp_path: Path) -> None:
    said = up_fails("--port", "0", "--data", str(twin_cloud.data), home=tmp_path)
    assert str(twin_cloud.pid) in said
    assert twin_cloud.admin("/admin/state")["pid"] == twin_cloud.gateway_pid


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = up_fails("--port", str(port), "--data", str(tmp_path / "data"), home=tmp_path)
    assert str(port) in said
    assert "--port" in said


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    place = "/sys/baseload-data" if os.geteuid() == 0 else str(tmp_path / "closed" / "data")
    if os.geteuid():
        (tmp_path / "closed").mkdir(mode=0o500)
    said = up_fails("--port", "0", "--data", place, home=tmp_path)
    assert place in said


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine")
    said = up_fails("--port", "0", "--data", str(tmp_path / "data"), home=tmp_path)
    assert str(tmp_path / "data") in said
    assert (tmp_path / "data").read_text() == "mine"


def test_a_model_file_with_a_wrong_digest_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF" + b"\0" * 100)
    own = f'path = "{tmp_path / "model.gguf"}"\nsha256 = "{"0" * 64}"'
    text = one_box().replace('catalog = "smollm2-135m-instruct-q4_1"', own)
    (tmp_path / "baseload.toml").write_text(text)
    said = up_fails(
        "--port", "0", "--data", str(tmp_path / "data"), "--config", str(tmp_path / "baseload.toml"), home=tmp_path
    )
    assert "model.gguf" in said
    assert "digest" in said or "sha256" in said


def test_a_description_with_faults_shows_all_of_them_with_lines(tmp_path: Path) -> None:
    text = one_box().replace("pue = 1.0 ", "pue = 0.2 ").replace("slots = 16", "slotz = 16")
    (tmp_path / "baseload.toml").write_text(text)
    said = up_fails(
        "--port", "0", "--data", str(tmp_path / "data"), "--config", str(tmp_path / "baseload.toml"), home=tmp_path
    )
    assert "pue" in said
    assert "slots" in said
    assert not (tmp_path / "data" / "ledger.db").exists()


def test_a_ledger_that_is_not_one_is_named_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.db").write_bytes(b"this is not a database" * 100)
    said = up_fails("--port", "0", "--data", str(tmp_path / "data"), home=tmp_path)
    assert "ledger.db" in said
    assert (tmp_path / "data" / "ledger.db").read_bytes() == b"this is not a database" * 100
