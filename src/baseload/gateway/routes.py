"""The doors of the tenant's side: path to handler, surprises to OpenAI error objects."""

import difflib
import logging
import os
import random
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import msgspec

from baseload.config.cloud import Model
from baseload.errors import EngineError, InsufficientBalance, LedgerError, Refusal
from baseload.gateway.admit import admit
from baseload.gateway.answer import refuse
from baseload.gateway.ask import Ask, parse_chat, parse_text, parse_tokenize
from baseload.gateway.caller import Caller
from baseload.gateway.completion import Completion
from baseload.gateway.refusals import SHUTTING_DOWN, cannot_write, engine_refusal
from baseload.gateway.runtime import Runtime
from baseload.http1 import Exchange

log = logging.getLogger(__name__)

Handler = Callable[[Exchange, str], Awaitable[None]]


class RequestIds:
    """`req_` and a UUIDv7 (RFC 9562) in hex: sorts by time, 74 random bits. Names, not secrets."""

    def __init__(self) -> None:
        self._random = random.Random(os.urandom(32))

    def next(self, now_us: int) -> str:
        """A new one."""
        bits = self._random.getrandbits(74)
        low = (0x7 << 76) | ((bits >> 62) << 64) | (0b10 << 62) | (bits & ((1 << 62) - 1))
        return f"req_{now_us // 1000:012x}{low:020x}"


