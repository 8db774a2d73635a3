"""Processes under measurement: start, stop by id, and read their CPU seconds and memory from /proc."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection in this process while the block runs.

    For what stands beside the thing measured: one pass over a hundred thousand kept answers stops a client for 100 ms,
    which it would then tell as the server's latency.
    """
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """CPU seconds used by a process, all its threads, at an instant."""

    pid: int
    cpu_s: float


def cpu_of(pid: int) -> Clock:
    """utime + stime of /proc/PID/stat (proc(5), fields 14 and 15); 0 when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return Clock(pid=pid, cpu_s=0.0)
    fields = text.rpartition(")")[2].split()
    return Clock(pid=pid, cpu_s=(int(fields[11]) + int(fields[12])) / TICKS_PER_S)


def cpu_since(before: Clock) -> float:
    """CPU seconds the same process used since."""
    return cpu_of(before.pid).cpu_s - before.cpu_s


def memory_mb(pid: int) -> float:
    """Resident memory now, in megabytes of 1e6 bytes; 0 when the process is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    return 0.0


def pin(pid: int, cores: set[int]) -> None:
    """Pin a process, every thread of it, to these cores."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), cores)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"


def stop(child: subprocess.Popen[bytes], patience_s: float = 20.0) -> int:
    """Ask, wait, insist. Returns the exit status."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(patience_s)
        except subprocess.TimeoutExpired:
            child.kill()
    return child.wait()


@contextlib.contextmanager
def running(module: str, *arguments: str, says: bytes = b"") -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module` as a child, ready once its first line (holding `says`) is out; ended on leaving."""
    child = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        line = child.stdout.readline()
        if says not in line or not line:
            raise RuntimeError(f"{module} did not start: it said {line!r}")
        yield child
    finally:
        stop(child)
        if child.stdout is not None:
            child.stdout.close()


def wait_until_gone(pids: Sequence[int], seconds: float) -> list[int]:
    """Which of these processes are still there after at most `seconds`."""
    ends = time.monotonic() + seconds
    while (left := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < ends:
        time.sleep(0.05)
    return left
