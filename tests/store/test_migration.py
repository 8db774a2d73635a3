"""Schema steps are applied once, in order, and never silently changed."""

from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from baseload.errors import SetupError
from baseload.store.connection import writing
from baseload.store.migration import Migration, migrate, shipped


@pytest.fixture
def conn(tmp_path: Path):  # type: ignore[no-untyped-def]
    conn = writing(tmp_path / "ledger.db")
    yield conn
    conn.close()


def test_shipped_steps_are_numbered_without_gaps() -> None:
    assert [m.version for m in shipped()] == list(range(1, len(shipped()) + 1))


def test_each_step_is_applied_once(conn: apsw.Connection) -> None:
    assert [m.version for m in migrate(conn, 7)] == [m.version for m in shipped()]
    assert migrate(conn, 8) == []
    assert conn.execute("SELECT DISTINCT applied_us FROM migration").fetchall() == [(7,)]


def test_a_ledger_of_a_newer_version_is_left_alone(conn: apsw.Connection) -> None:
    newer = Migration(version=99, name="future", sql="CREATE TABLE future (x) ")
    migrate(conn, 1, (*shipped(), newer))
    with pytest.raises(SetupError, match="newer Baseload"):
        migrate(conn, 2)


def test_a_step_edited_after_the_fact_is_refused(conn: apsw.Connection) -> None:
    migrate(conn, 1)
    first, *rest = shipped()
    with pytest.raises(SetupError, match="not the one this ledger was made with"):
        migrate(conn, 2, (replace(first, sql=first.sql + "-- edited"), *rest))


def test_a_step_that_fails_leaves_nothing_behind(conn: apsw.Connection) -> None:
    broken = Migration(version=1, name="broken", sql="CREATE TABLE half (x); CREATE TABLE half (x)")
    with pytest.raises(apsw.SQLError):
        migrate(conn, 1, (broken,))
    assert conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchone() is None
    assert [m.version for m in migrate(conn, 2)] == [m.version for m in shipped()]


MONEY = ["journal", "posting", "seal", "price_version", "audit"]
USE = ["usage_event", "attempt", "rated", "quarantine", "energy_window", "energy_share"]


@pytest.mark.parametrize("table", MONEY + USE)
def test_rows_of_the_record_can_be_neither_changed_nor_deleted(conn: apsw.Connection, table: str) -> None:
    migrate(conn, 1)
    triggers = dict(
        conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,))
    )
    assert triggers.keys() == {f"{table}_no_update", f"{table}_no_delete"}
    assert all("RAISE(ABORT" in sql for sql in triggers.values())


def test_replacing_a_row_counts_as_deleting_it(conn: apsw.Connection) -> None:
    migrate(conn, 1)
    row = "INTO price_version VALUES ('p', 'b', 'm', 'default', 'external', 'USD', 1, 1, 1, 0, 0)"
    conn.execute(f"INSERT {row}")
    with pytest.raises(apsw.ConstraintError, match="never deleted"):
        conn.execute(f"INSERT OR REPLACE {row}")
