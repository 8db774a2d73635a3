"""A start either works or says in one sentence what to do."""

import os
import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest

from baseload.cli import preflight
from baseload.errors import SetupError


def test_a_data_directory_is_made_private_to_its_owner(tmp_path: Path) -> None:
    data = preflight.prepare(tmp_path / "deep" / "data")
    assert data.stat().st_mode & 0o777 == 0o700
    assert {p.name for p in data.iterdir()} == {"run", "logs", "tally"}


def test_a_file_in_the_place_of_the_data_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SetupError, match="is a file.*--data DIR"):
        preflight.prepare(tmp_path / "data")
    with pytest.raises(SetupError, match="--data DIR"):
        preflight.prepare(tmp_path / "data" / "below")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_without_write_permission_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SetupError, match="no permission"):
        preflight.prepare(tmp_path / "data")
    tmp_path.chmod(0o700)


def test_a_full_disk_is_seen_before_anything_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 5 * 2**20))
    with pytest.raises(SetupError, match="only 5 MiB are free.*128 MiB"):
        preflight.prepare(tmp_path / "data")


def test_a_taken_port_names_who_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(SetupError, match=rf"port {port} is taken by .*\(pid {os.getpid()}\).*--port N"):
            preflight.port_or_free("127.0.0.1", port)
        assert preflight.port_near("127.0.0.1", port) != port


def test_port_zero_means_any_free_port() -> None:
    port = preflight.port_or_free("127.0.0.1", 0)
    assert port > 0
    assert preflight.port_or_free("127.0.0.1", port) == port


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(SetupError, match=r"192\.0\.2\.1 is not an address of this machine.*--host"):
        preflight.port_or_free("192.0.2.1", 0)


def test_a_port_beyond_all_ports_is_not_tried() -> None:
    assert preflight.port_near("127.0.0.1", 70000) < 65536
