"""The life of one admitted request: seated, relayed, counted, settled, answered.

Read `run` from top to bottom. Whatever happens after the hold, the ledger settles: the tokens that were delivered are
billed, the rest is lost and the pool's cost, and the hold is released.
"""

import asyncio
import logging

from baseload.billing.outcome import Outcome, Reason, Receipt, Try, bill
from baseload.errors import EngineDown, LedgerError, Refusal
from baseload.fleet.engines.base import Engine
from baseload.fleet.relay import Relay
from baseload.fleet.router import Place
from baseload.gateway.admitted import Admitted
from baseload.gateway.answer import Answer, Final, StreamAnswer, WholeAnswer
from baseload.gateway.attempt import REASON, Tried, count_try, run_try, tries_of
from baseload.gateway.refusals import INTERNAL, SHUTTING_DOWN, cannot_write, refusal_of, waited_too_long
from baseload.gateway.runtime import Runtime
from baseload.http1 import Exchange
from baseload.units import Micros

log = logging.getLogger(__name__)

MAX_TRIES = 2
PROTECTED_WAIT_S = 60.0


class Completion:
    """One request on its way."""

    def __init__(self, runtime: Runtime, exchange: Exchange, admitted: Admitted) -> None:
        self.runtime = runtime
        self.exchange = exchange
        self.admitted = admitted
        self.caller = admitted.caller
        self.ask = ask = admitted.ask
        self.tier = admitted.tier
        self.model = admitted.model
        self.request_id = admitted.request_id
        self.tried: list[Tried] = []
        self.queue_us = 0
        self.stopped = ""
        self._withheld = False
        self.relay: Relay | None = None
        self._waiting: asyncio.Future[Place] | None = None
        self._engine: Engine | None = None
        headers = [(b"x-request-id", self.request_id.encode()), *self.caller.limit_headers()]
        self.answer: Answer = (
            StreamAnswer(exchange, headers, model=ask.model, chat=ask.chat, include_usage=ask.include_usage)
            if ask.stream
            else WholeAnswer(exchange, headers, model=ask.model, chat=ask.chat, n=ask.n)
        )

    async def run(self) -> None:
        """From the first place in a queue to the last byte."""
        self.runtime.began(self)
        self.exchange.on_gone = self._client_gone
        if self.exchange.gone:  # while it was let in
            self.stopped = "client_hangup"
        refusal: Refusal | None = INTERNAL
        try:
            refusal = await self._try_until_done()
        finally:
            try:
                await self._close(refusal)
            finally:
                self.runtime.ended(self, refusal, completed=refusal is None and self._completed())
                self._let_go()

    def _let_go(self) -> None:
        """Undo the circle of references: memory is then free at once, and no collector stops the world for it."""
        self.exchange.on_gone = self.exchange.on_backlog = None

    # the work
    async def _try_until_done(self) -> Refusal | None:
        """Try, and try elsewhere when an engine failed and nothing of its answer has left. None when it was done."""
        while True:
            if self._is_stopped():
                return self._stopped_as()
            try:
                place = await self._seat()
            except Refusal as refusal:
                return refusal
            if place is None:
                return self._stopped_as()
            try:
                made = await self._try(place)
            finally:
                self.runtime.router.release(place)
            self.tried.append(made)
            if made.end.reason == "completed":
                return None
            if made.end.reason == "engine_down":
                self.runtime.router.mark(made.engine, up=False)
            if not made.retriable or len(self.tried) >= MAX_TRIES or self._is_stopped() or self._left(made):
                return None if made.end.reason == "client_hangup" else refusal_of(made)
            self.answer.restart()

    def _is_stopped(self) -> bool:
        return bool(self.stopped)

    def _stopped_as(self) -> Refusal | None:
        """Nobody is there to be told of a hang-up; who waited when the gateway closed is told to come again."""
        return None if self.stopped == "client_hangup" else SHUTTING_DOWN

    def _left(self, made: Tried) -> bool:
        """Whether some of this try's content has left for the client, so that another try would repeat it."""
        return self.answer.streamed and made.progress.delivered > 0

    async def _seat(self) -> Place | None:
        """A place on a replica, at once or in turn; None when the client hung up while it waited."""
        router, flex = self.runtime.router, self.tier == "flex"
        avoid = frozenset(t.engine.replica for t in self.tried)
        try:
            place = router.take(self.model.id, flex=flex, affinity=self.ask.affinity, avoid=avoid)
        except EngineDown as e:
            raise Refusal(503, str(e), kind="server_error", code="engine_unavailable", retry_after_s=5) from None
        if place is not None:
            return place
        return await self._wait(router.wait(self.model.id, flex=flex, affinity=self.ask.affinity, avoid=avoid), flex)

    async def _wait(self, turn: "asyncio.Future[Place]", flex: bool) -> Place | None:
        since_us = self.runtime.now_us()
        self._waiting = turn
        try:
            await asyncio.wait([turn], timeout=self.runtime.cloud.gateway.queue_timeout_s if flex else PROTECTED_WAIT_S)
        finally:
            self._waiting = None
            self.queue_us += self.runtime.now_us() - since_us
        if turn.done():
            return None if turn.cancelled() else turn.result()
        turn.cancel()
        raise waited_too_long(self.model.id, flex)

    async def _try(self, place: Place) -> Tried:
        engine = self._engine = place.engine
        upstream = engine.upstream_model()
        whole = engine.answers_whole and not self.ask.stream
        body = self.ask.body(upstream, self.admitted.max_tokens, whole=whole)
        relay, started_us = await run_try(
            engine,
            engine.request(self.ask.route, body, self.request_id, self._class()),
            self.answer,
            rename=None if whole or upstream == self.ask.model else self.ask.model,
            whole=whole,
            now_us=self.runtime.now_us,
            watch=self._watch,
        )
        self.relay = None
        emitted_before = sum(t.emitted for t in self.tried if t.engine is engine)
        return await count_try(engine, self.request_id, relay, started_us, emitted_before)

    def _class(self) -> str:
        """How the engine's scheduler knows this request: internal work goes before paying, paying before flex."""
        return "internal" if self.caller.business == "internal" and self.tier != "flex" else self.tier

    def _watch(self, relay: Relay) -> None:
        self.relay = relay
        self.exchange.on_backlog = relay.backlog
        if self.stopped:
            relay.stop("client_hangup" if self.stopped == "client_hangup" else "cancelled")

    def _client_gone(self) -> None:
        self.stop("client_hangup")

    def stop(self, reason: str) -> None:
        """The client hung up, or the gateway closes: stop the engine or leave the queue."""
        self.stopped = reason
        if self.relay is not None:
            self.relay.stop("client_hangup" if reason == "client_hangup" else "cancelled")
        elif self._waiting is not None:
            self._waiting.cancel()

    # the end
    async def _close(self, refusal: Refusal | None) -> None:
        """Settle, durably; only then let usage and `[DONE]`, or the error, leave."""
        outcome = self._outcome()
        try:
            receipt = await self.runtime.settle(self, self.admitted.grant, outcome, self._if_refused)
        except LedgerError as e:
            log.error("request %s is not settled: %s", self.request_id, e)
            self.answer.fail(cannot_write(e), ())
            return
        if refusal is not None:
            self.answer.fail(refusal, ())
        elif not self.exchange.gone:
            self.answer.finish(self._final(outcome, receipt), ())

    def _if_refused(self) -> Outcome:
        """What is on record when the ledger could not write: a whole answer was then never sent, and is lost."""
        self._withheld = not self.answer.streamed
        return self._outcome()

    @property
    def used_tokens(self) -> int:
        """What counts against the tenant's tokens a minute: everything it made an engine do."""
        return sum(t.prompt + t.emitted for t in self.tried)

    @property
    def waited_us(self) -> int:
        """Time in the queue here, and queued or parked at a replica to let others pass."""
        return max(0, self.queue_us) + sum(max(0, t.progress.held_us) for t in self.tried)

    @property
    def waiting(self) -> bool:
        """Whether it waits for a place on a replica."""
        return self._waiting is not None

    def note_work(self) -> None:
        """Put what the running go has done so far into the metering window."""
        if self.relay is None or self._engine is None:
            return
        first_n = 1 + sum(len(t.progress.segments) for t in self.tried)
        for i, segment in enumerate(self.relay.progress.segments):
            prefilled = segment.prefilled or (self.relay.progress.prompt or 0 if i == 0 else 0)
            self.runtime.power.work.note(
                self._engine.pool_id, self.model.id, self.request_id, first_n + i, prefilled, segment.emitted
            )

    def so_far(self) -> tuple[int, int]:
        """Tokens prefilled and emitted up to now, over all tries."""
        prefilled, emitted = sum(t.prompt for t in self.tried), sum(t.emitted for t in self.tried)
        if self.relay is not None:
            prefilled += self.relay.progress.prompt or 0
            emitted += self.relay.progress.seen
        return prefilled, emitted

    def _outcome(self) -> Outcome:
        """What the ledger is told: every go, with what was delivered of the last one billed."""
        tries: list[Try] = []
        for made in self.tried:
            last = made is self.tried[-1]
            tries += tries_of(made, delivered=self._delivered() if last else 0, reason=self._reason(made))
        owed = bill(tries, self.tried[-1].prompt if self.tried else 0)
        final = self.tried[-1] if self.tried else None
        energy_mj, kind = self.runtime.power.prorated(
            final.engine.pool_id if final else self.model.pool,
            self.model.id,
            prefilled=sum(t.prefilled for t in tries),
            decoded=sum(t.emitted for t in tries),
        )
        return Outcome(
            attempts=owed.attempts,
            tok_in=owed.tok_in,
            tok_cached=final.progress.cached if final and owed.tok_in else None,
            tok_out=owed.tok_out,
            energy_mj=energy_mj,
            energy_kind=kind,
            finish=(final.progress.finish or owed.attempts[-1].reason) if final else (self.stopped or "refused"),
            pool=final.engine.pool_id if final else self.model.pool,
            replica=final.engine.replica if final else "",
            first_token_us=Micros(final.progress.first_token_us) if final and final.progress.first_token_us else None,
            queue_us=self.waited_us,
            now_us=Micros(self.runtime.now_us()),
        )

    def _reason(self, made: Tried) -> Reason:
        """How a go ended, for the record. A whole answer nobody was there to take was left, however well it ended."""
        if made is self.tried[-1] and made.end.reason == "completed" and not self._completed():
            return "cancelled" if self._withheld else "client_hangup"
        return REASON[made.end.reason]

    def _completed(self) -> bool:
        """Whether the answer is whole and somebody is there to take it."""
        whole = bool(self.tried) and self.tried[-1].end.reason == "completed"
        return whole and (self.answer.streamed or not (self.exchange.gone or self._withheld))

    def _delivered(self) -> int:
        """Output tokens whose bytes were handed to the client before a hang-up was seen."""
        if not self.tried:
            return 0
        last = self.tried[-1]
        if self._completed():
            return last.emitted
        return min(last.progress.delivered, last.emitted) if self.answer.streamed else 0

    def _final(self, outcome: Outcome, receipt: Receipt) -> Final:
        return Final(
            tok_in=outcome.tok_in,
            tok_cached=outcome.tok_cached or 0,
            tok_out=outcome.tok_out,
            amount_nano=receipt.amount_nano,
            energy_mj=outcome.energy_mj,
            energy_kind=outcome.energy_kind,
            service_tier=self.tier,
        )
