"""A gateway for the console's tests: the admin listener and the client face in one, with numbers that move.

It is a real server on a real port, so that what is tested is the way the console goes in the field.
"""

import asyncio
import json
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

from tests.console import fake_figures
from tests.console.fake_figures import MODELS, TENANTS

ANSWER = "A kilowatt-hour is one kilowatt drawn for one hour, about what boils ten litres of water in a kettle."


def new_secret() -> tuple[str, str]:
    key_id = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(8))
    return key_id, f"blk_live_{key_id}_{'x' * 30}{secrets.token_hex(6)}0_abc123"


SUMS = ("requests", "tok_in", "tok_cached", "tok_out", "energy_joules", "amount_nano")


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
        self.makers: list[str | None] = []
        self.chunk_s = 0.02
        self.pid = 1000
        self.admin_key = self.add_key("internal", "admin", ["admin"])["key"]
        self.tenant_keys = {t: self.add_key(t, f"{t} default", ["chat", "models"])["key"] for t, _ in TENANTS}
        self.usage_rows = [self.usage_row(i) for i in range(120)]

    # values

    def add_key(
        self, tenant: str, name: str, scopes: list[str], models: list[str] | None = None, expires: int | None = None
    ) -> dict[str, Any]:
        key_id, secret = new_secret()
        now = time.time_ns() // 1000
        row = {
            "id": key_id,
            "tenant": tenant,
            "business": dict(TENANTS)[tenant],
            "name": name,
            "state": "active",
            "scopes": scopes,
            "models": models or [],
            "created_us": now,
            "expires_us": now + expires * 1_000_000 if expires else None,
            "revoked_us": None,
        }
        self.keys[key_id] = row
        self.secrets[secret] = key_id
        return row | {"key": secret}

    def usage_row(self, i: int) -> dict[str, Any]:
        rng = random.Random(i)
        now = time.time_ns() // 1000 - i * 47_000_000
        out, tok_in = rng.randrange(20, 400), rng.randrange(30, 900)
        tenant = TENANTS[i % 3][0]
        return {
            "request_id": f"req_{rng.randrange(16**32):032x}",
            "tenant_id": tenant,
            "key_id": "k",
            "model": MODELS[i % 2],
            "tier": ["priority", "default", "flex"][i % 3],
            "business": TENANTS[i % 3][1],
            "occurred_us": now,
            "admitted_us": now - 900_000,
            "first_token_us": now - 900_000 + rng.randrange(40_000, 400_000),
            "queue_us": rng.randrange(0, 30_000),
            "tok_in": tok_in,
            "tok_cached": None,
            "tok_out": out,
            "energy_mj": out * 310 + tok_in * 22,
            "energy_kind": "modelled",
            "finish": ["stop", "length", "client_hangup"][rng.randrange(3)],
            "price_ver": "2026-11",
            "amount_nano": out * 60 + tok_in * 15,
        }

    def usage(self, by: str, tenant: str) -> dict[str, Any]:
        """As `billing.usage.report`: named by the ledger's columns, filters repeated."""
        groups: dict[str, dict[str, Any]] = {}
        keys = {row["name"]: row["id"] for row in self.keys.values()}
        for i, row in enumerate(self.usage_rows):
            if tenant and row["tenant_id"] != tenant:
                continue
            column = {"tenant": "tenant_id", "key": "key_id"}.get(by, by)
            name = row.get(column, f"2026-11-{10 + i % 12:02d}")
            name = keys[f"{row['tenant_id']} default"] if by == "key" else name
            group = groups.setdefault(name, {column: name, "energy_kind": "modelled"} | dict.fromkeys(SUMS, 0))
            group["requests"] += 1
            group["energy_joules"] += row["energy_mj"] / 1000
            for c in ("tok_in", "tok_out", "amount_nano"):
                group[c] += row[c]
        now = time.time_ns() // 1000
        return {"by": by, "tenant": tenant or None, "as_of_us": now, "rows": [groups[k] for k in sorted(groups)]}

    # answers

    async def admin(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.admin_secret}":
            return JSONResponse({"error": {"message": "no"}}, 401)
        what, query = request.path_params["what"], request.query_params
        if what == "state":
            return JSONResponse(fake_figures.state(self.pid, self.problems))
        if what == "history":
            return JSONResponse(fake_figures.history(int(query["seconds"])))
        if what == "pnl":
            return JSONResponse(fake_figures.pnl())
        if what == "usage":
            return JSONResponse(self.usage(query["by"], query.get("tenant", "")))
        if what == "requests":
            return JSONResponse(
                {
                    "rows": [r for r in self.usage_rows if query.get("tenant") in (None, r["tenant_id"])][
                        : int(query["limit"])
                    ]
                }
            )
        if what == "keys" and request.method == "POST":
            asked = await request.json()
            self.makers.append(asked.get("maker"))
            if asked["tenant"] not in dict(TENANTS):
                return JSONResponse({"error": {"message": f"no tenant {asked['tenant']!r}"}}, 404)
            return JSONResponse(
                self.add_key(
                    asked["tenant"],
                    asked["name"],
                    asked.get("scopes", ["chat", "models"]),
                    asked.get("models", []),
                    asked.get("expires_in_s"),
                ),
                201,
            )
        if what == "keys":
            return JSONResponse({"keys": list(self.keys.values())})
        return JSONResponse({"error": {"message": f"no admin route {what}"}}, 404)

    async def revoke(self, request: Request) -> Response:
        self.makers.append(request.query_params.get("maker"))
        self.keys[request.path_params["key_id"]].update(revoked_us=time.time_ns() // 1000, state="revoked")
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
            return JSONResponse(
                {"error": {"message": "Too fast: try again in 3 s."}}, self.refuse_with, headers={"retry-after": "3"}
            )
        asked = await request.json()
        if not isinstance(asked.get("messages"), list):
            return JSONResponse({"error": {"message": "messages must be a list"}}, 400)
        assert asked["stream"] is True and asked["stream_options"] == {"include_usage": True}
        return StreamingResponse(
            self.chunks(len(asked["messages"])),
            media_type="text/event-stream",
            headers={"x-request-id": "req_" + "0" * 32},
        )

    async def chunks(self, turns: int):  # type: ignore[no-untyped-def]
        try:
            for word in [*ANSWER.split(), f"({turns} messages so far.)"]:
                yield "data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": word + " "}}]}) + "\n\n"
                await asyncio.sleep(self.chunk_s)
        except asyncio.CancelledError:
            self.hangups += 1
            raise
        usage = {
            "prompt_tokens": 40 * turns,
            "completion_tokens": 31,
            "total_tokens": 71,
            "cost_usd": 0.00001234,
            "energy_joules": 12.34,
            "energy_kind": "modelled",
        }
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
        self.server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1, lifespan="off")
        )
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.socket.close()


class Stage:
    """One server for many clouds, one after the other."""

    def __init__(self) -> None:
        self.app: Any = None
        self.running = Running(self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)

    def show(self, cloud: FakeCloud) -> None:
        self.app = cloud.app()
        announce(cloud, self.running)


def start(cloud: FakeCloud) -> Running:
    """Serve one fake, and tell its data directory where it is."""
    running = Running(cloud.app())
    announce(cloud, running)
    return running


def announce(cloud: FakeCloud, running: Running) -> None:
    run = cloud.data / "run"
    run.mkdir(parents=True, exist_ok=True)
    (run / "admin.json").write_text(
        json.dumps({"url": running.url, "secret": cloud.admin_secret, "gateway_url": running.url})
    )
