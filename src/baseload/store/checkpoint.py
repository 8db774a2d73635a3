"""When the write-ahead log is folded back into the database file: in a quiet moment, or before it grows too long."""

import apsw

QUIET_PAGES = 1_000
"""Fold back when the log has so many 4 KiB pages and nobody waits …"""
MOST_PAGES = 8_000
"""… and at this many (32 MiB) even when somebody does."""


class Checkpoint:
    """Watches the length of one connection's log. A long reader only makes it wait for the next thousand pages."""

    def __init__(self, conn: apsw.Connection) -> None:
        self._conn = conn
        self._pages = 0
        self._unfinished_at = 0
        conn.set_wal_hook(self._committed)

    def _committed(self, _conn: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK

    def when_due(self, quiet: bool) -> None:
        """After a commit: fold back if it is time."""
        most = QUIET_PAGES if quiet else MOST_PAGES
        if self._pages >= self._unfinished_at + most:
            self._fold(apsw.SQLITE_CHECKPOINT_PASSIVE)

    def at_the_end(self) -> None:
        """Before closing: leave one whole file, if nobody is reading."""
        self._fold(apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _fold(self, mode: int) -> None:
        try:
            pages, copied = self._conn.wal_checkpoint(mode=mode)
        except (apsw.FullError, apsw.IOError, apsw.BusyError):
            pages, copied = self._pages, 0  # nothing is lost: the log still has it
        self._pages = 0
        self._unfinished_at = 0 if pages == copied else pages
