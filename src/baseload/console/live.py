"""What the gateway says, once a second, for as long as somebody looks; nobody looking costs the gateway nothing.

When the gateway cannot be reached the last picture stays, marked as past: a restart is a state, not an error. The
hour and the books are read aside: one that takes its time holds up neither the seconds nor the word for them.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from baseload.console import series
from baseload.console.admin import Admin, Declined, Unreachable
from baseload.console.money import Tree
from baseload.console.wire import State
from baseload.units import NANO_PER_USD

TICK_S = 1.0
HOUR_EVERY_S = 15.0
PNL_EVERY_S = 5.0
PATIENCE_S = 0.5
"""How long a picture waits for the hour and the books, so that a first one is whole where they come at once."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything the operator page draws, and whether it is of now."""

    state: State = field(default_factory=State)
    hour: series.Series = field(default_factory=series.Series)
    pnl: Tree = field(default_factory=dict)
    spend: dict[str, float] = field(default_factory=dict)
    reachable: bool = False

    @property
    def as_of_us(self) -> int:
        return self.state.as_of_us


class Live:
    """One poller for all watchers."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._picture = Picture()
        self._seen_s = self._hour_s = self._pnl_s = float("-inf")
        self._turn = asyncio.Lock()
        self._news = asyncio.Condition()
        self._watchers = 0
        self._task: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None

    async def picture(self) -> Picture:
        """The picture of this second."""
        async with self._turn:
            if time.monotonic() - self._seen_s >= TICK_S * 0.9:
                await self._look()
            return self._picture

    async def _look(self) -> None:
        now_s = self._seen_s = time.monotonic()
        try:
            state = await self._admin.state()
        except Unreachable:
            self._picture = replace(self._picture, reachable=False)
            return
        if state.pid != self._picture.state.pid:
            self._hour_s = self._pnl_s = float("-inf")
            self._stop_reading()
        self._picture = replace(self._picture, state=state, reachable=True)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read(state, now_s))
        await asyncio.wait([self._reading], timeout=PATIENCE_S)

    async def _read(self, state: State, now_s: float) -> None:
        """The hour and the books, where they are due; what does not come stays as it was and is due again."""
        try:
            if now_s - self._hour_s >= HOUR_EVERY_S:
                hour = series.read(await self._admin.history(series.HOUR_S), state)
                self._picture, self._hour_s = replace(self._picture, hour=hour), now_s
            if now_s - self._pnl_s >= PNL_EVERY_S:
                pnl, spend = await self._admin.pnl(), await self._spend()
                self._picture, self._pnl_s = replace(self._picture, pnl=pnl, spend=spend), now_s
        except (Unreachable, Declined) as e:
            log.info("the books are read again in a second: %s", e)
        except Exception:
            log.exception("the books could not be drawn; they are read again in a second")

    async def _spend(self) -> dict[str, float]:
        """Dollars charged by tenant."""
        rows = (await self._admin.usage("tenant")).rows
        return {str(r.get("tenant", r.get("tenant_id"))): int(r.get("amount_nano") or 0) / NANO_PER_USD for r in rows}

    async def watch(self) -> AsyncIterator[Picture]:
        """A picture now and one each second. The first watcher starts the poller, the last one ends it."""
        self._watchers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._poll())
        try:
            yield await self.picture()
            while True:
                async with self._news:
                    await self._news.wait()
                yield self._picture
        finally:
            self._watchers -= 1
            if not self._watchers:
                self.close()

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            try:
                await self.picture()
            except Exception:
                log.exception("the gateway's answer could not be drawn; the next is tried in a second")
                self._picture = replace(self._picture, reachable=False)
            async with self._news:
                self._news.notify_all()

    def close(self) -> None:
        """Stop polling."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._stop_reading()

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None


def fresh(picture: Picture) -> str:
    """The word for how current the page is."""
    if picture.reachable:
        return "live"
    return "restarting" if picture.as_of_us else "starting"
