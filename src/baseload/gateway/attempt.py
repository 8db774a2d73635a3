"""One go at one replica, and the exact record of it."""

from collections.abc import Callable

import msgspec

from baseload.billing.outcome import Reason, Try
from baseload.errors import EngineDown, EngineError
from baseload.fleet.engines.base import CountMark, Engine, EngineCount
from baseload.fleet.progress import Progress
from baseload.fleet.relay import Consumer, End, Relay
from baseload.units import Micros

REASON: dict[str, Reason] = {
    "completed": "completed",
    "client_hangup": "client_hangup",
    "engine_died": "engine_died",
    "engine_down": "engine_died",
    "engine_error": "engine_error",
    "refused": "refused",
    "cancelled": "cancelled",
}
"""How an end is named in the ledger."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one go: how it ended, what was seen, what the engine says it emitted."""

    engine: Engine
    end: End
    progress: Progress
    started_us: int
    emitted: int
    prompt: int
    count_mark: CountMark

    @property
    def retriable(self) -> bool:
        """Whether another replica might do better: this one failed and the fault was not the request's."""
        return self.end.reason in ("engine_died", "engine_down", "engine_error") or (
            self.end.reason == "refused" and self.end.status >= 500
        )


async def run_try(
    engine: Engine,
    request: bytes,
    consumer: Consumer,
    *,
    rename: str | None,
    whole: bool,
    now_us: Callable[[], int],
    watch: Callable[[Relay], None],
) -> tuple[Relay, int]:
    """Send the request and wait for its end. `watch` is told of the relay before a byte is sent."""
    started_us = now_us()
    relay = Relay(consumer, speaks_tokens=engine.speaks_tokens, rename=rename, now_us=now_us, whole=whole)
    watch(relay)
    try:
        connection = await engine.connections.connect()
    except EngineDown as e:
        relay.stop("engine_down", str(e))
    else:
        if relay.end.done():
            engine.connections.idle.append(connection)
        else:
            relay.connection = connection
            connection.send(request, relay)
    await relay.end
    return relay, started_us


async def count_try(engine: Engine, request_id: str, relay: Relay, started_us: int, emitted_before: int) -> Tried:
    """Ask the engine what it really emitted, unless its own usage chunk has said so.

    An engine of someone else's counts a request id over all its goes, so what earlier ones there emitted is taken off.
    """
    end, progress = relay.end.result(), relay.progress
    emitted, prompt = progress.seen, progress.prompt or 0
    mark: CountMark = "counted"
    if end.reason == "completed" and progress.usage_tokens is not None:
        emitted = max(progress.usage_tokens, progress.seen if engine.speaks_tokens else 0)
    elif end.reason not in ("engine_down", "refused"):
        said = await _ask_count(engine, request_id)
        if said is not None:
            emitted = max(said.emitted - (0 if engine.speaks_tokens else emitted_before), 0)
            prompt = prompt or said.prompt
        mark = "counted" if said is not None and said.final else "estimated"
    return Tried(
        engine=engine,
        end=end,
        progress=progress,
        started_us=started_us,
        emitted=emitted,
        prompt=prompt,
        count_mark=mark,
    )


async def _ask_count(engine: Engine, request_id: str) -> EngineCount | None:
    try:
        return await engine.cancel(request_id)
    except EngineError:
        return engine.post_mortem(request_id)


def tries_of(made: Tried, *, delivered: int, reason: Reason) -> list[Try]:
    """The ledger's view of one go at an engine: a row for each stretch between being parked and being resumed.

    `delivered` tokens are handed out from the first stretch on; the tail only the engine knew of belongs to the last.
    """
    segments = made.progress.segments
    tail = made.emitted - sum(s.emitted for s in segments)
    rows, left = [], delivered
    for i, segment in enumerate(segments):
        last = i == len(segments) - 1
        emitted = max(segment.emitted + (tail if last else 0), 0)
        handed = min(left, emitted)
        left -= handed
        rows.append(
            Try(
                replica=made.engine.replica,
                prefilled=max(segment.prefilled, made.prompt if i == 0 else 0),
                emitted=emitted,
                delivered=handed,
                reason=reason if last else "preempted",
                count_mark=made.count_mark,
                started_us=Micros(made.started_us),
                ended_us=Micros(segment.ended_us or segments[-1].ended_us),
            )
        )
    return rows
