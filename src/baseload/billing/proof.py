"""The proof that nobody changed the record: every hash recomputed from its rows, every charge from its price."""

import json
from collections.abc import Iterator

import apsw

from baseload.billing.books import PRICE_COLUMNS
from baseload.billing.energy import SHARE, WINDOW
from baseload.billing.entry import Entry, entry_hash
from baseload.billing.opening import load_prices
from baseload.billing.price import TWIN_ID, Usage, rate
from baseload.billing.settlement import ATTEMPT_FACTS, USAGE_FACTS
from baseload.store.chain import GENESIS, digest, link


def broken_links(conn: apsw.Connection) -> Iterator[str]:
    """Journal entries whose hash, predecessor or covered rows are not what was written."""
    heads: dict[str, tuple[int, bytes, int]] = {}
    rows = conn.execute(
        "SELECT id, writer, kind, idem_key, effective_us, recorded_us, reverses_id, actor, payload_hash, prev_hash,"
        " hash FROM journal ORDER BY id"
    )
    for number, writer, kind, idem_key, effective, recorded, reverses, actor, payload, prev, stored in rows:
        _, last, length = heads.get(writer, (0, GENESIS, 0))
        if prev != last:
            yield f"journal {number} ({kind} {idem_key}) does not follow the entry before it: one is gone or changed"
        lines = conn.execute(
            "SELECT account_id, amount_nano FROM posting WHERE journal_id = ? ORDER BY line", (number,)
        )
        postings = [(str(account), int(amount)) for account, amount in lines]
        entry = _entry(kind, idem_key, effective, actor, payload, postings, reverses)
        if entry is None or entry_hash(prev, number, writer, entry, recorded) != stored:
            yield f"journal {number} ({kind} {idem_key}) or its postings were changed"
        if _payload(conn, kind, idem_key, writer, postings) not in (payload, None):
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
    postings: list[tuple[str, int]],
    reverses: int | None,
) -> Entry | None:
    try:
        return Entry(
            kind=kind,  # type: ignore[arg-type]
            idem_key=idem_key,
            effective_us=effective,
            actor=actor,
            payload_hash=payload,
            postings=tuple(postings),
            reverses_id=reverses,
        )
    except ValueError:
        return None  # its postings do not add up, so it was not written like this


def _payload(
    conn: apsw.Connection, kind: str, idem_key: str, writer: str, postings: list[tuple[str, int]]
) -> bytes | None:
    """The payload hash as the rows have it now; None when the rows are missing, which I8 reports."""
    if kind == "usage":
        return _usage_payload(conn, idem_key, writer)
    if kind == "price":
        row = conn.execute(f"SELECT {','.join(PRICE_COLUMNS)} FROM price_version WHERE id = ?", (idem_key,)).fetchone()  # noqa: S608
        return digest(row) if row else None
    if kind == "energy":
        row = conn.execute(f"SELECT {','.join(WINDOW.columns)} FROM energy_window WHERE id = ?", (idem_key,)).fetchone()  # noqa: S608
        shares = conn.execute(
            f"SELECT {','.join(SHARE.columns)} FROM energy_share WHERE window_id = ? ORDER BY request_id, attempt_n",  # noqa: S608
            (idem_key,),
        ).fetchall()
        return digest((*row, shares)) if row else None
    return digest(postings[0]) if postings else None


def _usage_payload(conn: apsw.Connection, request: str, source: str) -> bytes | None:
    event = conn.execute(
        f"SELECT {','.join(USAGE_FACTS)} FROM usage_event WHERE event_id = ? AND source = ?",  # noqa: S608
        (request, source),
    ).fetchone()
    if event is None:
        return None
    attempts = conn.execute(
        f"SELECT {','.join(ATTEMPT_FACTS)} FROM attempt WHERE request_id = ? ORDER BY n",  # noqa: S608
        (request,),
    ).fetchall()
    rated = conn.execute(
        "SELECT amount_nano FROM rated WHERE event_id = ? AND source = ? AND gen = 0", (request, source)
    ).fetchone()
    return digest((*event, rated[0] if rated else None, attempts))


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
