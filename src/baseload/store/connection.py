"""How the database file is opened: durably by its one writer, read-only by everyone else."""

import stat
from pathlib import Path

import apsw

from baseload.errors import SetupError

WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit survives power loss; once commits are grouped it costs nothing
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # else INSERT OR REPLACE would delete around the append-only triggers
    "PRAGMA trusted_schema = OFF",
    "PRAGMA wal_autocheckpoint = 0",  # the writer decides when
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -16384",
    "PRAGMA temp_store = MEMORY",
)


def is_safe(version: int) -> bool:
    """Whether this SQLite (as 1 000 000 × major + 1 000 × minor + patch) is free of the WAL-reset bug.

    The bug loses committed pages; 3.7.0 to 3.51.2 have it, save the repaired 3.44.6 and 3.50.7 (sqlite.org/wal.html).
    """
    return version >= 3051003 or 3050007 <= version < 3051000 or 3044006 <= version < 3045000


def refuse_unsafe_sqlite(version: int | None = None) -> None:
    """Money is not kept on an SQLite that can lose it."""
    number = apsw.SQLITE_VERSION_NUMBER if version is None else version
    if not is_safe(number):
        text = f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"
        raise SetupError(
            f"SQLite {text} has the WAL-reset bug, which can lose committed rows; run: pip install --upgrade apsw"
        )


def writing(path: Path) -> apsw.Connection:
    """The one writing connection. The file is made with mode 0600 when it is not there."""
    refuse_unsafe_sqlite()
    try:
        path.touch(mode=stat.S_IRUSR | stat.S_IWUSR, exist_ok=True)
        conn = apsw.Connection(str(path))
        try:
            conn.set_busy_timeout(5_000)
            for pragma in WRITER_PRAGMAS:
                conn.execute(pragma)
        except BaseException:
            conn.close()
            raise
    except (OSError, apsw.CantOpenError, apsw.ReadOnlyError) as error:
        raise SetupError(f"cannot write {path} ({error}); check its owner and permissions") from error
    except apsw.NotADBError as error:
        raise SetupError(f"{path} is not a Baseload ledger; move it away or give another data directory") from error
    return conn


def read_only(path: Path) -> apsw.Connection:
    """A reader. It sees the last commit and holds no lock that a writer waits for; keep its transactions short."""
    try:
        conn = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.CantOpenError as error:
        raise SetupError(f"there is no ledger at {path}; start the cloud once with: baseload up") from error
    conn.set_busy_timeout(5_000)
    conn.execute("PRAGMA query_only = ON")
    conn.execute("PRAGMA trusted_schema = OFF")
    return conn
