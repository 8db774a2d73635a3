"""No orphans: a child ends when the one that started it does, however that one ended.

Two ropes. The kernel signals the child when its parent dies (`PR_SET_PDEATHSIG`, Linux); and the child holds the
reading end of a pipe whose writing end only the parent has, so that the parent's death is an end of file.
"""

import ctypes
import os
import signal
import threading
import time
from collections.abc import Callable

ENV = "BASELOAD_LEASH"
"""Number of the inherited file descriptor."""
GRACE_S = 3.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def tie(death_signal: int) -> Callable[[], None]:
    """To be run in the child between fork and exec: ask the kernel to send it a signal when its parent dies."""

    def in_child() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, death_signal)
        os.setsid()

    return in_child


def hold() -> None:
    """Called by a child early in its life. Once the parent is gone: SIGTERM to itself, and soon after the end."""
    number = os.environ.pop(ENV, "")
    if number.isdigit():
        threading.Thread(target=_watch, args=(int(number),), name="leash", daemon=True).start()


def _watch(fd: int) -> None:
    while os.read(fd, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)
