"""Joules on record: one closed metering window of a pool, and the share of each attempt that ran in it."""

from collections.abc import Iterable
from dataclasses import dataclass

from baseload.billing.books import Books
from baseload.billing.entry import Entry
from baseload.energy.meter import Window
from baseload.energy.share import Share
from baseload.errors import LedgerError
from baseload.store.chain import digest
from baseload.store.unit import Row, Table, insert_rows

WINDOW = Table(
    name="energy_window",
    columns=("id", "pool", "started_us", "ended_us", "meter_mj", "active_mj", "idle_mj", "overhead_mj", "kind"),
)
SHARE = Table(name="energy_share", columns=("window_id", "request_id", "attempt_n", "work", "energy_mj"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEnergy:
    """Write a window and its shares once; told again it changes nothing and answers False."""

    window: Window

    def __call__(self, books: Books) -> bool:
        if books.conn.execute("SELECT 1 FROM energy_window WHERE id = ?", (self.window.id,)).fetchone():
            return False
        window, shares = window_row(self.window), share_rows(self.window.id, self.window.shares.parts)
        _refuse_leaks(self.window)
        books.record(
            Entry(
                kind="energy",
                idem_key=self.window.id,
                effective_us=self.window.ended_us,
                actor=books.source,
                payload_hash=digest((*window, shares)),
            )
        )
        insert_rows(books.conn, WINDOW, [window])
        insert_rows(books.conn, SHARE, shares)
        return True


def window_row(window: Window) -> Row:
    """As the table and the payload hash have it."""
    s = window.shares
    parts = (s.meter_mj, s.active_mj, s.idle_mj, s.overhead_mj)
    return (window.id, window.pool, window.started_us, window.ended_us, *parts, str(s.kind))


def share_rows(window_id: str, shares: Iterable[Share]) -> list[Row]:
    """In key order, so that the hash does not depend on who ran first."""
    ordered = sorted(shares, key=lambda s: (s.request_id, s.attempt_n))
    return [(window_id, s.request_id, s.attempt_n, s.work, s.energy_mj) for s in ordered]


def _refuse_leaks(window: Window) -> None:
    s = window.shares
    allotted = sum(part.energy_mj for part in s.parts)
    if allotted != s.active_mj or s.active_mj + s.idle_mj + s.overhead_mj != s.meter_mj:
        raise LedgerError(
            f"energy window {window.id}: shares of {allotted} mJ, active {s.active_mj}, idle {s.idle_mj} and overhead"
            f" {s.overhead_mj} do not make up the meter's {s.meter_mj}"
        )
