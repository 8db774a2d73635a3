"""The simulator's whole memory: flat arrays of records, so that a state can be copied, kept and compiled against.

Links between requests are their numbers, −1 where there is none.
"""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Records = npt.NDArray[Any]

SLOTS = 256
"""The timeline's slots; when time runs past the last, pairs are joined and each is twice as long."""
FIRST_SLOT_S = 1e-3


class Status(IntEnum):
    """Where a request is. From `COMPLETED` on it has ended."""

    COMING = 0
    WAITING = 1
    RUNNING = 2
    COMPLETED = 3
    OVER_CONTEXT = 4
    OVER_KV = 5


class Kind(IntEnum):
    """What an event tells of a request."""

    ADMITTED = 0
    FIRST_TOKEN = 1
    COMPLETED = 2
    PREEMPTED = 3
    REFUSED = 4


REQUEST = np.dtype(
    [
        ("arrival_s", "f8"),  # when the client sent it; infinite while a closed loop has not
        ("admitted_s", "f8"),  # when it first left the queue
        ("first_s", "f8"),  # when the engine had its first token
        ("ended_s", "f8"),  # when the engine had its last token, or refused it
        ("joined", "i8"),  # steps taken when it joined the decoding batch
        ("input", "i4"),
        ("output", "i4"),
        ("prefix", "i4"),
        ("prefix_tokens", "i4"),
        ("rank", "i4"),  # of its priority class, 0 first
        ("status", "i4"),
        ("emitted", "i4"),  # tokens given out when it joined the decoding batch, or was preempted
        ("tokens", "i4"),  # to prefill: the prompt, and after a preemption what had been given out
        ("done", "i4"),  # of them, prefilled or found in the prefix cache
        ("shared", "i4"),  # blocks that belong to the prefix cache's entry
        ("hit", "i4"),  # prompt tokens found in the prefix cache at the first admission
        ("preempted", "i4"),  # times
        ("next", "i4"),
        ("previous", "i4"),
        ("at", "i4"),  # place in the heap it is in
    ],
    align=True,
)
"""A request."""

RANK = np.dtype(
    [(name, "i4") for name in ("first_waiting", "last_waiting", "first_running", "last_running")],
)
"""A priority class: its queue, and its decoding sequences in the order they were admitted."""

PREFIX = np.dtype([(name, "i4") for name in ("blocks", "users", "next", "previous")])
"""An entry of the prefix cache: blocks it holds, running requests that read them, links of the LRU list."""

HEAP = np.dtype([("key", "f8"), ("request", "i4")], align=True)

WORK = ("compute_root_s", "memory_root_s", "prompt_compute_root_s", "prompt_memory_root_s")
SLOT = np.dtype([(name, "f8") for name in (*WORK, "kv_block_s", "sequence_s")])
"""A slice of time: KV blocks × seconds, sequences × seconds, and what watts follow, apart for steps that are mostly
prompt: time × √(its share in arithmetic), and × √(its share in memory traffic)."""

EVENT = np.dtype([("time_s", "f8"), ("request", "i4"), ("kind", "i4")], align=True)

CLOCK = np.dtype(
    [
        ("now_s", "f8"),
        ("slot_s", "f8"),  # length of a slot
        ("step", "i8"),  # engine steps taken
        ("turns", "i8"),  # of the loop: a leap over many steps is one
        ("context", "i8"),  # tokens the decoding batch reads in its next step
        ("free", "i8"),  # blocks of nobody
        ("evictable", "i8"),  # blocks of prefixes that no running request reads
        ("grown", "i8"),  # the step up to which decoding sequences have their blocks
        ("peak_blocks", "i8"),  # most in use by running requests
        ("hit_tokens", "i8"),
        ("prompt_tokens", "i8"),  # of all admitted requests
        ("recomputed_tokens", "i8"),
        ("coming", "i8"),  # the next request that comes by itself
        ("sent", "i8"),  # requests a closed loop has sent so far; those before `alone` come by themselves
        ("alone", "i8"),
        ("offered", "i8"),
        ("events", "i8"),
        ("preemptions", "i8"),
        ("ended", "i8"),
        ("decoding", "i4"),
        ("fresh", "i4"),  # requests whose prefill ends in this step
        ("partial", "i4"),  # the one request whose prefill is under way
        ("partial_had", "i4"),  # blocks its prefix's entry had before it came
        ("waiting", "i4"),
        ("due", "i4"),  # size of the heap of requests to come
        ("oldest", "i4"),  # of the LRU list of prefixes
        ("newest", "i4"),
    ],
    align=True,
)
"""Everything there is one of."""


class Tables(NamedTuple):
    """A state's arrays. All are one-dimensional; `ends` and `due` are heaps."""

    clock: Records
    requests: Records
    ranks: Records
    prefixes: Records
    crossing: npt.NDArray[np.int64]
    """Decoding sequences that need a new block in steps of this number, modulo `block_tokens`."""
    ends: Records
    """Decoding sequences by the step that ends them."""
    due: Records
    """Requests that a closed loop has sent, by when they queue."""
    fresh: npt.NDArray[np.int32]
    slots: Records
    events: Records
    """Room for events; without any, none are kept."""

    def copy(self) -> "Tables":
        return Tables._make(a.copy() for a in self)
