"""The proof that nobody changed the record: every hash recomputed from its rows, every charge from its price."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import apsw

from baseload.billing.books import PRICE_COLUMNS
from baseload.billing.energy import SHARE, WINDOW
from baseload.billing.entry import Entry, entry_hash
from baseload.billing.opening import load_prices
from baseload.billing.price import TWIN_ID, Usage, rate
from baseload.billing.settlement import ATTEMPT_FACTS, USAGE_FACTS
from baseload.store.chain import GENESIS, digest, link


class Along:
    """Rows in order of the journal entry they belong to, handed out entry by entry: the books are read once through."""

    def __init__(self, conn: apsw.Connection, sql: str) -> None:
        self._rows = iter(conn.execute(sql))
        self._next = next(self._rows, None)

    def of(self, number: int) -> list[tuple[Any, ...]]:
        """The rows of this entry, their first column (its number) left out."""
        found = []
        while self._next is not None and self._next[0] <= number:
            if self._next[0] == number:
                found.append(self._next[1:])
            self._next = next(self._rows, None)
        return found


def _covered(conn: apsw.Connection) -> dict[str, Along]:
    """What the entries vouch for, table by table."""
    event = [*(f"u.{c}" for c in USAGE_FACTS), "r.amount_nano"]
    events = (
        "usage_event u ON u.event_id = j.idem_key AND u.source = j.writer"
        " LEFT JOIN rated r ON r.event_id = j.idem_key AND r.source = j.writer AND r.gen = 0"
    )
    share = "energy_share s ON s.window_id = j.idem_key"
    queries = {
        "posting": "SELECT journal_id, account_id, amount_nano FROM posting ORDER BY journal_id, line",
        "usage": _per_entry("usage", event, events),
        "attempt": _per_entry("usage", ATTEMPT_FACTS, "attempt a ON a.request_id = j.idem_key", "a.n"),
        "price": _per_entry("price", [f"v.{c}" for c in PRICE_COLUMNS], "price_version v ON v.id = j.idem_key"),
        "energy": _per_entry("energy", [f"w.{c}" for c in WINDOW.columns], "energy_window w ON w.id = j.idem_key"),
        "share": _per_entry("energy", SHARE.columns, share, "s.request_id, s.attempt_n"),
    }
    return {name: Along(conn, sql) for name, sql in queries.items()}


def _per_entry(kind: str, columns: Sequence[str], join: str, order: str = "j.id") -> str:
    return f"SELECT j.id, {','.join(columns)} FROM journal j JOIN {join} WHERE j.kind = '{kind}' ORDER BY j.id, {order}"  # noqa: S608


def broken_links(conn: apsw.Connection) -> Iterator[str]:
    """Journal entries whose hash, predecessor or covered rows are not what was written."""
    heads: dict[str, tuple[int, bytes, int]] = {}
    covered = _covered(conn)
    rows = conn.execute(
        "SELECT id, writer, kind, idem_key, effective_us, recorded_us, reverses_id, actor, payload_hash, prev_hash,"
        " hash FROM journal ORDER BY id"
    )
    for number, writer, kind, idem_key, effective, recorded, reverses, actor, payload, prev, stored in rows:
        _, last, length = heads.get(writer, (0, GENESIS, 0))
        if prev != last:
            yield f"journal {number} ({kind} {idem_key}) does not follow the entry before it: one is gone or changed"
        postings = covered["posting"].of(number)
        entry = _entry(kind, idem_key, effective, actor, payload, postings, reverses)
        if entry is None or entry_hash(prev, number, writer, entry, recorded) != stored:
            yield f"journal {number} ({kind} {idem_key}) or its postings were changed"
        if _payload(covered, kind, number, postings) not in (payload, None):
            yield f"{_COVERS[kind]} of {idem_key} was changed (entry {number} vouches for other values)"
        heads[writer] = (number, stored, length + 1)
    yield from _broken_heads(conn, heads)


_COVERS = {
    "usage": "the usage_event, attempt or rated row",
    "price": "the price_version row",
    "energy": "the energy_window or energy_share row",
    "topup": "the posting",
    "reversal": "the posting",
}


def _entry(
    kind: str,
    idem_key: str,
    effective: int,
    actor: str,
    payload: bytes,
    postings: list[tuple[Any, ...]],
    reverses: int | None,
) -> Entry | None:
    try:
        return Entry(
            kind=kind,  # type: ignore[arg-type]
            idem_key=idem_key,
            effective_us=effective,
            actor=actor,
            payload_hash=payload,
            postings=tuple((account, amount) for account, amount in postings),
            reverses_id=reverses,
        )
    except ValueError:
        return None  # its postings do not add up, so it was not written like this


def _payload(covered: dict[str, Along], kind: str, number: int, postings: list[tuple[Any, ...]]) -> bytes | None:
    """The payload hash as the rows have it now; None when the rows are missing, which I8 reports."""
    if kind in ("topup", "reversal"):
        return digest(postings[0]) if postings else None
    rows = covered[kind].of(number)
    if not rows or kind == "price":
        return digest(rows[0]) if rows else None
    return digest((*rows[0], covered["attempt" if kind == "usage" else "share"].of(number)))


def _broken_heads(conn: apsw.Connection, heads: dict[str, tuple[int, bytes, int]]) -> Iterator[str]:
    """The end of a chain is written down too, so that its last entries cannot be cut off unseen; so are the seals."""
    told = {w: (i, bytes(h), n) for w, i, h, n in conn.execute("SELECT writer, head_id, head_hash, length FROM chain")}
    for writer in sorted(told.keys() | heads.keys()):
        if told.get(writer) != heads.get(writer):
            yield f"the chain of writer {writer} does not end where it should: its last entries were changed or removed"
    last = GENESIS
    for hour, text, prev, root in conn.execute("SELECT hour_us, heads, prev_root, root FROM seal ORDER BY id"):
        sealed = json.loads(text)
        if prev != last or link(prev, (hour, sealed)) != root:
            yield f"the seal of hour {hour} was changed"
        for writer, number, hexed in sealed:
            row = conn.execute("SELECT hash FROM journal WHERE id = ? AND writer = ?", (number, writer)).fetchone()
            if row is None or bytes(row[0]).hex() != hexed:
                yield f"journal {number} is not the entry that the seal of hour {hour} names"
        last = root


def broken_audit(conn: apsw.Connection) -> Iterator[str]:
    """Audit rows that do not follow the one before."""
    last = GENESIS
    rows = conn.execute(
        "SELECT seq, actor, action, object, detail, recorded_us, prev_hash, hash FROM audit ORDER BY seq"
    )
    for seq, *facts, prev, stored in rows:
        if prev != last or link(prev, facts) != stored:
            yield f"audit {seq} ({facts[1]} {facts[2]}) was changed, or the one before it was removed"
        last = stored
    told = conn.execute("SELECT value FROM meta WHERE name = 'audit_head'").fetchone()
    if (told[0] if told else GENESIS.hex()) != bytes(last).hex():
        yield "the audit does not end where it should: its last rows were changed or removed"


def misrated(conn: apsw.Connection) -> Iterator[str]:
    """Ratings that the frozen price does not give again."""
    prices = load_prices(conn)
    rows = conn.execute(
        "SELECT u.event_id, r.price_ver, u.price_ver, u.tok_in, u.tok_cached, u.tok_out, r.amount_nano FROM rated r"
        " JOIN usage_event u ON u.event_id = r.event_id AND u.source = r.source"
    )
    for request, version, promised, tok_in, tok_cached, tok_out, amount in rows:
        price = prices.get(version)
        usage = Usage(tok_in=tok_in, tok_cached=tok_cached, tok_out=tok_out)
        should = None if price is None else 0 if version == TWIN_ID else rate(usage, price)
        if should != amount or version != promised:
            yield f"request {request} is rated {amount} by {version}; the promised price {promised} gives {should}"
