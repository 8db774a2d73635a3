"""The ledger on a disk that fills up, and under kill -9: what was acknowledged is there, nothing is half done."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from baseload.billing import Grant, Ledger
from baseload.errors import LedgerUnavailable
from tests.billing.making import START_US, Clock, admission, broken, knowing, one, opened, outcome


async def limit_pages(ledger: Ledger, more: int | None) -> None:
    pages = await ledger.writer.ask(lambda books: books.conn.execute("PRAGMA page_count").fetchone()[0])
    top = 10**6 if more is None else pages + more
    await ledger.writer.ask(lambda books: books.conn.execute(f"PRAGMA max_page_count = {top}").fetchall())


async def test_a_full_disk_lets_nobody_in_and_settles_when_space_returns(data: Path) -> None:
    ledger, price = await opened(data)
    let_in = [await ledger.hold(admission(n, 60_000, price_ver=price)) for n in range(200)]
    await limit_pages(ledger, 6)
    answers = await asyncio.gather(*(ledger.settle(g, outcome()) for g in let_in[:100]), return_exceptions=True)
    one_by_one = [await asyncio.gather(ledger.settle(g, outcome()), return_exceptions=True) for g in let_in[100:]]
    settled = [a for a in (*answers, *(b for [b] in one_by_one)) if not isinstance(a, BaseException)]
    assert len(settled) == 200  # durable in the day-book
    with pytest.raises(LedgerUnavailable):
        await ledger.day_book.posted()
    assert one(data, "SELECT count(*) FROM usage_event") < 200
    assert not ledger.is_available
    assert ledger.try_hold(admission(900, 1, price_ver=price)) is None
    assert broken(data) == []

    await limit_pages(ledger, None)
    assert isinstance(await ledger.hold(admission(902, 1, price_ver=price)), Grant)
    assert ledger.is_available
    await asyncio.gather(*(ledger.settle(g, outcome()) for g in let_in))
    await ledger.close()
    assert one(data, "SELECT count(*) FROM usage_event") == 200
    assert one(data, "SELECT count(*) FROM quarantine") == 0
    assert broken(data) == []


async def test_while_the_disk_is_full_a_hold_is_refused_by_name(data: Path) -> None:
    ledger, price = await opened(data)
    first = await ledger.hold(admission(1, 60_000, price_ver=price))

    def full(_books: object) -> None:
        import apsw

        raise apsw.FullError("database or disk is full")

    ledger.door.note(LedgerUnavailable("full"))
    asked = asyncio.gather(
        ledger.writer.ask(full), ledger.hold(admission(2, 60_000, price_ver=price)), return_exceptions=True
    )
    answers = await asked
    assert isinstance(answers[0], LedgerUnavailable)
    grant = answers[1] if isinstance(answers[1], Grant) else await ledger.hold(admission(2, 60_000, price_ver=price))
    await asyncio.gather(ledger.settle(first, outcome()), ledger.settle(grant, outcome()))
    await ledger.close()
    assert broken(data) == []


CHILD = """
import asyncio, sys, time
from pathlib import Path
from baseload.billing import Ledger
from tests.billing.making import admission, cloud, knowing, outcome

async def main(data, start):
    clock = lambda: time.time_ns() // 1000
    ledger = await Ledger.open(data, clock=clock)
    await ledger.recover(knowing(None), clock())
    price = (await ledger.open_books(cloud(), clock())).prices.at("m", "default", "external", clock()).id
    print("ready", flush=True)
    numbers = iter(range(start, start + 10**6))
    async def stream():
        for n in numbers:
            asked = admission(n, 400 if n % 3 else 150_000_000, price_ver=price, now_us=clock())
            grant = ledger.try_hold(asked) or await ledger.hold(asked)
            await asyncio.sleep(0)
            await ledger.settle(grant, outcome(prompt=0, emitted=1))
            print(asked.request_id, flush=True)
    await asyncio.gather(*(stream() for _ in range(8)))

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


@pytest.mark.parametrize("rounds", [4])
async def test_kill_9_under_load_loses_nothing_acknowledged(data: Path, rounds: int) -> None:
    acked: list[str] = []
    for n in range(rounds):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(data), str(n * 10**6)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": "src:."},
        )
        assert child.stdout is not None
        lines = child.stdout
        assert lines.readline() == "ready\n"
        acked += [lines.readline().strip() for _ in range(60 + 37 * n)]
        child.send_signal(signal.SIGKILL)
        acked += [line.strip() for line in lines if line.endswith("\n")]
        lines.close()
        child.wait(10)
    ledger = await Ledger.open(data, clock=Clock())
    report = await ledger.recover(knowing(None), START_US)
    assert report.leases_closed >= 1
    await ledger.close()
    stored = str(one(data, "SELECT group_concat(event_id) FROM usage_event WHERE finish = 'stop'")).split(",")
    assert len(acked) > rounds * 60
    assert set(acked) <= set(stored)
    assert len(stored) == len(set(stored))
    assert one(data, "SELECT sum(held_nano) FROM account") == 0
    assert broken(data) == []
