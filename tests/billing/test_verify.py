"""A hand that changes one row of the books is found, and the row is named (fault F31)."""

import json
from pathlib import Path

import apsw
import pytest

from baseload.billing.invariants import invariants
from baseload.billing.verify import verify
from baseload.energy.meter import Window
from baseload.energy.share import Work, share
from baseload.store import read_only
from tests.billing.making import START_US, Clock, admission, broken, opened, outcome

HOUR_US = 3_600_000_000
R1 = f"req_{ord('a'):02x}{1:030x}"


@pytest.fixture
async def books(data: Path) -> Path:
    """Two requests settled, one hour apart, a window on record, then the cloud stopped."""
    clock = Clock()
    ledger, price = await opened(data, clock=clock)
    for number in (1, 2):
        grant = await ledger.hold(admission(number, 50_000, price_ver=price))
        await ledger.settle(grant, outcome(prompt=10, emitted=9, delivered=6, reason="client_hangup"))
        await ledger.day_book.posted()
        clock.now_us += HOUR_US
    held = await ledger.hold(admission(3, 900_000_000, price_ver=price))
    assert held.kind == "held"
    await ledger.settle(held, outcome())
    parts = share(
        5_000, idle_w=1.0, dt_us=10**6, work=[Work(request_id=R1, attempt_n=1, prefilled=1, decoded=1)], pue=1.1
    )
    window = Window(id="box:1", pool="box", started_us=START_US, ended_us=START_US + 1, shares=parts, watts=5.0)
    await ledger.record_energy(window)
    await ledger.close()
    return data


def by_hand(data: Path, sql: str) -> None:
    """As somebody with the file and sqlite3 would do it."""
    conn = apsw.Connection(str(data / "ledger.db"))
    for name, kind in conn.execute("SELECT name, type FROM sqlite_master WHERE type = 'trigger'").fetchall():
        conn.execute(f"DROP {kind} {name}")
    conn.execute("PRAGMA ignore_check_constraints = ON")
    conn.execute(sql)
    assert conn.changes() == 1
    conn.close()


def test_untouched_books_are_in_order(books: Path) -> None:
    assert broken(books) == []


