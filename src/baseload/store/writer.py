"""The one writer: a thread that applies commands to the database and commits them in groups.

A group is whatever queued while the last commit ran: no window, so a lone command waits for nothing and a crowd shares
one disk flush. A command that fails, fails alone. Replies come after COMMIT, one hand-over to an event loop per group.
"""

import asyncio
import fcntl
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Generic, TypeVar

import apsw

from baseload.background import step_back
from baseload.errors import AlreadyRunning, LedgerUnavailable, SetupError
from baseload.store.checkpoint import Checkpoint
from baseload.store.connection import writing
from baseload.store.migration import migrate
from baseload.store.unit import Unit

U = TypeVar("U", bound=Unit)
R = TypeVar("R")
Reply = Callable[[Any, BaseException | None], None]
Item = tuple[Callable[[Any], Any], Reply, asyncio.AbstractEventLoop | None]
Done = tuple[Reply, Any, BaseException | None, asyncio.AbstractEventLoop | None]

MAX_GROUP = 1024
DISK_ERRORS = (apsw.FullError, apsw.IOError, apsw.BusyError, apsw.CantOpenError, apsw.CorruptError, apsw.ReadOnlyError)


class Writer(Generic[U]):
    """Owns the writing connection, its checkpoints and the file lock that keeps a second writer out."""

    def __init__(self, path: Path, unit: Callable[[apsw.Connection, int], U], clock: Callable[[], int]) -> None:
        self.path = path
        self._unit = unit
        self._clock = clock
        self._lock = _lock_out_others(path)
        try:
            self._conn = _prepared(path, clock())
        except BaseException:
            self._lock.close()
            raise
        self._checkpoint = Checkpoint(self._conn, path)
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    def post(self, command: Callable[[U], R], reply: Reply, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Queue a command; `reply(value, error)` follows its COMMIT, on `loop` or else on the writer's thread."""
        if self._closed:
            raise LedgerUnavailable("the ledger is closed; start the cloud again with: baseload up")
        self._queue.put((command, reply, loop))

    def submit(self, command: Callable[[U], R]) -> "Future[R]":
        """Queue a command from any thread."""
        future: Future[R] = Future()
        self.post(command, lambda value, error: _settle(future, value, error))
        return future

    async def ask(self, command: Callable[[U], R]) -> R:
        """Queue a command from a coroutine and wait for its COMMIT."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self.post(command, lambda value, error: _settle(future, value, error), loop)
        return await future

    def close(self) -> None:
        """Commit what is queued, fold the log back into the file, let go."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()
            self._conn.close()
            self._lock.close()

    def _run(self) -> None:
        step_back()
        stop = False
        while not stop:
            group, stop = self._take()
            if group:
                _deliver(self._commit(group))
            self._checkpoint.when_due()
        self._checkpoint.at_the_end()

    def _take(self) -> tuple[list[Item], bool]:
        """Wait for one command, then take all that queued meanwhile."""
        group: list[Item] = []
        item = self._queue.get()
        while item is not None:
            group.append(item)
            if len(group) >= MAX_GROUP:
                return group, False
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, group: list[Item]) -> list[Done]:
        try:
            done = self._transact(self._together, group)
            self._current.committed()
            return done
        except DISK_ERRORS as error:
            return self._unavailable(group, error)
        except Exception:
            try:
                return self._transact(self._one_by_one, group)
            except DISK_ERRORS as error:
                return self._unavailable(group, error)
            except Exception as error:
                self._roll_back()
                return [(reply, None, error, loop) for _, reply, loop in group]

    def _transact(self, apply: Callable[[list[Item]], list[Done]], group: list[Item]) -> list[Done]:
        self._conn.execute("BEGIN IMMEDIATE")
        try:
            done = apply(group)
            self._conn.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        return done

    def _together(self, group: list[Item]) -> list[Done]:
        """The usual case: all commands on one unit, written at once."""
        self._current = unit = self._unit(self._conn, self._clock())
        done: list[Done] = [(reply, command(unit), None, loop) for command, reply, loop in group]
        unit.flush()
        return done

    def _one_by_one(self, group: list[Item]) -> list[Done]:
        """After a failure: each command on its own savepoint, so that the faulty one fails alone."""
        done: list[Done] = []
        for command, reply, loop in group:
            self._conn.execute("SAVEPOINT command")
            try:
                unit = self._unit(self._conn, self._clock())
                value = command(unit)
                unit.flush()
                done.append((reply, value, None, loop))
            except DISK_ERRORS:
                raise
            except Exception as error:
                self._conn.execute("ROLLBACK TO command")
                done.append((reply, None, error, loop))
            self._conn.execute("RELEASE command")
        return done

    def _unavailable(self, group: list[Item], error: apsw.Error) -> list[Done]:
        """Nothing of this group is stored. After a failed flush the file is opened anew, never trusted as is."""
        self._roll_back()
        if isinstance(error, apsw.IOError):
            self._reopen()
        refusal = LedgerUnavailable(
            f"the ledger {self.path} cannot be written ({error}); free disk space or check the disk"
        )
        return [(reply, None, refusal, loop) for _, reply, loop in group]

    def _roll_back(self) -> None:
        if self._conn.in_transaction:
            self._conn.execute("ROLLBACK")

    def _reopen(self) -> None:
        try:
            fresh = writing(self.path)
        except Exception:
            return
        self._checkpoint.close()
        self._conn.close()
        self._conn = fresh
        self._checkpoint = Checkpoint(fresh, self.path)


def _settle(future: "Future[R] | asyncio.Future[R]", value: R, error: BaseException | None) -> None:
    if future.done():
        return  # the caller left
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)


def _deliver(done: list[Done]) -> None:
    """Replies in the order of the commands: at once, or in one call per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Done]] = {}
    for item in done:
        loop = item[3]
        if loop is None:
            item[0](item[1], item[2])
        else:
            by_loop.setdefault(loop, []).append(item)
    for loop, items in by_loop.items():
        try:
            loop.call_soon_threadsafe(_reply, items)
        except RuntimeError:
            pass  # the loop is closed: nobody waits for these any more


def _reply(items: list[Done]) -> None:
    for reply, value, error, _ in items:
        reply(value, error)


def _prepared(path: Path, now_us: int) -> apsw.Connection:
    conn = writing(path)
    try:
        migrate(conn, now_us)
    except BaseException:
        conn.close()
        raise
    return conn


def _lock_out_others(path: Path) -> Any:
    """Two writers of one file would each believe in their own memory of the balances."""
    try:
        lock = path.with_name(path.name + "-lock").open("a")
    except OSError as error:
        raise SetupError(f"cannot write {path} ({error}); check its folder's owner and permissions") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise AlreadyRunning(f"another process is writing {path}; stop it first (see: baseload status)") from error
    return lock
