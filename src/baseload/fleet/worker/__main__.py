"""A worker process: `python -m baseload.fleet.worker --spec FILE`.

Exit codes: 0 asked to stop; 3 it can never work as described (the supervisor does not start it again); 1 anything else.
"""

import argparse
import asyncio
import gc
import logging
import signal
import sys
import time
from pathlib import Path

import uvloop

from baseload.errors import SetupError
from baseload.fleet import leash
from baseload.fleet.child import HOPELESS
from baseload.fleet.worker.batcher import Batcher
from baseload.fleet.worker.cores import Core, Words, load
from baseload.fleet.worker.policy import CACHED_PATIENCE, PATIENCE, Limits
from baseload.fleet.worker.service import Service
from baseload.fleet.worker.spec import WorkerSpec, read_spec
from baseload.http1 import Limits as HttpLimits
from baseload.http1 import serve
from baseload.store.tally import RowState, Tally

DRAIN_S = 20.0
REASSURE_S = 15.0
"""The gateway gives up on a stream that says nothing for two minutes."""
USUAL_LOAD_S = 6.0
"""Loading reports no progress of its own; the bar follows the usual time and stops short of the end."""

log = logging.getLogger("baseload.worker")


def main() -> int:
    """Run until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="baseload.fleet.worker", description="One replica of a model.")
    parser.add_argument("--spec", type=Path, required=True, help="JSON file that describes the replica")
    leash.hold()
    try:
        return uvloop.run(_run(read_spec(parser.parse_args().spec)))
    except SetupError as e:
        log.error("%s", e)
        return HOPELESS


async def _run(spec: WorkerSpec) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tally = _open_tally(spec)
    began = time.monotonic()
    service = Service(spec, tally, lambda: min(0.95, (time.monotonic() - began) / USUAL_LOAD_S))
    Path(spec.socket).unlink(missing_ok=True)
    server = await serve(service, path=spec.socket, limits=HttpLimits(idle_timeout_s=86_400.0))
    Path(spec.socket).chmod(0o600)
    core, words = await loop.run_in_executor(None, load, spec)
    log.info("%s: %s loaded by %s in %.1f s", spec.replica, spec.model, spec.engine, time.monotonic() - began)
    status = await _work(spec, core, words, tally, service, stop)
    await server.close(drain_s=1.0)
    Path(spec.socket).unlink(missing_ok=True)
    return status


async def _work(spec: WorkerSpec, core: Core, words: Words, tally: Tally, service: Service, stop: asyncio.Event) -> int:
    """Step until told to stop, or until the engine is beyond help."""
    limits = Limits(
        slots=spec.slots,
        chunk=core.size.chunk_tokens,
        kv_tokens=core.size.kv_tokens,
        flex_when_busy=spec.flex_when_busy,
        patience=CACHED_PATIENCE if spec.prefix_cache else PATIENCE,
    )
    batcher = Batcher(core, tally, limits=limits, busy_window_s=spec.busy_window_s)
    service.ready(batcher, core, words)
    gc.collect()
    gc.freeze()
    stepping = asyncio.ensure_future(batcher.run())
    stopping = asyncio.ensure_future(stop.wait())
    reassuring = asyncio.ensure_future(_reassure(batcher))
    await asyncio.wait([stepping, stopping], return_when=asyncio.FIRST_COMPLETED)
    broken = stepping.exception() if stepping.done() else None
    if broken is not None:
        log.error("%s: the engine cannot be kept alive: %s", spec.replica, broken)
    if broken is None:
        await _drain(service, batcher)
    batcher.close()
    stopping.cancel()
    reassuring.cancel()
    return 0 if broken is None else 1


async def _reassure(batcher: Batcher) -> None:
    while True:
        await asyncio.sleep(REASSURE_S)
        batcher.reassure()


async def _drain(service: Service, batcher: Batcher) -> None:
    """Take nothing new and let what runs come to its end, for a while: a replica is switched off without a loss."""
    service.draining = True
    end = time.monotonic() + DRAIN_S
    while batcher.jobs and time.monotonic() < end:
        await asyncio.sleep(0.02)


def _open_tally(spec: WorkerSpec) -> Tally:
    """The counts file; rows a dead predecessor left running are final now."""
    path = Path(spec.tally)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tally = Tally(path, spec.tally_rows)
    except (OSError, ValueError) as e:
        raise SetupError(f"the counts of {spec.replica} cannot be kept in {path}: {e}") from e
    for count in [c for c in tally.rows() if c.state in {RowState.RUNNING, RowState.PARKED}]:
        tally.free(count.request_id)
        row = tally.open_row(count.request_id)
        row.prompt, row.prefilled, row.emitted = count.prompt, count.prefilled, count.emitted
        row.attempts, row.cached = count.attempts, count.cached
        tally.end_row(row, RowState.FAILED)
    return tally


if __name__ == "__main__":
    sys.exit(main())
