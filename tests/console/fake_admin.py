"""A gateway for the console's tests: the admin listener and the client face in one, with numbers that move.

It is a real server on a real port, so that what is tested is the way the console goes in the field.
"""

import asyncio
import json
import math
import random
import secrets
import socket
import string
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

MODELS = ["smollm2-135m", "tutor-1b"]
TENANTS = [("internal", "internal"), ("acme", "external"), ("hobby", "external")]
WORDS = "A kilowatt-hour is the energy of one kilowatt drawn for one hour, which is about what a kettle uses to boil ten litres of water.".split()


def new_secret() -> tuple[str, str]:
    key_id = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(8))
    return key_id, f"blk_live_{key_id}_{'x' * 30}{secrets.token_hex(6)}0_abc123"


class FakeCloud:
    """State, and the answers made of it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.admin_secret = secrets.token_hex(16)
        self.keys: dict[str, dict[str, Any]] = {}
        self.secrets: dict[str, str] = {}
        self.problems: list[str] = []
        self.refuse_with: int | None = None
        self.hangups = 0
        self.chunk_s = 0.02
        self.pid = 1000
        self.admin_key = self.add_key("internal", "admin", ["admin"])["key"]
        self.tenant_keys = {t: self.add_key(t, f"{t} default", ["inference"])["key"] for t, _ in TENANTS}
        self.usage_rows = [self.usage_row(i) for i in range(120)]

    # values

    def add_key(self, tenant: str, name: str, scopes: list[str], models: list[str] = [], expires: int | None = None) -> dict[str, Any]:  # noqa: B006
        key_id, secret = new_secret()
        now = time.time_ns() // 1000
        row = {
            "id": key_id, "tenant": tenant, "name": name, "prefix": f"blk_live_{key_id}", "scopes": scopes, "models": models,
            "created_us": now, "expires_us": now + expires * 1_000_000 if expires else None, "last_used_us": None, "revoked_us": None,
        }  # fmt: skip
        self.keys[key_id] = row
        self.secrets[secret] = key_id
        return row | {"key": secret}

    def usage_row(self, i: int) -> dict[str, Any]:
        rng = random.Random(i)
        now = time.time_ns() // 1000 - i * 47_000_000
        out, tok_in = rng.randrange(20, 400), rng.randrange(30, 900)
        tenant = TENANTS[i % 3][0]
        return {
            "request_id": f"req_{rng.randrange(16**32):032x}", "tenant_id": tenant, "key_id": "k", "model": MODELS[i % 2],
            "tier": ["priority", "default", "flex"][i % 3], "business": TENANTS[i % 3][1], "occurred_us": now, "admitted_us": now - 900_000,
            "first_token_us": now - 900_000 + rng.randrange(40_000, 400_000), "queue_us": rng.randrange(0, 30_000), "tok_in": tok_in,
            "tok_cached": None, "tok_out": out, "energy_mj": out * 310 + tok_in * 22, "energy_kind": "modelled",
            "finish": ["stop", "length", "client_hangup"][rng.randrange(3)], "price_ver": "2026-11", "amount_nano": out * 60 + tok_in * 15,
        }  # fmt: skip

    def state(self) -> dict[str, Any]:
        now = time.time()
        swing = 0.5 + 0.5 * math.sin(now / 7)
        speed = [310 + 90 * swing + random.random() * 12, 84 + 22 * (1 - swing) + random.random() * 5, 0.0]
        watts = [46 + 18 * swing, 31 + 9 * (1 - swing), 12.0]
        replicas = [
            {
                "id": f"{m}-{i}", "node": f"node-{n}", "chip": "EPYC 9654, 32 vCPU", "pool": "cpu", "model": m, "engine": "openvino",
                "state": s, "running": r, "waiting": w, "parked": p, "tokens_per_s": t, "watts": x, "joules_per_token": x / t if t else None,
                "usd_per_hour": 0.118, "kv_used": k,
            }
            for (m, i, n, s, r, w, p, k), t, x in zip(
                [(MODELS[0], 0, 1, "ready", 14, 3, 2, 0.62), (MODELS[1], 0, 2, "ready", 5, 0, 0, 0.31), (MODELS[1], 1, 2, "ready", 0, 0, 0, 0.0)],
                speed, watts, strict=True,
            )
        ]  # fmt: skip
        total = sum(watts) + 7.5
        tokens = int((now - 1.79e9) * 30) + 4_000_000
        return {
            "as_of_us": int(now * 1e6), "started_us": int((now - 7300) * 1e6), "pid": self.pid, "model_ids": MODELS,
            "requests": {"total": int(now) % 100_000, "in_flight": 19, "queued": 3, "completed": 100, "failed": 1, "refusals": {"rate_limited": 4}},
            "rates": {"requests_per_s": 3.1, "prefill_tokens_per_s": 900 * swing + 200, "decode_tokens_per_s": sum(speed),
                      "capacity_tokens_per_s": 720.0, "utilisation": sum(speed) / 720},
            "power": {"watts": total, "idle_watts": 38.0, "envelope_watts": 150.0, "kind": "modelled", "joules_total": 1.2e6, "joules_per_token": total / sum(speed)},
            "replicas": replicas,
            "orders": {
                "as_of_us": int(now * 1e6), "flex_slots": {MODELS[0]: 12},
                "worth": {"node_usd_per_h": 0.214, "watt_usd_per_h": 0.00041, "request_per_s_usd_per_h": 0.036},
                "merit": [
                    {"class": "internal, priority", "price_usd_per_h": 0.41, "marginal_cost_usd_per_h": 0.012, "margin_usd_per_h": 0.398,
                     "asked_per_s": 1.2, "served_per_s": 1.2, "waits_per_s": 0.0, "reason": "served whole"},
                    {"class": "acme, default", "price_usd_per_h": 0.33, "marginal_cost_usd_per_h": 0.011, "margin_usd_per_h": 0.319,
                     "asked_per_s": 1.4, "served_per_s": 1.4, "waits_per_s": 0.0, "reason": "served whole"},
                    {"class": "hobby, flex", "price_usd_per_h": 0.12, "marginal_cost_usd_per_h": 0.011, "margin_usd_per_h": 0.109,
                     "asked_per_s": 0.9, "served_per_s": 0.5, "waits_per_s": 0.4, "reason": "waits: chips are worth more to acme"},
                ],
            },
            "tenants": [{"id": t, "business": b, "in_flight": 6, "requests": int(now) % 5000 + i, "refusals": {"rate_limited": 4, "insufficient_balance": 1} if t == "hobby" else {}}
                        for i, (t, b) in enumerate(TENANTS)],
            "trust": {"engine_tokens": tokens, "metered_tokens": tokens, "billed_tokens": tokens - 1284, "lost_tokens": 1284,
                      "joules_metered": 1_204_113.4, "joules_allotted": 1_204_113.4, "checked_us": int((now - 4) * 1e6)},
            "problems": self.problems,
        }  # fmt: skip

    def history(self, seconds: int) -> dict[str, Any]:
        end = int(time.time())
        rows, models, watts = [], {m: [] for m in MODELS}, {f"{MODELS[0]}-0": [], f"{MODELS[1]}-0": [], f"{MODELS[1]}-1": []}  # type: ignore[var-annotated]
        for t in range(end - seconds, end):
            swing = 0.5 + 0.5 * math.sin(t / 7) * math.cos(t / 611)
            a, b = 310 + 90 * swing + t * 7 % 13, 84 + 22 * (1 - swing)
            w = (46 + 18 * swing, 31 + 9 * (1 - swing), 12.0)
            total = sum(w) + 7.5
            rows.append([t * 1e6, 900 * swing + 200, a + b, total, 19, 3, total / (a + b), 0.412 + 0.05 * swing, 0.27 - 0.03 * swing])
            models[MODELS[0]].append(a)
            models[MODELS[1]].append(b)
            for line, x in zip(watts.values(), w, strict=True):
                line.append(x)
        names = ["at_us", "prefill_tokens_per_s", "decode_tokens_per_s", "watts", "in_flight", "queued", "joules_per_token", "price_usd_per_mtok", "cost_usd_per_mtok"]
        return {"step_s": 1, "fields": names, "rows": rows, "by_model": models, "by_replica_watts": watts}

    def pnl(self) -> dict[str, Any]:
        now = time.time_ns() // 1000

        def fig(value: float | None, unit: str, mark: str) -> dict[str, Any]:
            return {"value": value, "unit": unit, "mark": mark, "as_of_us": now}

        return {
            "as_of_us": now, "window_s": 3600,
            "revenue_usd_per_hour": fig(0.71, "USD/h", "measured"), "cost_usd_per_hour": fig(0.466, "USD/h", "assumed"),
            "depreciation_usd_per_hour": fig(0.354, "USD/h", "assumed"), "energy_usd_per_hour": fig(0.0092, "USD/h", "modelled"),
            "space_usd_per_hour": fig(0.05, "USD/h", "assumed"), "staff_usd_per_hour": fig(0.0528, "USD/h", "assumed"),
            "price_usd_per_mtok": fig(0.432, "USD/Mtok", "measured"), "cost_usd_per_mtok": fig(0.2543, "USD/Mtok", "assumed"),
            "margin": fig(0.411, "share", "assumed"), "utilisation": fig(0.58, "share", "modelled"),
            "joules_per_token": fig(0.24, "J/token", "modelled"), "payback_months": fig(31.4, "months", "assumed"),
            "headline_ratio": fig(None, "ratio", "assumed"), "life_months": fig(60, "months", "assumed"),
            "by_tenant": [{"tenant": t, "revenue_usd": fig(0.21 + i, "USD", "measured"), "margin": fig(0.3 + i / 10, "share", "assumed")} for i, (t, _) in enumerate(TENANTS)],
            "by_model": [{"model": m, "price_usd_per_mtok": fig(0.4 + i, "USD/Mtok", "measured"), "margin": fig(0.35, "share", "assumed")} for i, m in enumerate(MODELS)],
        }  # fmt: skip

    def usage(self, by: str, tenant: str) -> dict[str, Any]:
        groups: dict[str, dict[str, Any]] = {}
        for i, row in enumerate(self.usage_rows):
            if tenant and row["tenant_id"] != tenant:
                continue
            name = {"tenant": row["tenant_id"], "model": row["model"], "key": f"{row['tenant_id']} default", "day": f"2026-11-{10 + i % 12:02d}"}[by]
            group = groups.setdefault(name, {by: name, "requests": 0, "tok_in": 0, "tok_cached": 0, "tok_out": 0, "energy_mj": 0, "energy_kind": "modelled", "amount_nano": 0})
            group["requests"] += 1
            for c in ("tok_in", "tok_out", "energy_mj", "amount_nano"):
                group[c] += row[c]
        return {"by": by, "tenant": tenant or None, "as_of_us": time.time_ns() // 1000, "rows": [groups[k] for k in sorted(groups)]}

    # answers

    async def admin(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.admin_secret}":
            return JSONResponse({"error": {"message": "no"}}, 401)
        what, query = request.path_params["what"], request.query_params
        if what == "state":
            return JSONResponse(self.state())
        if what == "history":
            return JSONResponse(self.history(int(query["seconds"])))
        if what == "pnl":
            return JSONResponse(self.pnl())
        if what == "usage":
            return JSONResponse(self.usage(query["by"], query.get("tenant", "")))
        if what == "requests":
            return JSONResponse({"rows": [r for r in self.usage_rows if query.get("tenant") in (None, r["tenant_id"])][: int(query["limit"])]})
        if what == "keys" and request.method == "POST":
            asked = await request.json()
            if asked["tenant"] not in dict(TENANTS):
                return JSONResponse({"error": {"message": f"no tenant {asked['tenant']!r}"}}, 404)
            return JSONResponse(self.add_key(asked["tenant"], asked["name"], asked.get("scopes", ["inference"]), asked.get("models", []), asked.get("expires_in_s")), 201)
        if what == "keys":
            return JSONResponse({"keys": list(self.keys.values())})
        return JSONResponse({"error": {"message": f"no admin route {what}"}}, 404)

    async def revoke(self, request: Request) -> Response:
        self.keys[request.path_params["key_id"]]["revoked_us"] = time.time_ns() // 1000
        return JSONResponse({})

    def key_of(self, request: Request) -> dict[str, Any] | None:
        row = self.keys.get(self.secrets.get(request.headers.get("authorization", "").removeprefix("Bearer "), ""))
        return None if row is None or row["revoked_us"] else row

    async def models(self, request: Request) -> Response:
        if self.key_of(request) is None:
            return JSONResponse({"error": {"message": "bad key", "code": "invalid_api_key"}}, 401)
        return JSONResponse({"data": [{"id": m} for m in MODELS]})

    async def chat(self, request: Request) -> Response:
        if self.key_of(request) is None:
            return JSONResponse({"error": {"message": "bad key", "code": "invalid_api_key"}}, 401)
        if self.refuse_with is not None:
            return JSONResponse({"error": {"message": "Too fast: try again in 3 s."}}, self.refuse_with, headers={"retry-after": "3"})
        asked = await request.json()
        assert asked["stream"] is True and asked["stream_options"] == {"include_usage": True}
        return StreamingResponse(self.chunks(len(asked["messages"])), media_type="text/event-stream", headers={"x-request-id": "req_" + "0" * 32})

    async def chunks(self, turns: int):  # type: ignore[no-untyped-def]
        try:
            for word in [*WORDS, f"({turns} messages so far.)"]:
                yield "data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": word + " "}}]}) + "\n\n"
                await asyncio.sleep(self.chunk_s)
        except asyncio.CancelledError:
            self.hangups += 1
            raise
        usage = {"prompt_tokens": 40 * turns, "completion_tokens": 31, "total_tokens": 71, "cost_usd": 0.00001234, "energy_joules": 12.34, "energy_kind": "modelled"}
        yield "data: " + json.dumps({"choices": [], "usage": usage}) + "\n\ndata: [DONE]\n\n"

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/admin/keys/{key_id}", self.revoke, methods=["DELETE"]),
                Route("/admin/{what}", self.admin, methods=["GET", "POST"]),
                Route("/v1/models", self.models),
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
            ]
        )


class Running:
    """An ASGI app on a thread of its own, at a free port."""

    def __init__(self, app: Any) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1, lifespan="auto"))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.socket.close()


def start(cloud: FakeCloud) -> Running:
    """Serve the fake and tell the data directory where it is."""
    running = Running(cloud.app())
    run = cloud.data / "run"
    run.mkdir(parents=True, exist_ok=True)
    (run / "admin.json").write_text(json.dumps({"url": running.url, "secret": cloud.admin_secret, "gateway_url": running.url}))
    return running
