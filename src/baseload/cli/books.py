"""The books from the command line: read beside a running cloud, written only while none runs."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import apsw

from baseload.cli.place import NoCloud, absent
from baseload.errors import LedgerUnavailable
from baseload.store import Unit, Writer, read_only
from baseload.tenants import read_pepper
from baseload.units import Micros

R = TypeVar("R")


def now_us() -> Micros:
    """The command line is where time enters; all below takes it as an argument."""
    return Micros(time.time_ns() // 1000)


@contextmanager
def reading(data: Path) -> Iterator[apsw.Connection]:
    """A reader of the last commit; it stands in nobody's way."""
    if not (data / "ledger.db").exists():
        raise NoCloud(absent(data))
    conn = read_only(data / "ledger.db")
    try:
        yield conn
    except (apsw.NotADBError, apsw.CorruptError) as e:
        raise LedgerUnavailable(f"{data / 'ledger.db'} is damaged ({e}); restore it from your back-up") from e
    finally:
        conn.close()


def write(data: Path, command: Callable[[Unit], R]) -> R:
    """One command as the only writer; `AlreadyRunning` when a gateway writes these books."""
    writer = Writer(data / "ledger.db", Unit, now_us)
    try:
        return writer.submit(command).result()
    finally:
        writer.close()


def pepper(data: Path) -> bytes:
    """This directory's pepper, made at the first start."""
    return read_pepper(data / "pepper", os.urandom(32))
