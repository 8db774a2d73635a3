"""The worker's face: OpenAI routes for its gateway, and the few it is run by. Every one of them wants the secret."""

import hmac
import itertools
import os
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from baseload.errors import Refusal
from baseload.fleet.worker import ask
from baseload.fleet.worker.ask import Ask
from baseload.fleet.worker.batcher import Batcher
from baseload.fleet.worker.context import Context
from baseload.fleet.worker.cores import Core, Words
from baseload.fleet.worker.events import Stream, Whole
from baseload.fleet.worker.job import RANKS, Choice, Job
from baseload.fleet.worker.request_id import asked_id, name_of
from baseload.fleet.worker.spec import WorkerSpec
from baseload.fleet.worker.text import TextStream
from baseload.http1 import Exchange
from baseload.http1.exchange import error_body
from baseload.store.tally import RowState, Tally

_json = msgspec.json.encode
T = TypeVar("T")
FROM_TALLY = {"/counts", "/cancel"}
"""What outlived a predecessor is known before the model is loaded: a gateway that recovers asks early."""


class Orders(msgspec.Struct):
    """Body of /orders."""

    flex_slots: int


class Service:
    """Routes of one worker. Until `ready` is called /health says "loading", and only counts have an answer."""

    def __init__(self, spec: WorkerSpec, tally: Tally, progress: Callable[[], float]) -> None:
        self.spec = spec
        self.tally = tally
        self.batcher: Batcher | None = None
        self.draining = False
        self._progress = progress
        self._unsaid = ask.Unsaid(temperature=spec.temperature, top_p=spec.top_p)
        self._secret = b"Bearer " + spec.secret.encode()
        self._numbers = itertools.count(1)
        self._running: dict[bytes, Job] = {}
        self._routes: dict[tuple[str, str], Callable[[Exchange], Awaitable[None]]] = {
            ("POST", "/v1/chat/completions"): self._chat,
            ("POST", "/v1/completions"): self._complete,
            ("POST", "/tokenize"): self._tokenize,
            ("GET", "/counts"): self._counts,
            ("POST", "/cancel"): self._cancel,
            ("POST", "/orders"): self._orders,
            ("GET", "/metrics"): self._metrics,
        }

    def ready(self, batcher: Batcher, core: Core, words: Words) -> None:
        """The model is loaded: take work."""
        self.batcher, self._core = batcher, core
        self._context = Context(core.size, words, slots=self.spec.slots)

    async def __call__(self, exchange: Exchange) -> None:
        """One exchange."""
        if not hmac.compare_digest(exchange.headers.get(b"authorization", b""), self._secret):
            exchange.respond(401, error_body("this socket belongs to the gateway", "authentication_error"))
            return
        if (exchange.method, exchange.path) == ("GET", "/health"):
            self._health(exchange)
            return
        route = self._routes.get((exchange.method, exchange.path))
        try:
            if route is None:
                raise Refusal(404, f"there is no {exchange.method} {exchange.path} here")
            if self.batcher is None and exchange.path not in FROM_TALLY:
                raise Refusal(503, "the model is still loading; try again shortly", kind="server_error")
            await route(exchange)
        except Refusal as e:
            exchange.respond(e.status, error_body(str(e), e.kind, param=e.param, code=e.code))

    def _health(self, exchange: Exchange) -> None:
        state = {"state": "ready", "model": self.spec.model, "pid": os.getpid()}
        if self.batcher is None:
            state |= {"state": "loading", "progress": round(self._progress(), 2)}
        elif self.draining:
            state["state"] = "draining"
        exchange.respond(200 if state["state"] == "ready" else 503, _json(state))

    # work
    async def _chat(self, exchange: Exchange) -> None:
        await self._generate(exchange, chat=True)

    async def _complete(self, exchange: Exchange) -> None:
        await self._generate(exchange, chat=False)

    async def _generate(self, exchange: Exchange, *, chat: bool) -> None:
        if self.draining:
            raise Refusal(503, "this replica is being switched off; ask another", kind="server_error")
        asked = ask.read(exchange.body, chat=chat, unsaid=self._unsaid)
        prompt = self._context.encode(asked.messages, asked.prompt)
        max_tokens = self._context.answer_tokens(len(prompt), asked)
        name, request_id = name_of(exchange)
        kind = Stream if asked.stream else Whole
        answer = kind(exchange, model=self.spec.model, request_id=name, chat=chat, now_s=int(time.time()))
        job = self._job(exchange, asked, prompt, max_tokens, request_id, answer)
        await self._serve(exchange, job, answer, request_id)

    async def _serve(self, exchange: Exchange, job: Job, answer: Stream | Whole, request_id: bytes) -> None:
        assert self.batcher is not None
        batcher = self.batcher
        self._running[request_id] = job
        exchange.on_gone = lambda: batcher.cancel(job)
        answer.begin(job)
        if exchange.gone:
            batcher.submit(job)
            batcher.cancel(job)
        else:
            batcher.submit(job)
        try:
            await job.done
        finally:
            if self._running.get(request_id) is job:
                del self._running[request_id]
        if job.row.state == RowState.CANCELLED:
            exchange.abort()
        else:
            answer.end(job)

    def _job(
        self,
        exchange: Exchange,
        asked: Ask,
        prompt: list[int],
        max_tokens: int,
        request_id: bytes,
        answer: Stream | Whole,
    ) -> Job:
        tier = exchange.headers.get(b"x-baseload-tier", b"default").decode("latin-1")
        if tier not in RANKS:
            raise Refusal(400, f"x-baseload-tier must be one of {', '.join(RANKS)}")
        try:
            row = self.tally.open_row(request_id)
        except OverflowError as e:
            raise Refusal(503, "too many requests at once; try again shortly", kind="server_error") from e
        row.prompt = len(prompt)
        row.flush()
        number = next(self._numbers)
        job = Job(number=number, rank=RANKS[tier], prompt=prompt, max_tokens=max_tokens, row=row, sink=answer)
        for i, sampling in enumerate(asked.choices):
            job.choices.append(Choice(job, i, sampling, TextStream(self._context.words.pieces, asked.stops)))
        return job

    # the rest
    async def _tokenize(self, exchange: Exchange) -> None:
        said = _decoded(exchange.body, ask.Body)
        asked = ask.read(exchange.body, chat=said.messages is not None)
        ids = self._context.encode(asked.messages, asked.prompt)
        body = {"count": len(ids), "tokens": ids, "max_model_len": self._context.tokens}
        exchange.respond(200, _json(body))

    async def _counts(self, exchange: Exchange) -> None:
        self._respond_count(exchange, asked_id(exchange))

    async def _cancel(self, exchange: Exchange) -> None:
        """No step runs while this does, so what is counted now is final."""
        request_id = asked_id(exchange)
        job = self._running.get(request_id)
        if job is not None and self.batcher is not None:
            self.batcher.cancel(job)
        self._respond_count(exchange, request_id)

    def _respond_count(self, exchange: Exchange, request_id: bytes) -> None:
        count = self.tally.find(request_id)
        if count is None:
            raise Refusal(404, "no such request is known here")
        body = {
            "prompt_tokens": count.prompt,
            "prefilled": count.prefilled,
            "emitted": count.emitted,
            "attempts": count.attempts,
            "state": count.state.name.lower(),
        }
        exchange.respond(200, _json(body))

    async def _orders(self, exchange: Exchange) -> None:
        orders = _decoded(exchange.body, Orders)
        if orders.flex_slots < 0:
            raise Refusal(400, "flex_slots must not be negative", param="flex_slots")
        assert self.batcher is not None
        self.batcher.order(orders.flex_slots)
        exchange.respond(200, _json({"flex_slots": orders.flex_slots}))

    async def _metrics(self, exchange: Exchange) -> None:
        assert self.batcher is not None
        body = {
            **self.batcher.describe(),
            "cpu_s": round(time.process_time(), 3),
            **self._core.gauges(),
        }
        exchange.respond(200, _json(body))


def _decoded(body: bytes, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise Refusal(400, f"the body is not valid: {e}") from e
