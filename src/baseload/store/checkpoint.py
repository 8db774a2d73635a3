"""When the write-ahead log is folded back into the database file, and by whom.

Folding writes and syncs megabytes, and a commit must not wait for that: a thread with a connection of its own does it,
passively, beside the writer. Only while commits never pause can it not catch up; then the writer itself folds the
little that is left, once every `MOST_PAGES`, so that the log starts again from its beginning.
"""

import contextlib
import queue
import threading
from pathlib import Path

import apsw

from baseload.background import step_back

FOLD_PAGES = 1_000
"""The helper folds each time the log has grown by so many 4 KiB pages …"""
MOST_PAGES = 8_000
"""… and the writer at this many (32 MiB)."""


class Checkpoint:
    """Watches the length of the writer's log. A long reader only makes it wait for the next pages."""

    def __init__(self, conn: apsw.Connection, path: Path) -> None:
        self._conn = conn
        self._pages = 0
        self._fold_at = FOLD_PAGES
        self._own_at = MOST_PAGES
        self._asked: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._help, args=(path,), name="ledger-checkpoint", daemon=True)
        self._thread.start()
        conn.set_wal_hook(self._committed)

    def _committed(self, _conn: apsw.Connection, _name: str, pages: int) -> int:
        if pages < self._pages:  # the log began again
            self._fold_at, self._own_at = FOLD_PAGES, MOST_PAGES
        self._pages = pages
        return apsw.SQLITE_OK

    def when_due(self) -> None:
        """After a commit: have it folded if it is time."""
        if self._pages >= self._own_at:
            self._own_at = self._pages + MOST_PAGES
            _fold(self._conn, apsw.SQLITE_CHECKPOINT_PASSIVE)
        elif self._pages >= self._fold_at:
            self._fold_at = self._pages + FOLD_PAGES
            self._asked.put(True)

    def _help(self, path: Path) -> None:
        step_back()
        conn = apsw.Connection(str(path))
        conn.execute("PRAGMA wal_autocheckpoint = 0")
        conn.execute("PRAGMA synchronous = FULL")
        while self._asked.get():
            _fold(conn, apsw.SQLITE_CHECKPOINT_PASSIVE)
        conn.close()

    def close(self) -> None:
        """End the helper."""
        self._asked.put(False)
        self._thread.join()

    def at_the_end(self) -> None:
        """Before closing: leave one whole file, if nobody is reading."""
        self.close()
        _fold(self._conn, apsw.SQLITE_CHECKPOINT_TRUNCATE)


def _fold(conn: apsw.Connection, mode: int) -> None:
    """Nothing is lost when it fails: the log still has it."""
    with contextlib.suppress(apsw.FullError, apsw.IOError, apsw.BusyError):
        conn.wal_checkpoint(mode=mode)
