"""Threads that give way: work nobody waits for leaves the processor to work somebody does."""

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor

NICER = 5
"""About a third of a share beside the event loop, and the loop interrupts it; alone, all of it."""


def step_back() -> None:
    """Make the calling thread nicer (niceness belongs to the thread on Linux). Where that is forbidden, it stays."""
    thread = threading.get_native_id()
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICER)


def some_aside(name: str, threads: int) -> ThreadPoolExecutor:
    """An executor of threads that give way."""
    return ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=step_back)


def one_aside(name: str) -> ThreadPoolExecutor:
    """An executor of one such thread: what it is given is done in turn."""
    return some_aside(name, 1)
