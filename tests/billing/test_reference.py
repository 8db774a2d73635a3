"""The ledger's reference page says what the ledger does: names, invariants, both recipes to recompute by hand."""

import hashlib
import json
import re
from pathlib import Path
from typing import get_args

import pytest

from baseload.billing import usage
from baseload.billing.entry import EntryKind
from baseload.billing.hold import HoldKind, HoldState
from baseload.billing.invariants import invariants
from baseload.billing.outcome import REASONS, CountMark
from baseload.billing.verify import CHAIN
from baseload.store import read_only
from baseload.store.migration import shipped
from tests.billing.making import admission, opened, outcome

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "ledger.md").read_text()


@pytest.fixture
async def books(data: Path) -> Path:
    ledger, price = await opened(data)
    for n in range(3):
        grant = await ledger.hold(admission(n, 50_000, price_ver=price))
        await ledger.settle(grant, outcome(prompt=10, emitted=5, cached=n or None))
    await ledger.close()
    return data


def test_reasons_are_pinned() -> None:
    table = PAGE[PAGE.index("**Why an attempt ended**") : PAGE.index("**How a request ended**")]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == REASONS
    schema = shipped()[0].sql
    assert all(f"'{reason}'" in schema for reason in REASONS)


@pytest.mark.parametrize("names", [EntryKind, HoldKind, HoldState, CountMark])
def test_names_of_kinds_and_states_are_on_the_page_and_in_the_schema(names: object) -> None:
    for name in get_args(names):
        assert f"`{name}`" in PAGE
        assert f"'{name}'" in shipped()[0].sql


def test_invariants_are_on_the_page_word_for_word() -> None:
    told = dict(re.findall(r"^\| (I\d+) \| (.+) \|$", PAGE, re.MULTILINE))
    assert told == {i.id: i.claim for i in invariants()} | {"I10": CHAIN}


def test_every_table_is_on_the_page() -> None:
    tables = re.findall(r"^CREATE TABLE (\w+)", "".join(m.sql for m in shipped()), re.MULTILINE)
    assert [t for t in tables if f"`{t}`" not in PAGE] == []


async def test_keys_of_a_report_are_on_the_page(books: Path) -> None:
    conn = read_only(books / "ledger.db")
    rows = usage.report(conn, by="model")["rows"]
    conn.close()
    assert [key for key in rows[0] if f"`{key}`" not in PAGE] == []


async def test_a_charge_recomputed_by_hand_is_the_charge(books: Path) -> None:
    sql = re.search(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    assert sql is not None
    conn = read_only(books / "ledger.db")
    for request, charged in conn.execute("SELECT event_id, amount_nano FROM usage_event").fetchall():
        row = conn.execute(sql[1].replace("req_…", str(request))).fetchone()
        assert row is not None
        assert round(row[2]) == charged == row[1]
    conn.close()


async def test_hashes_recomputed_by_hand_are_the_hashes(books: Path) -> None:
    def sha(prefix: bytes, values: object) -> bytes:
        text = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(prefix + text.encode()).digest()

    conn = read_only(books / "ledger.db")
    columns = "id, writer, kind, idem_key, effective_us, recorded_us, reverses_id, actor, payload_hash, prev_hash, hash"
    last = bytes(32)
    for row in conn.execute(f"SELECT {columns} FROM journal ORDER BY id").fetchall():
        *facts, payload, prev, stored = row
        lines = conn.execute(
            "SELECT account_id, amount_nano, currency FROM posting WHERE journal_id = ? ORDER BY line", (row[0],)
        ).fetchall()
        assert prev == last
        assert sha(prev, [*facts, payload.hex(), lines]) == stored
        last = stored
    names = [r[1] for r in conn.execute("PRAGMA table_info(usage_event)")]
    facts_of = [n for n in names if n not in ("seq", "recorded_us", "payload_hash")]
    for request, payload in conn.execute("SELECT event_id, payload_hash FROM usage_event").fetchall():
        event = conn.execute(f"SELECT {','.join(facts_of)} FROM usage_event WHERE event_id = ?", (request,)).fetchone()
        rated = conn.execute("SELECT amount_nano FROM rated WHERE event_id = ? AND gen = 0", (request,)).fetchone()
        attempts = conn.execute("SELECT * FROM attempt WHERE request_id = ? ORDER BY n", (request,)).fetchall()
        assert event is not None
        assert rated is not None
        assert sha(b"", [*event, rated[0], attempts]) == payload
    conn.close()
