"""The writer: commits in groups, fails commands alone, acknowledges only what is stored."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import apsw
import pytest

from baseload.errors import AlreadyRunning, LedgerUnavailable, SetupError
from baseload.store import Unit, Writer, read_only
from baseload.store.connection import is_safe, refuse_unsafe_sqlite


def put(name: str, value: str) -> Callable[[Unit], str]:
    def command(unit: Unit) -> str:
        unit.conn.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (name, value))
        return value

    return command


def stored(path: Path) -> dict[str, str]:
    conn = read_only(path)
    try:
        return {str(n): str(v) for n, v in conn.execute("SELECT name, value FROM meta")}
    finally:
        conn.close()


@pytest.fixture
def writer(tmp_path: Path):  # type: ignore[no-untyped-def]
    writer = Writer(tmp_path / "ledger.db", Unit, lambda: 1)
    yield writer
    writer.close()


def held_up(writer: Writer[Unit]) -> tuple[threading.Event, "Future[None]"]:
    """Keep the writer busy, so that what follows queues into one group."""
    go, running = threading.Event(), threading.Event()

    def wait(_unit: Unit) -> None:
        running.set()
        go.wait(10)

    future = writer.submit(wait)
    running.wait(10)
    return go, future


def test_what_is_acknowledged_is_there_for_a_reader(writer: Writer[Unit]) -> None:
    assert writer.submit(put("a", "1")).result(10) == "1"
    assert stored(writer.path)["a"] == "1"


def test_commands_that_queue_share_one_commit(writer: Writer[Unit]) -> None:
    commits: list[int] = []
    writer.submit(lambda unit: unit.conn.set_commit_hook(lambda: commits.append(1) or False)).result(10)
    go, _ = held_up(writer)
    futures = [writer.submit(put(str(n), "x")) for n in range(50)]
    go.set()
    assert [f.result(10) for f in futures] == ["x"] * 50
    assert len(commits) == 3  # the one that set the hook, the one that held it up, and the fifty together


def test_a_command_that_fails_fails_alone(writer: Writer[Unit]) -> None:
    go, _ = held_up(writer)
    futures = [writer.submit(put(name, "x")) for name in ("a", "b", "a", "c")]
    go.set()
    assert [f.result(10) for f in (futures[0], futures[1], futures[3])] == ["x"] * 3
    with pytest.raises(apsw.ConstraintError):
        futures[2].result(10)
    assert stored(writer.path).keys() == {"a", "b", "c"}


async def test_replies_reach_a_loop_in_order_and_in_one_call(writer: Writer[Unit]) -> None:
    loop, calls, seen = asyncio.get_running_loop(), [], []
    original = loop.call_soon_threadsafe

    def counting(*args: object, **kwargs: object) -> object:
        calls.append(args)
        return original(*args, **kwargs)  # type: ignore[arg-type]

    loop.call_soon_threadsafe = counting  # type: ignore[method-assign,assignment]
    go, _ = held_up(writer)
    done = asyncio.Event()
    for n in range(20):
        writer.post(
            put(str(n), "x"), lambda value, error, n=n: seen.append(n) or (done.set() if n == 19 else None), loop
        )
    go.set()
    await done.wait()
    assert seen == list(range(20))
    assert len(calls) == 1


def test_a_full_disk_acknowledges_nothing_and_recovers_when_space_returns(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "ledger.db", Unit, lambda: 1)
    pages = writer.submit(lambda unit: unit.conn.execute("PRAGMA page_count").fetchone()[0]).result(10)
    writer.submit(lambda unit: unit.conn.execute(f"PRAGMA max_page_count = {pages + 20}").fetchall()).result(10)
    acked, refused = [], 0
    for n in range(60):
        try:
            acked.append(writer.submit(put(f"big{n}", f"{n}:" + "x" * 4000)).result(10))
        except LedgerUnavailable as error:
            assert "free disk space" in str(error)
            refused += 1
    assert acked
    assert refused
    assert sorted(v for k, v in stored(writer.path).items() if k.startswith("big")) == sorted(acked)
    writer.submit(lambda unit: unit.conn.execute("PRAGMA max_page_count = 100000").fetchall()).result(10)
    assert writer.submit(put("after", "1")).result(10) == "1"
    assert writer.submit(lambda unit: unit.conn.execute("PRAGMA integrity_check").fetchall()).result(10) == [("ok",)]
    writer.close()


def test_a_failing_disk_is_not_trusted_again_as_is(tmp_path: Path) -> None:
    """A flush that fails leaves the kernel's pages in doubt: the file is opened anew before the next write."""
    writer = Writer(tmp_path / "ledger.db", Unit, lambda: 1)
    before = writer._conn

    def failing(_unit: Unit) -> None:
        raise apsw.IOError("disk I/O error")

    with pytest.raises(LedgerUnavailable):
        writer.submit(failing).result(10)
    assert writer.submit(put("a", "1")).result(10) == "1"
    assert writer._conn is not before
    writer.close()


def test_the_log_does_not_grow_without_end(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "ledger.db", Unit, lambda: 1)
    for n in range(150):
        writer.submit(put(str(n), "x" * 500_000)).result(10)
    log = tmp_path / "ledger.db-wal"
    assert log.stat().st_size < 48 * 1024 * 1024
    writer.close()
    assert not log.exists() or log.stat().st_size == 0


def test_a_long_reader_stops_neither_the_writer_nor_the_close(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "ledger.db", Unit, lambda: 1)
    writer.submit(put("first", "1")).result(10)
    reader = read_only(writer.path)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM meta").fetchone() == (1,)
    for n in range(20):
        writer.submit(put(str(n), "x" * 500_000)).result(10)
    assert reader.execute("SELECT count(*) FROM meta").fetchone() == (1,)
    reader.close()
    writer.close()


def test_a_second_writer_of_the_same_file_is_refused(writer: Writer[Unit]) -> None:
    with pytest.raises(AlreadyRunning, match="another process is writing"):
        Writer(writer.path, Unit, lambda: 1)


def test_a_closed_writer_takes_nothing(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "ledger.db", Unit, lambda: 1)
    writer.close()
    with pytest.raises(LedgerUnavailable, match="closed"):
        writer.submit(put("a", "1"))


def test_a_reader_cannot_write(writer: Writer[Unit]) -> None:
    conn = read_only(writer.path)
    with pytest.raises(apsw.ReadOnlyError):
        conn.execute("DELETE FROM meta")
    conn.close()


def test_a_missing_ledger_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="baseload up"):
        read_only(tmp_path / "none.db")


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"my diary, " * 1000)
    with pytest.raises(SetupError, match="not a Baseload ledger"):
        Writer(path, Unit, lambda: 1)
    assert path.read_bytes().startswith(b"my diary")


UNSAFE = (3040001, 3044005, 3045000, 3050006, 3051000, 3051002)
SAFE = (3044006, 3044099, 3050007, 3051003, 3054001)


@pytest.mark.parametrize(("version", "safe"), [(v, v in SAFE) for v in sorted(UNSAFE + SAFE)])
def test_sqlite_versions_that_can_lose_commits_are_known(version: int, safe: bool) -> None:
    assert is_safe(version) is safe


def test_an_unsafe_sqlite_is_refused_with_what_to_do() -> None:
    with pytest.raises(SetupError, match=r"SQLite 3\.40\.1 has the WAL-reset bug.*pip install --upgrade apsw"):
        refuse_unsafe_sqlite(3040001)
