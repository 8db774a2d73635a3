"""A unit of work: one transaction as its commands see it, read through, written behind."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import apsw

from baseload.store.chain import GENESIS, canonical, link

Value = None | int | float | str | bytes
Row = tuple[Value, ...]

_CHUNKS = (64, 8, 1)
"""Rows per INSERT. A statement hands the interpreter lock over and back, so a batch goes in as few as it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The columns an INSERT fills, in order, and the statements that fill them."""

    name: str
    columns: tuple[str, ...]
    inserts: dict[int, str] = field(default_factory=dict, compare=False)

    def insert(self, rows: int) -> str:
        """The INSERT for so many rows at once."""
        if rows not in self.inserts:
            one = "(" + ",".join("?" * len(self.columns)) + ")"
            self.inserts[rows] = f"INSERT INTO {self.name} ({','.join(self.columns)}) VALUES {','.join([one] * rows)}"  # noqa: S608
        return self.inserts[rows]


def insert_rows(conn: apsw.Connection, table: Table, rows: Sequence[Row]) -> None:
    """All rows, in order, in the fewest statements."""
    start, left = 0, len(rows)
    for size in _CHUNKS:
        while left >= size:
            chunk = rows[start : start + size]
            conn.execute(table.insert(size), chunk[0] if size == 1 else [v for row in chunk for v in row])
            start, left = start + size, left - size


class Unit:
    """What a command works on. It reads and writes through `conn`; the writer calls `flush` before COMMIT."""

    def __init__(self, conn: apsw.Connection, now_us: int) -> None:
        self.conn = conn
        self.now_us = now_us

    def flush(self) -> None:
        """Write what was kept back. A plain unit keeps nothing back."""

    def committed(self) -> None:
        """What was flushed is on disk. A plain unit remembers nothing."""

    def audit(self, actor: str, action: str, subject: str, detail: dict[str, object]) -> None:
        """Who did what to what, chained to the audit row before."""
        last = self.conn.execute("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        prev = bytes(last[0]) if last else GENESIS
        row = (actor, action, subject, canonical(sorted(detail.items())).decode(), self.now_us)
        head = link(prev, row)
        self.conn.execute(
            "INSERT INTO audit (actor, action, object, detail, recorded_us, prev_hash, hash) VALUES (?,?,?,?,?,?,?)",
            (*row, prev, head),
        )
        self.remember("audit_head", head.hex())  # so that the last rows cannot be cut off unseen

    def remember(self, name: str, value: str) -> None:
        """A named value of the whole file, e.g. how far something has come; the last one stands."""
        self.conn.execute(
            "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )
