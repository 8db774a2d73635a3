"""Numbers for the fake gateway: they move, and they are plausible enough to look at."""

import math
import random
import time
from typing import Any

MODELS = ["smollm2-135m", "tutor-1b"]
SEATS = [
    (MODELS[0], 0, 1, "ready", 14, 3, 2, 0.62),
    (MODELS[1], 0, 2, "ready", 5, 0, 0, 0.31),
    (MODELS[1], 1, 2, "ready", 0, 0, 0, 0.0),
]
"""model, index, node, state, running, waiting, parked, share of the KV cache in use"""
REFUSALS = {"hobby": {"rate_limited": 4, "insufficient_balance": 1}}
TENANTS = [("internal", "internal"), ("acme", "external"), ("hobby", "external")]


def state(pid: int, problems: list[str]) -> dict[str, Any]:
    now = time.time()
    swing = 0.5 + 0.5 * math.sin(now / 7)
    speed = [310 + 90 * swing + random.random() * 12, 84 + 22 * (1 - swing) + random.random() * 5, 0.0]
    watts = [46 + 18 * swing, 31 + 9 * (1 - swing), 12.0]
    replicas = [
        {
            "id": f"{m}-{i}",
            "node": f"node-{n}",
            "chip": "EPYC 9654, 32 vCPU",
            "pool": "cpu",
            "model": m,
            "engine": "openvino",
            "state": s,
            "running": r,
            "waiting": w,
            "parked": p,
            "tokens_per_s": t,
            "watts": x,
            "joules_per_token": x / t if t else None,
            "usd_per_hour": 0.118,
            "kv_used": k,
        }
        for (m, i, n, s, r, w, p, k), t, x in zip(
            SEATS,
            speed,
            watts,
            strict=True,
        )
    ]
    total = sum(watts) + 7.5
    tokens = int((now - 1.79e9) * 30) + 4_000_000
    return {
        "as_of_us": int(now * 1e6),
        "started_us": int((now - 7300) * 1e6),
        "pid": pid,
        "model_ids": MODELS,
        "requests": {
            "total": int(now) % 100_000,
            "in_flight": 19,
            "queued": 3,
            "completed": 100,
            "failed": 1,
            "refusals": {"rate_limited": 4},
        },
        "rates": {
            "requests_per_s": 3.1,
            "prefill_tokens_per_s": 900 * swing + 200,
            "decode_tokens_per_s": sum(speed),
            "capacity_tokens_per_s": 720.0,
            "utilisation": sum(speed) / 720,
        },
        "power": {
            "watts": total,
            "idle_watts": 38.0,
            "envelope_watts": 150.0,
            "kind": "modelled",
            "joules_total": 1.2e6,
            "joules_per_token": total / sum(speed),
        },
        "replicas": replicas,
        "orders": {
            "as_of_us": int(now * 1e6),
            "flex_slots": {MODELS[0]: 12},
            "worth": {"node_usd_per_h": 0.214, "watt_usd_per_h": 0.00041, "request_per_s_usd_per_h": 0.036},
            "merit": [
                {
                    "class": "internal, priority",
                    "price_usd_per_h": 0.41,
                    "marginal_cost_usd_per_h": 0.012,
                    "margin_usd_per_h": 0.398,
                    "asked_per_s": 1.2,
                    "served_per_s": 1.2,
                    "waits_per_s": 0.0,
                    "reason": "served whole",
                },
                {
                    "class": "acme, default",
                    "price_usd_per_h": 0.33,
                    "marginal_cost_usd_per_h": 0.011,
                    "margin_usd_per_h": 0.319,
                    "asked_per_s": 1.4,
                    "served_per_s": 1.4,
                    "waits_per_s": 0.0,
                    "reason": "served whole",
                },
                {
                    "class": "hobby, flex",
                    "price_usd_per_h": 0.12,
                    "marginal_cost_usd_per_h": 0.011,
                    "margin_usd_per_h": 0.109,
                    "asked_per_s": 0.9,
                    "served_per_s": 0.5,
                    "waits_per_s": 0.4,
                    "reason": "waits: chips are worth more to acme",
                },
            ],
        },
        "tenants": [
            {"id": t, "business": b, "in_flight": 6, "requests": int(now) % 5000 + i, "refusals": REFUSALS.get(t, {})}
            for i, (t, b) in enumerate(TENANTS)
        ],
        "trust": {
            "engine_tokens": tokens,
            "metered_tokens": tokens,
            "billed_tokens": tokens - 1284,
            "lost_tokens": 1284,
            "joules_metered": 1_204_113.4,
            "joules_allotted": 1_204_113.4,
            "checked_us": int((now - 4) * 1e6),
        },
        "problems": problems,
    }


def history(seconds: int) -> dict[str, Any]:
    end = int(time.time())
    rows, models, watts = (
        [],
        {m: [] for m in MODELS},
        {f"{MODELS[0]}-0": [], f"{MODELS[1]}-0": [], f"{MODELS[1]}-1": []},
    )  # type: ignore[var-annotated]
    for t in range(end - seconds, end):
        swing = 0.5 + 0.5 * math.sin(t / 7) * math.cos(t / 611)
        a, b = 310 + 90 * swing + t * 7 % 13, 84 + 22 * (1 - swing)
        w = (46 + 18 * swing, 31 + 9 * (1 - swing), 12.0)
        total = sum(w) + 7.5
        rows.append(
            [
                t * 1e6,
                900 * swing + 200,
                a + b,
                total,
                19,
                3,
                total / (a + b),
                0.412 + 0.05 * swing,
                0.27 - 0.03 * swing,
            ]
        )
        models[MODELS[0]].append(a)
        models[MODELS[1]].append(b)
        for line, x in zip(watts.values(), w, strict=True):
            line.append(x)
    names = [
        "at_us",
        "prefill_tokens_per_s",
        "decode_tokens_per_s",
        "watts",
        "in_flight",
        "queued",
        "joules_per_token",
        "price_usd_per_mtok",
        "cost_usd_per_mtok",
    ]
    return {"step_s": 1, "fields": names, "rows": rows, "by_model": models, "by_replica_watts": watts}


def pnl() -> dict[str, Any]:
    now = time.time_ns() // 1000

    def fig(value: float | None, unit: str, mark: str, note: str = "") -> dict[str, Any]:
        return {"value": value, "unit": unit, "mark": mark, "as_of_us": now, "note": note}

    def group(kind: str, name: str, revenue: float) -> dict[str, Any]:
        return {
            kind: name,
            "requests": fig(4310, "requests", "measured"),
            "tokens": fig(1_204_331, "tokens", "measured"),
            "revenue_usd": fig(revenue, "USD", "measured"),
            "caused_cost_usd": fig(revenue * 0.55, "USD", "assumed"),
            "contribution_usd": fig(revenue * 0.45, "USD", "assumed"),
            "contribution_share": fig(0.45, "share", "assumed"),
            "group_joules_per_token": fig(0.21, "J/token", "modelled"),
        }

    none = "no external tenant has a contract of 12 months or more"
    name = "capex_over_long_term_enterprise_revenue"
    return {
        "as_of_us": now,
        "period": {"from_us": now - 86_400_000_000, "to_us": now, "hours": 24.0},
        "totals": {
            "revenue_usd": fig(17.04, "USD", "measured"),
            "cost_usd": fig(11.18, "USD", "assumed"),
            "margin_usd": fig(5.86, "USD", "assumed"),
            "margin": fig(0.411, "share", "assumed"),
            "price_usd_per_mtok": fig(0.432, "USD/Mtok", "measured"),
            "cost_usd_per_mtok": fig(0.2543, "USD/Mtok", "assumed"),
            "tokens_sold": fig(39_444_120, "tokens", "measured"),
            "tokens_lost": fig(1284, "tokens", "measured"),
            "utilisation": fig(0.58, "share", "modelled"),
            "energy_kwh": fig(2.61, "kWh", "modelled"),
            "joules_per_token": fig(0.24, "J/token", "modelled"),
            "payback_months": fig(31.4, "months", "assumed"),
            "life_months": fig(60, "months", "assumed"),
        },
        "cost_per_hour": {
            "depreciation_usd_per_hour": fig(0.354, "USD/h", "assumed"),
            "rent_usd_per_hour": fig(0, "USD/h", "assumed"),
            "energy_usd_per_hour": fig(0.0092, "USD/h", "modelled"),
            "space_usd_per_hour": fig(0.05, "USD/h", "assumed"),
            "staff_usd_per_hour": fig(0.0528, "USD/h", "assumed"),
            "total_cost_usd_per_hour": fig(0.466, "USD/h", "assumed"),
        },
        "tenants": [group("tenant", t, 4.2 + i) for i, (t, _) in enumerate(TENANTS)],
        "models": [group("model", m, 7.1 + i) for i, m in enumerate(MODELS)],
        "businesses": [group("business", b, 6.0) for b in ("external", "internal")],
        "headline": {
            f"{name}_cash": fig(None, "ratio", "assumed", none),
            f"{name}_in_service": fig(None, "ratio", "assumed", none),
            f"{name}_net_ppe": fig(None, "ratio", "assumed", none),
            "capex_cash_usd": fig(9200, "USD", "assumed"),
            "contracted_usd_per_year": fig(0, "USD/year", "assumed"),
        },
        "lines": [{"kind": "idle", "pool": "cpu", "tenant": None, "cost_nano": 12}],
        "reconciliation": {"cost_nano": 11_180_000_000, "cost_lines_nano": 11_180_000_000, "cost_difference_nano": 0},
        "notes": [],
    }
