"""Puts the gateway together, opens its doors, and closes them again without losing anything.

Order matters: the ledger recovers what a killed gateway left before a request is taken; on the way out requests are
drained, then stopped and settled, then the leases go back.
"""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import uvicorn

from baseload import catalog, http1
from baseload.billing.ledger import Ledger
from baseload.config import Cloud, from_json
from baseload.energy import Meter, Weights, pick
from baseload.errors import LedgerError, SetupError
from baseload.fleet.replicas import Replicas
from baseload.fleet.router import Router
from baseload.gateway.admin import make_admin
from baseload.gateway.caller import Callers
from baseload.gateway.control import Control
from baseload.gateway.metering import Metering
from baseload.gateway.meters import Meters
from baseload.gateway.power import Power
from baseload.gateway.recovery import Witnesses
from baseload.gateway.routes import Routes
from baseload.gateway.runtime import Runtime, now_us
from baseload.gateway.steer import PoolPower, Steering
from baseload.store import read_only
from baseload.store.private import write_private
from baseload.tenants import KeyRing, Limits, list_keys, read_pepper

log = logging.getLogger(__name__)


async def serve(data: Path) -> None:
    """Run the gateway of a data directory until SIGTERM or SIGINT."""
    cloud = catalog.localise(from_json((data / "run" / "cloud.json").read_bytes()))
    replicas = Replicas(data)
    runtime, control = await build(data, cloud, replicas)
    stop, hurry = _stop_on_signal()
    settings = cloud.gateway
    limits = http1.Limits(max_body_bytes=settings.max_body_bytes, read_timeout_s=settings.header_timeout_s)
    metering = Metering(runtime, replicas)
    await control.tick()
    server = await _listen(runtime, limits)
    admin = await _open_admin(data, runtime, control, metering)
    loops = [asyncio.create_task(control.run()), asyncio.create_task(metering.run())]
    log.info("serving on %s:%d", settings.host, server.port)
    try:
        await stop.wait()
    finally:
        log.info("draining")
        runtime.closing = True
        for loop in loops:
            loop.cancel()
        await _drain(runtime, server, settings.drain_timeout_s, hurry)
        admin.should_exit = True
        with contextlib.suppress(LedgerError):
            await runtime.settle_waiting()
            await metering.tick(force=True)
        await runtime.ledger.close()
        runtime.power.close()


async def build(data: Path, cloud: Cloud, replicas: Replicas) -> tuple[Runtime, Control]:
    """Everything but the listeners: the books recovered and opened, the engines known."""
    router = Router(replicas.engines(cloud))
    ledger = await Ledger.open(data, clock=now_us)
    report = await ledger.recover(Witnesses(router.engines), now_us())
    log.info("recovered: %s", report)
    opening = await ledger.open_books(cloud, now_us())
    weights = {m.id: Weights.of(catalog.model(m.catalog) if m.catalog else None) for m in cloud.models}
    pepper = read_pepper(data / "pepper")
    conn = read_only(data / "ledger.db")
    runtime = Runtime(
        cloud=cloud,
        data=data,
        pepper=pepper,
        callers=Callers(
            keys=KeyRing(pepper, list_keys(conn)),
            tenants={t.id: t for t in cloud.tenants},
            limits={t.id: Limits.of(t, now_us()) for t in cloud.tenants},
        ),
        ledger=ledger,
        prices=opening.prices,
        router=router,
        power=Power(_meters(cloud, weights, router)),
        meters=Meters(m.id for m in cloud.models),
        started_us=now_us(),
        models={m.id: m for m in cloud.models},
        notes=opening.notes,
    )
    conn.close()
    steering = Steering(cloud, opening.prices, _pool_power(cloud), weights)
    return runtime, Control(runtime, steering, replicas)


def _meters(cloud: Cloud, weights: dict[str, Weights], router: Router) -> list[Meter]:
    """A meter a pool. One whose engines do not run on this machine's processor is as busy as its places are taken."""
    sites = {s.id: s for s in cloud.sites}
    power = _pool_power(cloud)
    local = {m.pool for m in cloud.models if m.engine == "openvino"}
    return [
        Meter(
            pool.id,
            pick(pool, catalog.pool_chip(pool), busy=None if pool.id in local else partial(router.busy_share, pool.id)),
            idle_w=power[pool.id].idle_w,
            max_w=power[pool.id].max_w,
            pue=sites[pool.site].pue,
            weights=weights,
            now_us=now_us(),
        )
        for pool in cloud.pools
    ]


def _pool_power(cloud: Cloud) -> dict[str, PoolPower]:
    sites = {s.id: s for s in cloud.sites}
    found = {}
    for pool in cloud.pools:
        chip, chips = catalog.pool_chip(pool), catalog.chips_of(pool)
        found[pool.id] = PoolPower(
            idle_w=chip.need("idle_w").value * chips,
            max_w=chip.need("max_w").value * chips,
            usd_per_kwh=catalog.tariff(sites[pool.site].tariff).usd_per_mwh.value / 1000,
        )
    return found


def _stop_on_signal() -> tuple[asyncio.Event, asyncio.Event]:
    """The first signal asks to stop, the second not to wait for running answers."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def on_signal() -> None:
        (hurry if stop.is_set() else stop).set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, on_signal)
    return stop, hurry


async def _listen(runtime: Runtime, limits: http1.Limits) -> http1.Server:
    settings, routes = runtime.cloud.gateway, Routes(runtime)
    try:
        return await http1.serve(
            routes,
            host=settings.host,
            port=settings.port,
            limits=limits,
            new_id=lambda: routes.new_id(runtime.now_us()),
        )
    except OSError as e:
        where = f"{settings.host}:{settings.port}"
        raise SetupError(f"cannot listen on {where}: {os.strerror(e.errno or 0)}; choose another with --port") from e


async def _open_admin(data: Path, runtime: Runtime, control: Control, metering: Metering) -> uvicorn.Server:
    """The admin listener on a loopback port of its own; where and with which secret is told in run/admin.json."""
    secret = secrets.token_urlsafe(32)
    listener = socket.create_server(("127.0.0.1", runtime.cloud.gateway.admin_port))
    app = make_admin(runtime, control, metering, secret)
    server = AdminServer(
        uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2)
    )
    task = asyncio.create_task(server.serve([listener]))
    while not server.started and not task.done():
        await asyncio.sleep(0.01)
    where = {
        "url": f"http://127.0.0.1:{listener.getsockname()[1]}",
        "secret": secret,
        "gateway_url": f"http://{runtime.cloud.gateway.host}:{runtime.cloud.gateway.port}",
        "pid": os.getpid(),
    }
    write_private(data / "run" / "admin.json", json.dumps(where).encode())
    return server


class AdminServer(uvicorn.Server):
    """Uvicorn without its signal handlers: the gateway has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def _drain(runtime: Runtime, server: http1.Server, drain_s: float, hurry: asyncio.Event) -> None:
    """Let running answers end for a while, then stop the engines; each settles what it delivered."""
    closing = asyncio.create_task(server.close(drain_s + 5.0))
    end = asyncio.get_running_loop().time() + drain_s
    while runtime.live and not hurry.is_set() and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(0.02)
    for request in list(runtime.live):
        request.stop("cancelled")
    await closing
