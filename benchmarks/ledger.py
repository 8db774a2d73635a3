"""How many requests a second the ledger holds and settles, durably, beside the disk's own flush time.

    taskset -c 0 python benchmarks/ledger.py [--requests 40000] [--crowd 256 | --rate 1000] [--json]

Every request takes its bound from the lease (spool row written) and is settled with one attempt in a full commit:
usage event, attempt, rating, chained journal entry and two postings. `crowd` coroutines do so as fast as they can, or
requests come at a steady `rate` a second, whatever the answers take.
"""

import argparse
import asyncio
import json
import os
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from baseload.billing import Admission, Attempt, Ledger, Outcome
from baseload.config.cloud import Cloud, ModelPrice, PriceBook, Tenant
from baseload.units import Mark, Micros, Millijoule, Nano, Pico


def clock() -> int:
    return time.time_ns() // 1000


def cloud() -> Cloud:
    tenant = Tenant(
        id="acme",
        business="external",
        tier="default",
        tiers=("default",),
        billing="prepaid",
        balance_nano=Nano(10**15),
    )
    price = ModelPrice(model="m", input_pico=Pico(50_000), cached_input_pico=Pico(25_000), output_pico=Pico(200_000))
    book = PriceBook(id="bench", valid_from_us=0, prices=(price,))
    return Cloud(name="bench", sites=(), pools=(), models=(), tenants=(tenant,), book=book)


def fsync_ms(folder: Path, rounds: int = 200) -> tuple[float, float]:
    fd = os.open(folder / "fsync", os.O_CREAT | os.O_WRONLY)
    took = []
    for _ in range(rounds):
        os.write(fd, b"\0" * 4096)
        start = time.perf_counter()
        os.fdatasync(fd)
        took.append((time.perf_counter() - start) * 1e3)
    os.close(fd)
    took.sort()
    return took[rounds // 2], took[rounds * 99 // 100]


async def request(ledger: Ledger, price_ver: str, number: int, waits: list[float]) -> None:
    now = Micros(clock())
    admission = Admission(
        request_id=f"req_{time.time_ns():016x}{number:016x}",
        tenant_id="acme",
        project_id="prj_acme",
        key_id="AbCd1234",
        account_id="acct_acme",
        model="m",
        tier="default",
        business="external",
        bound_nano=Nano(60_000),
        price_ver=price_ver,
        now_us=now,
    )
    grant = ledger.try_hold(admission) or await ledger.hold(admission)
    attempt = Attempt(
        n=1,
        replica="m-0",
        prefilled=100,
        prefill_billed=100,
        emitted=64,
        delivered=64,
        billed=64,
        lost=0,
        reason="completed",
        count_mark="counted",
        started_us=now,
        ended_us=now,
    )
    outcome = Outcome(
        attempts=(attempt,),
        tok_in=100,
        tok_cached=None,
        tok_out=64,
        energy_mj=Millijoule(1200),
        energy_kind=Mark.MODELLED,
        finish="stop",
        pool="box",
        replica="m-0",
        first_token_us=now,
        queue_us=0,
        now_us=now,
    )
    start = time.perf_counter()
    await ledger.settle(grant, outcome)
    waits.append((time.perf_counter() - start) * 1e3)


async def crowded(requests: int, crowd: int, one: Callable[[int], Awaitable[None]]) -> None:
    numbers = iter(range(requests))

    async def member() -> None:
        for number in numbers:
            await one(number)

    await asyncio.gather(*(member() for _ in range(crowd)))


async def steady(requests: int, rate: float, one: Callable[[int], Awaitable[None]]) -> None:
    loop = asyncio.get_running_loop()
    start, under_way = loop.time(), set()
    for number in range(requests):
        wait = start + number / rate - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        task = loop.create_task(one(number))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)


async def run(folder: Path, requests: int, crowd: int, rate: float) -> dict[str, float]:
    ledger = await Ledger.open(folder, clock=clock)
    opening = await ledger.open_books(cloud(), Micros(clock()))
    price_ver = opening.prices.at("m", "default", "external", clock()).id
    waits: list[float] = []

    async def one(number: int) -> None:
        await request(ledger, price_ver, number, waits)

    start, cpu = time.perf_counter(), time.process_time()
    await (steady(requests, rate, one) if rate else crowded(requests, crowd, one))
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    await ledger.close()
    waits.sort()
    return {
        "requests": requests,
        "crowd": 0 if rate else crowd,
        "rate_per_s": rate,
        "requests_per_s": round(requests / wall),
        "cpu_us_per_request": round(cpu / requests * 1e6, 1),
        "settle_p50_ms": round(waits[len(waits) // 2], 3),
        "settle_p99_ms": round(waits[len(waits) * 99 // 100], 3),
        "bytes_per_request": round((folder / "ledger.db").stat().st_size / requests),
        "max_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--requests", type=int, default=40_000)
    parser.add_argument("--crowd", type=int, default=256)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="baseload-ledger-") as folder:
        p50, p99 = fsync_ms(Path(folder))
        import uvloop

        found = uvloop.run(run(Path(folder), args.requests, args.crowd, args.rate))
        found |= {"fsync_p50_ms": round(p50, 3), "fsync_p99_ms": round(p99, 3)}
    print(json.dumps(found) if args.json else "\n".join(f"{k:20} {v}" for k, v in found.items()))


if __name__ == "__main__":
    main()
