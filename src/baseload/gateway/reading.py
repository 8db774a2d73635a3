"""Reads the books for whoever asks, beside the running day: read-only, off the loop, in threads that give way."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import apsw

from baseload.background import some_aside
from baseload.store import read_only

AT_ONCE = 4
T = TypeVar("T")


class Reading:
    """The books of one data directory."""

    def __init__(self, ledger_path: Path) -> None:
        self.ledger_path = ledger_path
        self._aside = some_aside("books", AT_ONCE)

    async def read(self, what: Callable[[apsw.Connection], T]) -> T:
        """What `what` finds on a connection of its own, which sees one state of the books."""
        return await asyncio.get_running_loop().run_in_executor(self._aside, self._read, what)

    def _read(self, what: Callable[[apsw.Connection], T]) -> T:
        with closing(read_only(self.ledger_path)) as conn:
            return what(conn)
