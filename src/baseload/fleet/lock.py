"""One `baseload up` a data directory: the lock decides, the pid in it is only there to be read."""

import fcntl
import os
from pathlib import Path

from baseload.errors import AlreadyRunning, SetupError


def claim(data: Path) -> int:
    """Take the directory's lock and keep it until this process ends. Returns the open file, which must stay open."""
    path = data / "lock"
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as e:
        raise SetupError(f"{path} cannot be opened: {e.strerror}; give another directory with --data DIR") from e
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(fd, 32).split()
        os.close(fd)
        who = f" (pid {holder[0].decode()})" if holder else ""
        raise AlreadyRunning(
            f"a cloud already runs on {data}{who}; stop it, or give another directory with --data DIR"
        ) from None
    os.ftruncate(fd, 0)
    os.pwrite(fd, b"%d\n" % os.getpid(), 0)
    return fd
