"""What is looked at before anything starts, so that a start either works or says in one sentence what to do."""

import errno
import os
import shutil
import socket
from pathlib import Path

from baseload.errors import SetupError

NEEDED_BYTES = 128 * 1024 * 1024
"""A ledger, its write-ahead log and the logs of a first day."""


def prepare(data: Path) -> Path:
    """Make the data directory, private to its owner, and see that it can be written and has room."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("run", "logs", "tally"):
            (data / name).mkdir(mode=0o700, exist_ok=True)
    except FileExistsError as e:
        raise SetupError(f"{e.filename} is a file, and a directory is needed; give another with --data DIR") from e
    except NotADirectoryError as e:
        raise SetupError(f"{data} lies under a file; give another directory with --data DIR") from e
    except PermissionError as e:
        raise SetupError(f"no permission to write {e.filename}; give a directory of your own with --data DIR") from e
    if not os.access(data, os.W_OK | os.X_OK):
        raise SetupError(f"no permission to write {data}; give a directory of your own with --data DIR")
    free = shutil.disk_usage(data).free
    if free < NEEDED_BYTES:
        raise SetupError(
            f"only {free // 2**20} MiB are free where {data} is, and {NEEDED_BYTES // 2**20} MiB are needed; "
            "free some space, or give another directory with --data DIR"
        )
    return data.resolve()


def port_or_free(host: str, port: int) -> int:
    """`port` when nobody listens there; for 0, one that is free."""
    try:
        return _bind(host, port)
    except OSError as e:
        raise SetupError(_why_not(e, host, port)) from e


def port_near(host: str, wanted: int) -> int:
    """`wanted` when it is free (a link people can guess), else any that is."""
    try:
        return _bind(host, wanted if wanted < 65536 else 0)
    except OSError:
        return _bind(host, 0)


def _bind(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((host, port))
        trial.listen(1)  # two sockets may be bound to one port with REUSEADDR, but only one may listen
        return int(trial.getsockname()[1])


def _why_not(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            holder = listener(port)
            by = f" by {holder}" if holder else ""
            return f"port {port} is taken{by}; choose another with: baseload up --port N"
        case errno.EACCES:
            return f"port {port} needs root's permission; choose one above 1023 with: baseload up --port N"
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine; choose another with: baseload up --host ADDRESS"
        case _:
            return f"cannot listen on {host}:{port} ({error.strerror or error}); choose another with --host and --port"


def listener(port: int) -> str:
    """Who listens on a TCP port, as `name (pid N)`: its socket's inode, looked for among the processes we may see."""
    inodes = _listening_inodes(port)
    for process in Path("/proc").glob("[0-9]*"):
        if any(_target(fd) in inodes for fd in _open_files(process)):
            return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
    return ""


def _open_files(process: Path) -> list[Path]:
    """Another user's are not ours to see, and a process may be gone by now."""
    try:
        return list((process / "fd").iterdir())
    except OSError:
        return []


def _target(fd: Path) -> str:
    try:
        return str(fd.readlink())
    except OSError:
        return ""


def _listening_inodes(port: int) -> set[str]:
    """From /proc/net/tcp: columns local address (hex ip:port), state (0A listens), inode."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            cells = row.split()
            if cells[3] == "0A" and int(cells[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{cells[9]}]")
    return found
