"""The journal as one transaction writes it: entries numbered, chained to the last, and sealed when an hour is over."""

import json

import apsw

from baseload.billing.entry import CURRENCY, Entry, Head, entry_hash
from baseload.store.chain import GENESIS, link
from baseload.store.unit import Row, Table, insert_rows

JOURNAL = Table(
    name="journal",
    columns=(
        "id",
        "writer",
        "kind",
        "idem_key",
        "effective_us",
        "recorded_us",
        "reverses_id",
        "actor",
        "payload_hash",
        "prev_hash",
        "hash",
    ),
)
POSTING = Table(name="posting", columns=("journal_id", "line", "account_id", "amount_nano", "currency"))
HOUR_US = 3_600_000_000


class Journal:
    """One writer's chain, continued. Time never runs backwards in it, whatever the clock does."""

    def __init__(self, conn: apsw.Connection, writer: str, now_us: int, start: Head | None = None) -> None:
        """`start` is where the last transaction left off, if that is known for certain."""
        self._conn = conn
        self._writer = writer
        self._start = start or read_head(conn, writer)
        self._hash = self._start.hash
        self.recorded_us = max(now_us, self._start.recorded_us)
        self._entries: list[Row] = []
        self._postings: list[Row] = []

    def record(self, entry: Entry) -> int:
        """Number and chain an entry; it is written by `flush`."""
        number = self._start.last_id + len(self._entries) + 1
        new = entry_hash(self._hash, number, self._writer, entry, self.recorded_us)
        self._entries.append(
            (
                number,
                self._writer,
                entry.kind,
                entry.idem_key,
                entry.effective_us,
                self.recorded_us,
                entry.reverses_id,
                entry.actor,
                entry.payload_hash,
                self._hash,
                new,
            )
        )
        for line, (account, amount) in enumerate(entry.postings):
            self._postings.append((number, line, account, amount, CURRENCY))
        self._hash = new
        return number

    def flush(self) -> None:
        """Write the entries, move the head, and seal the hour that these entries left behind."""
        if not self._entries:
            return
        if self._start.length and self._start.recorded_us // HOUR_US < self.recorded_us // HOUR_US:
            seal(self._conn, self._start.recorded_us // HOUR_US * HOUR_US)
        insert_rows(self._conn, JOURNAL, self._entries)
        insert_rows(self._conn, POSTING, self._postings)
        head = self.head
        self._conn.execute(
            "INSERT INTO chain (writer, head_id, head_hash, length, recorded_us) VALUES (?,?,?,?,?)"
            " ON CONFLICT (writer) DO UPDATE SET head_id = excluded.head_id, head_hash = excluded.head_hash,"
            " length = excluded.length, recorded_us = excluded.recorded_us",
            (self._writer, head.last_id, head.hash, head.length, head.recorded_us),
        )

    @property
    def head(self) -> Head:
        """Where the chain ends with the entries recorded here."""
        if not self._entries:
            return self._start
        added = len(self._entries)
        return Head(
            last_id=self._start.last_id + added,
            hash=self._hash,
            length=self._start.length + added,
            recorded_us=self.recorded_us,
        )


def read_head(conn: apsw.Connection, writer: str) -> Head:
    """The end of a writer's chain as it is on disk; numbers go on from the last entry of any writer."""
    newest = conn.execute("SELECT max(id) FROM journal").fetchone()
    last_id = newest[0] or 0 if newest else 0
    sql = "SELECT head_hash, length, recorded_us FROM chain WHERE writer = ?"
    row = conn.execute(sql, (writer,)).fetchone()
    if row is None:
        return Head(last_id=last_id, hash=GENESIS, length=0, recorded_us=0)
    return Head(last_id=last_id, hash=row[0], length=row[1], recorded_us=row[2])


def seal(conn: apsw.Connection, hour_us: int) -> None:
    """One root over the heads of all chains as they stand, chained to the root before. Copy it elsewhere to be sure."""
    heads = [
        [writer, head, bytes(digest).hex()]
        for writer, head, digest in conn.execute("SELECT writer, head_id, head_hash FROM chain ORDER BY writer")
    ]
    last = conn.execute("SELECT root FROM seal ORDER BY id DESC LIMIT 1").fetchone()
    prev = bytes(last[0]) if last else GENESIS
    conn.execute(
        "INSERT INTO seal (hour_us, heads, prev_root, root) VALUES (?,?,?,?) ON CONFLICT (hour_us) DO NOTHING",
        (hour_us, json.dumps(heads, separators=(",", ":")), prev, link(prev, (hour_us, heads))),
    )
