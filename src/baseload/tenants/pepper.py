"""The pepper: 32 bytes beside the database, without which a stolen database holds no key that can be tested."""

import os
import stat
from pathlib import Path

from baseload.errors import SetupError

PEPPER_VERSION = 1


def read_pepper(path: Path, random: bytes | None = None) -> bytes:
    """The pepper of this data directory; with `random` (32 bytes) it is made when missing, mode 0600."""
    if not path.exists():
        if random is None:
            raise SetupError(f"there is no pepper at {path}; start the cloud once with: baseload up")
        _create(path, random)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise SetupError(f"{path} may be read by others (mode {mode:04o}); run: chmod 600 {path}")
    pepper = path.read_bytes()
    if len(pepper) != 32:
        raise SetupError(f"{path} holds {len(pepper)} bytes, not 32; restore it from your backup, or every key is void")
    return pepper


def _create(path: Path, random: bytes) -> None:
    """Whole or not at all: written aside, flushed, then linked into place; the first of two makers wins."""
    if len(random) != 32:
        raise ValueError(f"a pepper takes 32 random bytes, got {len(random)}")
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(fd, random)
        os.fsync(fd)
    finally:
        os.close(fd)
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