class Routes:
    """The handler of the gateway's server."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.new_id = RequestIds().next
        self._post: dict[str, Handler] = {
            "/v1/chat/completions": self._chat,
            "/v1/completions": self._text,
            "/tokenize": self._tokenize,
            "/v1/tokenize": self._tokenize,
        }
        self._get: dict[str, Handler] = {"/v1/models": self._models, "/health": self._health}

    async def __call__(self, exchange: Exchange) -> None:
        """Answer one exchange."""
        request_id = self.new_id(self.runtime.now_us())
        try:
            await self._handler(exchange)(exchange, request_id)
        except (Refusal, LedgerError) as e:
            self._refuse(exchange, _refusal(e), request_id, None)

    def _refuse(self, exchange: Exchange, refusal: Refusal, request_id: str, caller: Caller | None) -> None:
        """Answer with an error object, and count it: for the tenant too, once it is known."""
        self.runtime.meters.refused(refusal.code or str(refusal.status), caller.tenant.id if caller else None)
        limits = caller.limit_headers() if caller else []
        if not exchange.started:
            refuse(exchange, refusal, [(b"x-request-id", request_id.encode()), *limits])

    def _handler(self, exchange: Exchange) -> Handler:
        table, other = (self._post, self._get) if exchange.method == "POST" else (self._get, self._post)
        path = exchange.path
        if exchange.method in ("POST", "GET"):
            if path in table:
                return table[path]
            if exchange.method == "GET" and path.startswith("/v1/models/"):
                return self._model
        if path in other or path in table:
            raise Refusal(405, f"{exchange.method} is not served at {path}", code="method_not_allowed")
        near = difflib.get_close_matches(path[:64], [*self._post, *self._get], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Refusal(404, f"nothing is served at {path[:64]}{hint}", code="unknown_url")

    # generation
    async def _chat(self, exchange: Exchange, request_id: str) -> None:
        await self._complete(exchange, request_id, "chat", parse_chat)

    async def _text(self, exchange: Exchange, request_id: str) -> None:
        await self._complete(exchange, request_id, "completions", parse_text)

    async def _complete(self, exchange: Exchange, request_id: str, route: str, parse: Callable[[bytes], Ask]) -> None:
        caller = self._caller(exchange, route)
        try:
            ask = parse(exchange.body)
            model = self._find_model(caller, ask.model)
            await self._admitted(exchange, request_id, caller, ask, model)
        except (Refusal, LedgerError) as e:
            self._refuse(exchange, _refusal(e), request_id, caller)

    async def _admitted(self, exchange: Exchange, request_id: str, caller: Caller, ask: Ask, model: Model) -> None:
        """Within the tenant's limits, from the hold to the last byte."""
        runtime = self.runtime
        tier = caller.tier_of(ask.service_tier)
        if runtime.closing:
            raise SHUTTING_DOWN
        tokens = ask.input_bound + (ask.max_tokens or model.context_tokens) * ask.n
        verdict = caller.limits.admit(tokens, runtime.now_us())
        if not verdict.allowed:
            raise Refusal(
                429,
                verdict.message,
                kind="rate_limit_error",
                code="rate_limit_exceeded",
                retry_after_s=verdict.retry_after_s,
            )
        used = 0
        try:
            completion = Completion(runtime, exchange, await admit(runtime, ask, caller, model, tier, request_id))
            await completion.run()
            used = completion.used_tokens
        finally:
            caller.limits.finish(tokens, used)

    def _find_model(self, caller: Caller, name: str) -> Model:
        mine = [m for m in self.runtime.models if caller.key.may_use(m)]
        if name in mine:
            return self.runtime.models[name]
        near = difflib.get_close_matches(name, mine, n=3, cutoff=0.4) or mine[:3]
        hint = f"near it: {', '.join(near)}" if near else "this key may use none"
        raise Refusal(
            404,
            f"the model '{name[:100]}' does not exist or is not open to this key; {hint}",
            param="model",
            code="model_not_found",
        )

    # the rest
    def _caller(self, exchange: Exchange, route: str) -> Caller:
        return self.runtime.callers.identify(exchange, route, self.runtime.now_us())

    async def _models(self, exchange: Exchange, request_id: str) -> None:
        caller = self._caller(exchange, "models")
        data = [self._card(m) for m in self.runtime.models.values() if caller.key.may_use(m.id)]
        _reply(exchange, request_id, caller, {"object": "list", "data": data})

    async def _model(self, exchange: Exchange, request_id: str) -> None:
        caller = self._caller(exchange, "models")
        _reply(
            exchange,
            request_id,
            caller,
            self._card(self._find_model(caller, unquote(exchange.path.removeprefix("/v1/models/")))),
        )

    def _card(self, model: Model) -> dict[str, Any]:
        return {
            "id": model.id,
            "object": "model",
            "created": self.runtime.started_us // 1_000_000,
            "owned_by": self.runtime.cloud.name,
            "max_model_len": model.context_tokens,
        }

    async def _tokenize(self, exchange: Exchange, request_id: str) -> None:
        caller = self._caller(exchange, "tokenize")
        name, body = parse_tokenize(exchange.body)
        self._find_model(caller, name)
        engine = self.runtime.router.any_up(name)
        if engine is None or not engine.speaks_tokens:
            raise Refusal(
                503,
                f"no engine of '{name}' can count tokens now",
                kind="server_error",
                code="engine_unavailable",
                retry_after_s=5,
            )
        try:
            reply = await engine.connections.fetch("POST", "/tokenize", body, timeout_s=10.0)
        except EngineError as e:
            raise Refusal(503, str(e), kind="server_error", code="engine_unavailable", retry_after_s=5) from None
        if reply.status != 200:
            raise engine_refusal(reply.status, reply.body)
        exchange.respond(200, reply.body, headers=[(b"x-request-id", request_id.encode()), *caller.limit_headers()])

    async def _health(self, exchange: Exchange, request_id: str) -> None:
        up = {m: self.runtime.router.any_up(m) is not None for m in self.runtime.models}
        ready = all(up.values()) and not self.runtime.closing
        exchange.respond(
            200 if ready else 503, msgspec.json.encode({"status": "ready" if ready else "starting", "models": up})
        )


def _refusal(error: Refusal | LedgerError) -> Refusal:
    """An error as the client sees it."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, InsufficientBalance):
        return Refusal(402, str(error), kind="insufficient_quota", code="insufficient_quota")
    return cannot_write(error)


def _reply(exchange: Exchange, request_id: str, caller: Caller, body: dict[str, Any]) -> None:
    exchange.respond(
        200, msgspec.json.encode(body), headers=[(b"x-request-id", request_id.encode()), *caller.limit_headers()]
    )