E1 = f"event_id = '{R1}'"
CHANGES = [
    (f"UPDATE usage_event SET tok_out = 3 WHERE {E1}", "I10", R1),
    (f"UPDATE usage_event SET tok_out = 3 WHERE {E1}", "I16", R1),
    (f"UPDATE usage_event SET finish = 'stop' WHERE {E1}", "I10", R1),
    (f"UPDATE usage_event SET amount_nano = 1 WHERE {E1}", "I7", R1),
    (f"UPDATE usage_event SET tenant_id = 'x' WHERE {E1}", "I10", R1),
    (f"DELETE FROM usage_event WHERE {E1}", "I8", R1),
    (f"UPDATE attempt SET emitted = 8, lost = 2 WHERE request_id = '{R1}'", "I10", R1),
    (f"UPDATE attempt SET lost = 4 WHERE request_id = '{R1}'", "I16", R1),
    (f"DELETE FROM attempt WHERE request_id = '{R1}'", "I16", R1),
    (f"UPDATE rated SET amount_nano = 1 WHERE {E1}", "I7", R1),
    (f"UPDATE rated SET amount_nano = 1 WHERE {E1}", "I10", R1),
    (f"DELETE FROM rated WHERE {E1}", "I6", R1),
    (f"UPDATE journal SET effective_us = 1 WHERE idem_key = '{R1}'", "I10", R1),
    (f"UPDATE journal SET actor = 'me' WHERE idem_key = '{R1}'", "I10", R1),
    (f"UPDATE journal SET idem_key = 'x' WHERE idem_key = '{R1}'", "I8", "journal 8"),
    (f"DELETE FROM journal WHERE idem_key = '{R1}'", "I10", "does not follow"),
    ("DELETE FROM journal WHERE id = (SELECT max(id) FROM journal)", "I10", "last entries"),
    ("UPDATE posting SET amount_nano = -1 WHERE account_id = 'acct_acme' AND journal_id = 8", "I1", "journal 8"),
    ("UPDATE posting SET amount_nano = -1 WHERE account_id = 'acct_acme' AND journal_id = 8", "I10", "journal 8"),
    (
        "UPDATE posting SET account_id = 'house:cash' WHERE amount_nano < 0 AND journal_id = 8",
        "I3",
        "acct_acme",
    ),
    ("UPDATE account SET posted_nano = posted_nano + 1 WHERE id = 'acct_acme'", "I3", "acct_acme"),
    ("UPDATE account SET posted_nano = posted_nano + 1 WHERE id = 'acct_acme'", "I2", "USD"),
    ("UPDATE account SET held_nano = 1 WHERE id = 'acct_acme'", "I3", "acct_acme"),
    ("UPDATE account SET posted_nano = -1 WHERE id = 'acct_acme'", "I4", "acct_acme"),
    ("UPDATE hold SET settled_nano = 1 WHERE kind = 'request'", "I5", f"req_{ord('a'):02x}{3:030x}"),
    ("UPDATE hold SET settled_nano = 1 WHERE kind = 'lease'", "I5", "acct_acme"),
    ("UPDATE hold SET state = 'held' WHERE kind = 'lease'", "I5", "lease:gateway:1:acct_acme"),
    ("UPDATE meta SET value = '5' WHERE name = 'epoch:gateway'", None, ""),
    ("UPDATE price_version SET output_pico = 1 WHERE tier = 'flex' AND business = 'internal'", "I10", "price_version"),
    ("UPDATE price_version SET output_pico = 1 WHERE tier = 'default' AND business = 'external'", "I7", R1),
    ("DELETE FROM price_version WHERE tier = 'default' AND business = 'external'", "I14", R1),
    ("UPDATE energy_share SET energy_mj = energy_mj - 1", "I18", "box:1"),
    ("UPDATE energy_share SET request_id = 'x'", "I10", "box:1"),
    ("UPDATE energy_window SET meter_mj = meter_mj + 1", "I18", "box:1"),
    ("UPDATE energy_window SET idle_mj = idle_mj + 1, overhead_mj = overhead_mj - 1", "I10", "box:1"),
    ("UPDATE seal SET root = zeroblob(32) WHERE id = 1", "I10", "seal"),
    ("UPDATE chain SET length = length - 1", "I10", "writer gateway"),
    ("UPDATE audit SET actor = 'nobody' WHERE seq = 1", "I10", "audit 1"),
    ("DELETE FROM audit WHERE seq = 1", "I10", "audit"),
]


@pytest.mark.parametrize(("sql", "invariant", "named"), CHANGES)
def test_a_change_by_hand_is_named(books: Path, sql: str, invariant: str | None, named: str) -> None:
    by_hand(books, sql)
    found = {line.partition(":")[0]: line for line in broken(books)}
    if invariant is None:
        assert found == {}
    else:
        assert named in found[invariant]


def test_an_open_hold_of_an_earlier_start_is_a_violation(books: Path) -> None:
    by_hand(books, "UPDATE meta SET value = '9' WHERE name = 'epoch:gateway'")
    by_hand(books, "UPDATE hold SET state = 'held', closed_us = NULL WHERE kind = 'lease'")
    assert any(line.startswith("I17: hold lease:gateway:1:acct_acme") for line in broken(books))


def test_each_hour_is_sealed_over_the_chain_as_it_stood(books: Path) -> None:
    conn = read_only(books / "ledger.db")
    seals = conn.execute("SELECT hour_us, heads FROM seal ORDER BY id").fetchall()
    assert len(seals) == 2
    hours = [hour for hour, _ in seals]
    assert hours == sorted(hours)
    assert all(hour % HOUR_US == 0 for hour in hours)
    for _, heads in seals:
        [[writer, number, digest]] = json.loads(heads)
        stored = conn.execute("SELECT hash FROM journal WHERE id = ? AND writer = ?", (number, writer)).fetchone()
        assert stored is not None
        assert stored[0].hex() == digest
    conn.close()


def test_every_check_states_its_claim_and_count(books: Path) -> None:
    conn = read_only(books / "ledger.db")
    checks = verify(conn, START_US)
    conn.close()
    assert [c.id for c in checks] == [
        "I1",
        "I2",
        "I3",
        "I4",
        "I5",
        "I6",
        "I7",
        "I8",
        "I9",
        "I10",
        "I14",
        "I16",
        "I17",
        "I18",
    ]
    assert all(c.claim and c.violations == 0 and c.examples == () for c in checks)
    assert {i.id for i in invariants()} | {"I10"} == {c.id for c in checks}
