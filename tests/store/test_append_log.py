"""The append-only log: what it acknowledged is read back, whatever was cut short behind it."""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.errors import LedgerUnavailable
from baseload.store.append_log import AppendLog, frame, frames

Answer = tuple[int, BaseException | None]


async def append(log: AppendLog, *payloads: bytes) -> list[Answer]:
    loop = asyncio.get_running_loop()
    answers: list[asyncio.Future[Answer]] = [loop.create_future() for _ in payloads]

    def keep(answer: "asyncio.Future[Answer]", number: int, error: BaseException | None) -> None:
        answer.set_result((number, error))

    for payload, answer in zip(payloads, answers, strict=True):
        log.append(payload, lambda number, error, answer=answer: keep(answer, number, error))
    return await asyncio.gather(*answers)


def opened(folder: Path, segment_bytes: int = 4096) -> tuple[AppendLog, list[tuple[int, bytes]]]:
    log = AppendLog(folder, segment_bytes=segment_bytes)
    left = log.read()
    log.start(max((n for n, _ in left), default=0) + 1)
    return log, left


async def test_what_was_acknowledged_is_read_back_in_order(tmp_path: Path) -> None:
    log, left = opened(tmp_path)
    assert left == []
    assert await append(log, b"a", b"", b"c") == [(1, None), (2, None), (3, None)]
    assert await append(log, b"d") == [(4, None)]
    log.close()
    again, left = opened(tmp_path)
    assert left == [(1, b"a"), (2, b""), (3, b"c"), (4, b"d")]
    assert await append(again, b"e") == [(5, None)]  # over what was read: whoever starts has dealt with it
    again.close()
    third, left = opened(tmp_path)
    assert left == [(5, b"e")]
    third.close()


async def test_the_files_are_private_and_laid_out_once(tmp_path: Path) -> None:
    log, _ = opened(tmp_path / "day")
    sizes = {p: (p.stat().st_size, oct(p.stat().st_mode & 0o777)) for p in (tmp_path / "day").iterdir()}
    await append(log, b"x" * 4000)
    log.close()
    assert list(sizes.values()) == [(4096, "0o600")] * 2
    assert {p: (p.stat().st_size, oct(p.stat().st_mode & 0o777)) for p in (tmp_path / "day").iterdir()} == sizes


async def test_it_turns_to_the_other_file_only_when_that_is_forgotten(tmp_path: Path) -> None:
    log, _ = opened(tmp_path)
    page = b"x" * 2000
    assert [error for _, error in await append(log, page)] + [error for _, error in await append(log, page)] == [
        None
    ] * 2
    assert [error for _, error in await append(log, page)] + [error for _, error in await append(log, page)] == [
        None
    ] * 2
    ((_, full),) = await append(log, page)
    assert isinstance(full, LedgerUnavailable)
    assert "full" in str(full)
    log.forget(2)
    assert await append(log, page) == [(5, None)]
    log.close()
    _, left = opened(tmp_path)
    assert [n for n, _ in left] == [3, 4, 5]


async def test_a_refused_write_leaves_no_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, _ = opened(tmp_path)
    real = os.pwritev

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwritev", full)
    ((number, error),) = await append(log, b"lost")
    assert number == 0
    assert "No space left" in str(error)
    monkeypatch.setattr(os, "pwritev", real)
    assert await append(log, b"kept") == [(1, None)]
    log.close()
    _, left = opened(tmp_path)
    assert left == [(1, b"kept")]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=12), st.data())
def test_a_write_cut_short_anywhere_costs_only_what_was_cut(payloads: list[bytes], data: st.DataObject) -> None:
    """As a power loss leaves a file: a prefix of the last write, older frames or zeros behind it."""
    whole = [frame(n, p) for n, p in enumerate(payloads, 101)]
    older = b"".join(frame(n, p[::-1]) for n, p in enumerate(payloads, 1)) + bytes(64)
    cut = data.draw(st.integers(0, sum(map(len, whole))))
    written = b"".join(whole)[:cut]
    read = list(frames(written + older[len(written) :]))
    if cut == 0:
        assert [n for n, _ in read] == list(range(1, len(payloads) + 1))
    else:
        kept = [n for n, f in enumerate(whole) if sum(map(len, whole[: n + 1])) <= cut]
        assert read[: len(kept)] == [(101 + n, payloads[n]) for n in kept]
        assert all(payloads[n - 101] == p for n, p in read if n > 100)  # older bytes may happen to complete one


@given(st.binary(max_size=200))
def test_noise_is_never_a_frame(noise: bytes) -> None:
    assert list(frames(noise)) == []
