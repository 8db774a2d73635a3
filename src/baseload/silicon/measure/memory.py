"""Memory bandwidth of the host, by the STREAM triad (McCalpin 1995): a = b + s × c over arrays no cache can hold.

Each thread walks its own part in blocks that stay in its second cache, so that NumPy's two calls per block read b and c
and write a in memory once. NumPy gives the interpreter's lock away while it computes.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from baseload.silicon.coefficients import Array

CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
TIMES_CACHE = 4
"""STREAM's own rule: an array is at least four times the last-level cache."""
LEAST_BYTES = 64 << 20
MOST_SHARE = 1 / 16
"""Of the memory, for one array of three."""
BLOCK = 16384
"""Values: 128 KiB of one array, three of them beside each other in a second-level cache; NumPy's calls cost little."""
SCALE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bandwidth:
    """Bytes per second over all threads. `triad` counts 24 bytes a value, as STREAM does; `read` only reads."""

    triad: float
    read: float
    threads: int
    array_bytes: int


def bandwidth(*, array_bytes: int | None = None, threads: int | None = None, rounds: int = 5) -> Bandwidth:
    """The best of so many rounds: what else runs on the machine can only make a round slower."""
    size = array_bytes or _array_bytes()
    workers = threads or len(os.sched_getaffinity(0))
    values = max(workers * BLOCK, size // 8 // BLOCK * BLOCK)
    a, b, c = (np.full(values, fill) for fill in (0.0, 1.0, 2.0))
    with ThreadPoolExecutor(workers) as pool:
        parts = [slice(at * values // workers, (at + 1) * values // workers) for at in range(workers)]
        triad = _best(rounds, lambda: list(pool.map(lambda part: _triad(a[part], b[part], c[part]), parts)))
        words = b.view(np.int64)
        read = _best(rounds, lambda: list(pool.map(lambda part: int(np.bitwise_or.reduce(words[part])), parts)))
    return Bandwidth(triad=24 * values / triad, read=8 * values / read, threads=workers, array_bytes=8 * values)


def _triad(a: Array, b: Array, c: Array) -> None:
    for at in range(0, len(a), BLOCK):
        here = slice(at, at + BLOCK)
        np.multiply(c[here], SCALE, out=a[here])
        np.add(a[here], b[here], out=a[here])


def _best(rounds: int, work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(rounds + 1):  # one more: the first touches the pages
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def _array_bytes() -> int:
    return min(max(LEAST_BYTES, TIMES_CACHE * last_level_cache_bytes()), int(memory_bytes() * MOST_SHARE))


def memory_bytes() -> int:
    """Of this machine, as its kernel counts it."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def last_level_cache_bytes(caches: Path = CACHES) -> int:
    """Of the largest cache the first processor shows; 32 MiB when it shows none."""
    sizes = [_bytes(path.read_text(encoding="ascii")) for path in caches.glob("index*/size")]
    return max(sizes, default=32 << 20)


def _bytes(text: str) -> int:
    """`49152K` as sysfs writes it."""
    number, unit = text.strip()[:-1], text.strip()[-1:]
    return int(number) * {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[unit]
