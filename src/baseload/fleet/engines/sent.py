"""Requests on their way: a cancel on another connection may be read before the request it means."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from baseload.fleet.engines.base import EngineCount

ON_ITS_WAY_S = 5.0
"""An engine that has not read a request by now has lost it."""
PATIENCE_S = 1.0
POLL_S = 0.05


class Sent:
    """The requests one engine was sent a moment ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: dict[str, float] = {}

    def note(self, request_id: str) -> None:
        """This one leaves now."""
        now = self._clock()
        self._at.pop(request_id, None)
        self._at[request_id] = now
        while now - self._at[first := next(iter(self._at))] > ON_ITS_WAY_S:
            del self._at[first]

    async def known(self, request_id: str, ask: Callable[[], Awaitable[EngineCount | None]]) -> EngineCount | None:
        """What `ask` answers; asked again for a while when the engine does not know what it was sent just now."""
        now = self._clock()
        recent = now - self._at.get(request_id, float("-inf")) < ON_ITS_WAY_S
        while (said := await ask()) is None and recent and self._clock() < now + PATIENCE_S:
            await asyncio.sleep(POLL_S)
        return said
