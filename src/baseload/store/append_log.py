"""An append-only log in two files written in turn: what is appended is on disk when its reply comes.

A frame is numbered and checked, so a reader stops at the first byte that was not wholly written. The files are laid out
once and written over, so that a flush carries data only and no change of a file's size: one system call, one disk
flush, for all that queued while the last one ran. A file is written again only when all it holds was forgotten.
"""

import asyncio
import os
import queue
import struct
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from baseload.errors import LedgerUnavailable, SetupError

FRAME = struct.Struct("<IIQ")
"""Bytes of the payload, CRC-32 of number and payload, number."""
NUMBER = struct.Struct("<Q")
SEGMENT_BYTES = 4 << 20
MAX_GROUP = 512

Reply = Callable[[int, BaseException | None], None]
"""Called with the frame's number once it is on disk, or with what went wrong."""
Item = tuple[bytes, Reply]
Done = tuple[Reply, int, BaseException | None]


@dataclass(slots=True)
class Segment:
    """One of the two files."""

    fd: int
    used_bytes: int = 0
    last: int = 0


class AppendLog:
    """Read what an earlier process left, `start`, append. Replies come on the loop that opened it."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._loop = asyncio.get_running_loop()
        self._segment_bytes = segment_bytes
        self._paths = [folder / f"day-{n}.log" for n in (0, 1)]
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._segments = [Segment(_laid_out(path, segment_bytes)) for path in self._paths]
        except OSError as error:
            raise SetupError(f"cannot write in {folder} ({error}); free disk space or check its permissions") from error
        self._current = 0
        self._next = 1
        self._forgotten = 0
        self._queued: deque[Item] = deque()
        self._wakes: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._asleep = True
        self._thread = threading.Thread(target=self._run, name="append-log", daemon=True)

    def read(self) -> list[tuple[int, bytes]]:
        """The frames that earlier processes left, by number."""
        return sorted(frame for segment in self._segments for frame in frames(_whole(segment.fd)))

    def start(self, number: int) -> None:
        """Go on with this number. What `read` gave has been dealt with and may be written over."""
        self._next, self._forgotten = number, number - 1
        self._thread.start()

    def append(self, payload: bytes, reply: Reply) -> None:
        """Queue a frame. The thread is woken once the loop has done what it is at, so that all of it shares a flush."""
        self._queued.append((payload, reply))
        if self._asleep:
            self._asleep = False
            self._loop.call_soon(self._wakes.put, True)

    def forget(self, number: int) -> None:
        """Frames up to this one are on record elsewhere."""
        self._forgotten = number

    def close(self) -> None:
        """Write what is queued and let go of the files."""
        if self._thread.is_alive():
            self._wakes.put(False)
            self._thread.join()
        for segment in self._segments:
            os.close(segment.fd)

    # the thread
    def _run(self) -> None:
        go_on = True
        while go_on:
            go_on = self._wakes.get()
            while self._queued:
                group = [self._queued.popleft() for _ in range(min(len(self._queued), MAX_GROUP))]
                self._deliver(self._write(group))
            self._asleep = True
            if self._queued:  # it came after the last look and saw us awake
                self._asleep = False
                self._wakes.put(go_on)
                go_on = True

    def _write(self, group: list[Item]) -> list[Done]:
        """One write for all; a frame counts only once all of them are on disk."""
        data = b"".join(frame(number, payload) for number, (payload, _) in enumerate(group, self._next))
        try:
            segment = self._segment(len(data))
            if os.pwritev(segment.fd, [data], segment.used_bytes, os.RWF_DSYNC) != len(data):
                raise OSError("the disk took only a part of it")
        except OSError as error:
            wrong = LedgerUnavailable(f"{self._paths[self._current]} cannot be written ({error}); check the disk")
            return [(reply, 0, wrong) for _, reply in group]
        first, self._next = self._next, self._next + len(group)
        segment.used_bytes += len(data)
        segment.last = self._next - 1
        return [(reply, number, None) for number, (_, reply) in enumerate(group, first)]

    def _segment(self, size: int) -> Segment:
        """The file with room for so much: this one, or the other when nothing in it is needed any more."""
        segment = self._segments[self._current]
        if segment.used_bytes + size <= self._segment_bytes:
            return segment
        other = self._segments[1 - self._current]
        if size > self._segment_bytes or other.last > self._forgotten:
            raise OSError("it is full of what is not yet on record elsewhere")
        self._current = 1 - self._current
        other.used_bytes = other.last = 0
        return other

    def _deliver(self, done: list[Done]) -> None:
        try:
            self._loop.call_soon_threadsafe(_reply, done)
        except RuntimeError:
            pass  # the loop is closed: nobody waits any more


def frame(number: int, payload: bytes) -> bytes:
    """As it is on disk."""
    return FRAME.pack(len(payload), zlib.crc32(payload, zlib.crc32(NUMBER.pack(number))), number) + payload


def frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The whole frames at the head of a file. Behind them lies what an earlier turn left, numbered lower."""
    at, expected = 0, None
    while at + FRAME.size <= len(data):
        size, crc, number = FRAME.unpack_from(data, at)
        payload = data[at + FRAME.size : at + FRAME.size + size]
        if number == 0 or len(payload) < size or (expected is not None and number != expected):
            return
        if crc != zlib.crc32(payload, zlib.crc32(NUMBER.pack(number))):
            return
        yield number, payload
        at, expected = at + FRAME.size + size, number + 1


def _whole(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _reply(done: list[Done]) -> None:
    for reply, number, error in done:
        reply(number, error)


def _laid_out(path: Path, size: int) -> int:
    """Open a file of this size. Zeros are written, not promised: blocks that were never written cost a flush more."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        missing = size - os.fstat(fd).st_size
        if missing > 0:
            if os.pwrite(fd, bytes(missing), size - missing) != missing:
                raise OSError("no space left on device")
            os.fsync(fd)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except BaseException:
        os.close(fd)
        raise
    return fd
