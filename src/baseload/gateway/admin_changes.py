"""What the operator changes: keys and money. Every change goes through the ledger's one writer."""

import os
import secrets
from typing import Any

import apsw
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from baseload.errors import SetupError
from baseload.gateway import topup
from baseload.gateway.reading import Reading
from baseload.gateway.runtime import Runtime
from baseload.tenants import Key, create_key, list_keys, revoke_key, secret
from baseload.tenants.roster import account_id
from baseload.tenants.scope import ROUTES, TENANT_SCOPES, within
from baseload.units import Micros, nano_to_usd


class NewKeyBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a new key is to be."""

    tenant: str
    name: str = ""
    scopes: list[str] | None = None
    models: list[str] | None = None
    expires_in_s: float | None = None
    maker: str | None = None
    """The id of the key that asks: the new one can do no more and lives no longer. None for the operator."""


class TopUpBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Money in. Told twice with one `id`, it is booked once."""

    tenant: str
    amount_usd: str
    id: str = ""
    note: str = ""


def encoded(value: Any, status: int = 200) -> Response:
    """JSON of values and dataclasses."""
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


class Changes:
    """The handlers that write."""

    def __init__(self, runtime: Runtime, books: Reading) -> None:
        self.runtime = runtime
        self.books = books

    def routes(self) -> list[Route]:
        """Path, handler, method."""
        return [
            Route("/admin/keys", self.keys, methods=["GET"]),
            Route("/admin/keys", self.create_key, methods=["POST"]),
            Route("/admin/keys/{key_id}", self.revoke_key, methods=["DELETE"]),
            Route("/admin/topups", self.top_up, methods=["POST"]),
        ]

    # keys
    async def keys(self, request: Request) -> Response:
        """All keys, without their secrets."""

        def read(conn: apsw.Connection) -> list[Key]:
            return list(list_keys(conn))

        now_us = self.runtime.now_us()
        return encoded({"keys": [k.describe(now_us) for k in await self.books.read(read)]})

    async def create_key(self, request: Request) -> Response:
        """Make a key; its secret is in this answer and nowhere else."""
        wanted = msgspec.json.decode(await request.body(), type=NewKeyBody)
        now_us = self.runtime.now_us()
        maker = None if wanted.maker is None else self._maker(wanted.maker, wanted.tenant, now_us)
        made = await self.runtime.ledger.writer.ask(
            lambda unit: create_key(
                unit,
                tenant=wanted.tenant,
                name=wanted.name,
                pepper=self.runtime.pepper,
                random=os.urandom(secret.RANDOM_BYTES),
                now_us=now_us,
                scopes=wanted.scopes or (ROUTES if maker is None else maker.scopes & TENANT_SCOPES),
                models=wanted.models or (() if maker is None else maker.models),
                expires_us=_end(wanted.expires_in_s, maker, now_us),
                actor=_actor(maker),
                maker=maker,
            )
        )
        self.runtime.callers.keys.add(made.key)
        return encoded({**made.key.describe(now_us), "key": made.secret}, 201)

    async def revoke_key(self, request: Request) -> Response:
        """Revoke for good; the hot path knows before this answers. A `maker` reaches keys within its own grant."""
        key_id = request.path_params["key_id"]
        now_us = self.runtime.now_us()
        maker = None
        if asks := request.query_params.get("maker"):
            found = self.runtime.callers.keys.get(key_id)
            maker = self._maker(asks, "" if found is None else found.tenant_id, now_us)
            if found is None or not within((found.scopes, found.models), (maker.scopes, maker.models)):
                raise SetupError(f"key {maker.id} may not revoke a key that can do more than it; ask the operator")
        key = await self.runtime.ledger.writer.ask(
            lambda unit: revoke_key(unit, key_id=key_id, now_us=now_us, actor=_actor(maker))
        )
        self.runtime.callers.keys.add(key)
        return encoded(key.describe(now_us))

    def _maker(self, key_id: str, tenant: str, now_us: Micros) -> Key:
        """The key that asks: one that works, and of the tenant it asks for."""
        key = self.runtime.callers.keys.get(key_id)
        if key is None or key.state(now_us) != "active":
            raise SetupError(f"key {key_id} does not work any more; log in with another")
        if key.tenant_id != tenant:
            raise SetupError(f"key {key_id} is of tenant {key.tenant_id!r} and has no say over another tenant's keys")
        return key

    # money
    async def top_up(self, request: Request) -> Response:
        """Money in, once per id, audited with its note; and what the tenant can now spend."""
        wanted = msgspec.json.decode(await request.body(), type=TopUpBody)
        known = self.runtime.callers.tenants
        if wanted.tenant not in known:
            raise SetupError(f"no tenant named {wanted.tenant!r}; there are: {', '.join(sorted(known))}")
        amount, told_as = topup.amount_nano(wanted.amount_usd), wanted.id or secrets.token_hex(8)
        account, now_us = account_id(wanted.tenant), self.runtime.now_us()
        ledger = self.runtime.ledger
        is_new = await ledger.writer.ask(lambda books: topup.book(books, account, amount, told_as, wanted.note, now_us))
        available = await ledger.available(account)
        return encoded(
            {
                "tenant": wanted.tenant,
                "id": told_as,
                "amount_usd": f"{nano_to_usd(amount):f}",
                "is_new": is_new,
                "available_usd": f"{nano_to_usd(available):f}",
                "available_nano": available,
                "as_of_us": now_us,
            },
            201 if is_new else 200,
        )


def _end(expires_in_s: float | None, maker: Key | None, now_us: Micros) -> int | None:
    """When a new key ends: as asked, and never after its maker."""
    ends = [] if expires_in_s is None else [now_us + round(expires_in_s * 1e6)]
    if maker is not None and maker.expires_us is not None:
        ends.append(maker.expires_us)
    return min(ends, default=None)


def _actor(maker: Key | None) -> str:
    return "operator" if maker is None else f"key:{maker.id}"
