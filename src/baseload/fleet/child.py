"""A child process as a value: what to run, where it writes, how it is told to stop, when it is started again."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from baseload.fleet import leash

HOPELESS = 3
"""The exit code of a child that can never work as described; it has said why on stderr."""
LOG_BYTES = 10 * 1024 * 1024
TAIL_BYTES = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One process to keep alive.

    Children of a lower `stop_rank` are stopped first, those of one rank together. `death_signal` is what the
    kernel sends it when the supervisor dies. `probe` is the Unix socket and secret of a worker, asked for its health.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    stop_rank: int = 0
    stop_s: float = 10.0
    death_signal: int = signal.SIGTERM
    probe: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Delays between starts: doubled after each short life in a row, from `first_s` up to `most_s`.

    A life is short when it ended before `steady_s`, or, with a probe, before the child was ready.
    """

    first_s: float = 0.25
    most_s: float = 30.0
    steady_s: float = 1.0

    def delay_s(self, failures: int) -> float:
        """How long to wait after so many short lives in a row (1 is the first)."""
        return min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 16))


def spawn(child: Child, leash_fd: int) -> subprocess.Popen[bytes]:
    """Start it, tied to this process, with its output appended to its log."""
    _turn_over(child.log)
    environment = {**os.environ, **child.env, leash.ENV: str(leash_fd)}
    with child.log.open("ab") as log:
        return subprocess.Popen(
            child.argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=(leash_fd,),
            preexec_fn=leash.tie(child.death_signal),  # noqa: PLW1509  # this process has one thread when it starts others
        )


def last_words(child: Child) -> str:
    """The last line of its log: why it ended, as it said itself."""
    try:
        with child.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].split(" ERROR ", 1)[-1] if lines else ""


def _turn_over(log: Path) -> None:
    """Keep one old log beside the new one."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
