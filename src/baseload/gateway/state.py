"""The live state as one JSON-ready value: what the operator's page and `baseload status` show.

A figure that is undefined (a ratio over nothing, watts nobody has read yet) is None, never 0.
"""

import os
import platform
from dataclasses import asdict
from typing import Any

from baseload.gateway.control import Control
from baseload.gateway.metering import Metering
from baseload.gateway.runtime import Runtime


def describe(runtime: Runtime, control: Control, metering: Metering) -> dict[str, Any]:
    """See docs/reference/admin.md for every key."""
    power = runtime.power
    return {
        "as_of_us": runtime.now_us(),
        "started_us": runtime.started_us,
        "pid": os.getpid(),
        "model_ids": list(runtime.models),
        "requests": _requests(runtime, control),
        "rates": _rates(runtime, control),
        "power": {
            "watts": power.watts,
            "idle_watts": power.idle_watts,
            "envelope_watts": sum(s.envelope_w for s in runtime.cloud.sites),
            "kind": str(power.kind),
            "joules_total": power.metered_mj / 1000,
            "joules_per_token": _per_token(power.metered_mj / 1000 if metering.checked_us else None, runtime),
        },
        "replicas": [_replica(runtime, control, e.replica) for e in runtime.router.engines],
        "orders": runtime.orders.describe(),
        "tenants": [_tenant(runtime, t) for t in runtime.callers.tenants],
        "trust": _trust(runtime, control, metering),
        "problems": problems(runtime, control),
    }


def _per_token(joules: float | None, runtime: Runtime) -> float | None:
    """Defined once a metering window is on record and a token was emitted."""
    return None if joules is None or not runtime.meters.emitted else joules / runtime.meters.emitted


def _requests(runtime: Runtime, control: Control) -> dict[str, Any]:
    meters = runtime.meters
    return {
        "total": meters.requests,
        "in_flight": len(runtime.live),
        "queued": sum(control.telemetry.queued_by_class().values()),
        "completed": meters.completed,
        "failed": meters.failed,
        "refusals": dict(meters.refusals),
    }


def _rates(runtime: Runtime, control: Control) -> dict[str, Any]:
    """Utilisation is the work done per second over what the pools are known to sustain."""
    last = runtime.meters.history[-1] if runtime.meters.history else None
    capacity = control.telemetry.capacity_tokens_per_s()
    utilisation = None
    if last and capacity:
        done = control.telemetry.rates.decode_equivalents_per_s(last.prefill_tokens_per_s, last.decode_tokens_per_s)
        utilisation = min(done / capacity, 1.0)
    return {
        "requests_per_s": control.telemetry.requests_per_s if last else None,
        "prefill_tokens_per_s": last.prefill_tokens_per_s if last else None,
        "decode_tokens_per_s": last.decode_tokens_per_s if last else None,
        "capacity_tokens_per_s": capacity,
        "utilisation": utilisation,
    }


def _replica(runtime: Runtime, control: Control, replica: str) -> dict[str, Any]:
    engine = next(e for e in runtime.router.engines if e.replica == replica)
    seat = next(s for s in runtime.router.queues[engine.model].seats if s.engine is engine)
    pool = next(p for p in runtime.cloud.pools if p.id == engine.pool_id)
    said = control.metrics.get(replica, {})
    last = runtime.meters.history[-1] if runtime.meters.history else None
    watts = last.by_replica_watts.get(replica) if last else None
    cost = control.telemetry.cost_by_pool.get(pool.id)
    in_pool = max(sum(e.pool_id == pool.id for e in runtime.router.engines), 1)
    of_model = max(len(runtime.router.queues[engine.model].seats), 1)
    tokens_per_s = last.by_model.get(engine.model, 0.0) / of_model if last else None
    return {
        "id": replica,
        "node": platform.node() if engine.kind != "external" else engine.connections.name,
        "chip": pool.chip,
        "pool": pool.id,
        "model": engine.model,
        "engine": engine.kind,
        "state": "ready" if seat.up else "down",
        "running": seat.load,
        "waiting": int(said["waiting"]) if "waiting" in said else None,
        "parked": int(said["parked"]) if "parked" in said else None,
        "tokens_per_s": tokens_per_s,
        "watts": watts,
        "joules_per_token": watts / tokens_per_s if watts is not None and tokens_per_s else None,
        "usd_per_hour": None if cost is None else cost / in_pool,
        "kv_used": said.get("kv_used"),
    }


def _tenant(runtime: Runtime, tenant: str) -> dict[str, Any]:
    meter = runtime.meters.tenant(tenant)
    return {
        "id": tenant,
        "in_flight": meter.in_flight,
        "requests": meter.requests,
        "quota_share": runtime.callers.limits[tenant].share_used(runtime.now_us()),
        "refusals": dict(meter.refusals),
    }


def _trust(runtime: Runtime, control: Control, metering: Metering) -> dict[str, Any]:
    """Tokens by the engines' own count and by ours, and joules by the meter and by the share-out."""
    return {
        **asdict(control.reconciler.trust),
        "joules_metered": runtime.power.metered_mj / 1000,
        "joules_allotted": runtime.power.allotted_mj / 1000,
        "unsettled": len(runtime.unsettled),
        "checked_us": metering.checked_us or None,
    }


def problems(runtime: Runtime, control: Control) -> list[str]:
    """What needs somebody, one sentence each, worst first."""
    found: list[str] = []
    if runtime.unsettled:
        found.append(
            f"{len(runtime.unsettled)} answers wait to be settled: the ledger cannot write; make room on its disk."
        )
    for queue in runtime.router.queues.values():
        down = [s.engine.replica for s in queue.seats if not s.up]
        if down:
            found.append(f"{', '.join(down)} is down; it is being restarted.")
    found += [f"{b[0].upper()}{b[1:]}." for b in runtime.orders.breaks]
    found += [f"{n[0].upper()}{n[1:]}." for n in runtime.notes]
    over_w = (runtime.power.watts or 0.0) - sum(s.envelope_w for s in runtime.cloud.sites)
    if over_w > 0.5:
        found.append(f"The sites draw {over_w:.0f} W more than their envelope.")
    return found
