"""Counts that outlive their process: a small table in a mapped file.

What is written here is in the kernel's page cache at once, so a SIGKILL of the writer loses nothing; no disk is
waited for, so a power loss may lose it. Workers keep their token counts here, and the gateway the admissions whose
requests have not settled: whoever starts next reads what the dead one knew.

One process writes a table; others may read it. A row's payload is written before its state.
"""

import mmap
import os
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

MAGIC = b"BLTALLY1"
HEADER = struct.Struct("<8sII")
HEADER_BYTES = 64
FIXED = struct.Struct("<16sIIIIIII")
"""id, state, prompt, prefilled, emitted, attempts, cached, payload length."""


class RowState(IntEnum):
    """Where a row's request stands. FREE rows hold nothing."""

    FREE = 0
    RUNNING = 1
    PARKED = 2
    COMPLETED = 3
    CANCELLED = 4
    FAILED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One row, read."""

    request_id: bytes
    state: RowState
    prompt: int
    prefilled: int
    emitted: int
    attempts: int
    cached: int
    payload: bytes


class Row:
    """A writer's handle on one row. Set the counts, then `flush()` before the bytes they count leave."""

    __slots__ = (
        "_map",
        "_offset",
        "attempts",
        "cached",
        "emitted",
        "index",
        "prefilled",
        "prompt",
        "request_id",
        "state",
    )

    def __init__(self, table: mmap.mmap, index: int, offset: int, request_id: bytes) -> None:
        self._map = table
        self.index = index
        self._offset = offset
        self.request_id = request_id
        self.state = RowState.RUNNING
        self.prompt = self.prefilled = self.emitted = self.attempts = self.cached = 0

    def flush(self) -> None:
        """Put the counts where they outlive us."""
        _COUNTS.pack_into(
            self._map,
            self._offset + 16,
            self.state,
            self.prompt,
            self.prefilled,
            self.emitted,
            self.attempts,
            self.cached,
        )


_COUNTS = struct.Struct("<IIIIII")


class Tally:
    """The table. `slots` rows of `payload_bytes` each; ended rows are kept for look-up until the table needs them."""

    def __init__(self, path: Path, slots: int = 4096, payload_bytes: int = 0) -> None:
        self.path = path
        existing = path.exists() and path.stat().st_size >= HEADER_BYTES
        if existing:
            magic, slots, payload_bytes = HEADER.unpack(path.read_bytes()[: HEADER.size])
            if magic != MAGIC:
                raise ValueError(f"{path} is not a tally; move it away")
        self.slots = slots
        self.payload_bytes = payload_bytes
        self._row_bytes = FIXED.size + payload_bytes
        size = HEADER_BYTES + slots * self._row_bytes
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(fd, 0, size)  # all of it now: a full disk met at a page's first write would kill us
            self._map = mmap.mmap(fd, size)
        finally:
            os.close(fd)
        if not existing:
            HEADER.pack_into(self._map, 0, MAGIC, slots, payload_bytes)
        self._free = [i for i in reversed(range(slots)) if self._state(i) == RowState.FREE]
        self._ended: deque[int] = deque(i for i in range(slots) if self._state(i) >= RowState.COMPLETED)
        self._index: dict[bytes, int] = {self._id(i): i for i in range(slots) if self._state(i) != RowState.FREE}

    def _offset(self, index: int) -> int:
        return HEADER_BYTES + index * self._row_bytes

    def _state(self, index: int) -> int:
        return int.from_bytes(self._map[self._offset(index) + 16 : self._offset(index) + 20], "little")

    def _id(self, index: int) -> bytes:
        return self._map[self._offset(index) : self._offset(index) + 16]

    def open_row(self, request_id: bytes, payload: bytes = b"") -> Row:
        """Take a row for a request. `request_id` is 16 bytes. OverflowError when every row is running."""
        if len(payload) > self.payload_bytes:
            raise ValueError(f"a payload of {len(payload)} bytes does not fit the {self.payload_bytes} of {self.path}")
        index = self._take()
        offset = self._offset(index)
        FIXED.pack_into(self._map, offset, request_id, RowState.FREE, 0, 0, 0, 0, 0, len(payload))
        self._map[offset + FIXED.size : offset + FIXED.size + len(payload)] = payload
        row = Row(self._map, index, offset, request_id)
        row.flush()
        self._index[request_id] = index
        return row

    def _take(self) -> int:
        if self._free:
            return self._free.pop()
        if not self._ended:
            raise OverflowError(f"all {self.slots} rows of {self.path} are in use")
        index = self._ended.popleft()
        if self._index.get(self._id(index)) == index:
            del self._index[self._id(index)]
        return index

    def end_row(self, row: Row, state: RowState) -> None:
        """The request is over; its counts stay for look-up."""
        row.state = state
        row.flush()
        self._ended.append(row.index)

    def free_row(self, row: Row) -> None:
        """The request is recorded elsewhere; forget it."""
        row.state = RowState.FREE
        row.flush()
        self._index.pop(row.request_id, None)
        self._free.append(row.index)

    def free(self, request_id: bytes) -> None:
        """Forget a row found by `rows`, left by a writer that died."""
        index = self._index.pop(request_id, None)
        if index is not None:
            struct.pack_into("<I", self._map, self._offset(index) + 16, RowState.FREE)
            self._free.append(index)

    def find(self, request_id: bytes) -> Count | None:
        """What is known of a request, or None."""
        index = self._index.get(request_id)
        return None if index is None else self._read(index)

    def rows(self) -> Iterator[Count]:
        """Every row that is not free."""
        for index in sorted(self._index.values()):
            yield self._read(index)

    def _read(self, index: int) -> Count:
        offset = self._offset(index)
        rid, state, prompt, prefilled, emitted, attempts, cached, length = FIXED.unpack_from(self._map, offset)
        return Count(
            request_id=rid,
            state=RowState(state),
            prompt=prompt,
            prefilled=prefilled,
            emitted=emitted,
            attempts=attempts,
            cached=cached,
            payload=bytes(self._map[offset + FIXED.size : offset + FIXED.size + length]),
        )

    def close(self) -> None:
        """Unmap the file; it stays."""
        self._map.close()
