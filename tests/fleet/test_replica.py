import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from baseload.config import Cloud, read
from baseload.errors import SetupError
from baseload.fleet.replica import make_socket_dir, replicas, socket_dir, write_roster, write_specs
from baseload.fleet.worker.digest import verify
from baseload.fleet.worker.gguf import metadata
from baseload.fleet.worker.spec import read_spec


@pytest.fixture
def cloud() -> Cloud:
    one = read(None).cloud
    twin = replace(one.models[0], id="meta/twin", engine="twin", catalog=None, replicas=2)
    away = replace(one.models[0], id="away", engine="external", url="http://127.0.0.1:1/v1")
    return replace(one, models=(*one.models, twin, away))


def test_every_replica_has_a_socket_a_secret_and_a_tally_of_its_own(cloud: Cloud, tmp_path: Path) -> None:
    found = replicas(cloud, tmp_path, cores=2)
    assert [r.id for r in found] == ["smollm2-135m/0", "meta/twin/0", "meta/twin/1"]
    for values in ({r.spec.socket for r in found}, {r.spec.secret for r in found}, {r.spec.tally for r in found}):
        assert len(values) == 3
    assert all(len(os.fsencode(r.spec.socket)) < 107 for r in found)
    assert found[0].spec.sha256


def test_cores_are_shared_among_computing_replicas_only(cloud: Cloud, tmp_path: Path) -> None:
    assert replicas(cloud, tmp_path, cores=8)[0].spec.threads == 0
    two = replace(cloud, models=(replace(cloud.models[0], replicas=2),))
    assert [r.spec.threads for r in replicas(two, tmp_path, cores=8)] == [4, 4]
    fixed = replace(cloud, models=(replace(cloud.models[0], replicas=2, threads=1),))
    assert [r.spec.threads for r in replicas(fixed, tmp_path, cores=8)] == [1, 1]


def test_long_names_still_give_short_sockets(cloud: Cloud, tmp_path: Path) -> None:
    long = replace(cloud, models=(replace(cloud.models[1], id="m" * 200),))
    assert len(os.fsencode(replicas(long, tmp_path, cores=2)[0].spec.socket)) < 107


def test_what_a_worker_reads_is_what_was_written_and_nobody_else_may(cloud: Cloud, tmp_path: Path) -> None:
    found = replicas(cloud, tmp_path, cores=2)
    write_specs(found)
    write_roster(tmp_path, found, {"meta/twin/1": 4711})
    for replica in found:
        assert read_spec(replica.spec_file) == replica.spec
        assert replica.spec_file.stat().st_mode & 0o077 == 0
    rows = json.loads((tmp_path / "run" / "replicas.json").read_text())
    assert [r["pid"] for r in rows] == [None, None, 4711]
    assert set(rows[0]) == {"id", "model", "pool", "engine", "socket", "secret", "url", "pid", "tally"}
    assert (tmp_path / "run" / "replicas.json").stat().st_mode & 0o077 == 0


def test_the_socket_directory_must_be_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert make_socket_dir(tmp_path) == socket_dir(tmp_path)
    socket_dir(tmp_path).chmod(0o755)
    with pytest.raises(SetupError, match="open to others"):
        make_socket_dir(tmp_path)


def test_a_model_without_a_file_is_named(cloud: Cloud, tmp_path: Path) -> None:
    nameless = replace(cloud, models=(replace(cloud.models[0], catalog=None),))
    with pytest.raises(SetupError, match="neither a path nor a catalogue entry"):
        replicas(nameless, tmp_path, cores=2)


def test_a_wrong_digest_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    with pytest.raises(SetupError, match=r"has sha256 [0-9a-f]{64}, but 0000 is described"):
        verify(tmp_path / "m.gguf", "0000")
    with pytest.raises(SetupError, match="is a folder, which has no sha256"):
        verify(tmp_path, "0000")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"GGUF\x03\x00\x00\x00", b"GGUF" + b"\xff" * 64])
def test_a_damaged_model_file_is_said_to_be_one(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(content)
    with pytest.raises(SetupError):
        metadata(tmp_path / "m.gguf")
