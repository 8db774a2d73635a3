"""What the gateway says, once a second, for as long as somebody looks; nobody looking costs the gateway nothing.

When the gateway cannot be reached the last picture stays, marked as past: a restart is a state, not an error.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from baseload.console import series
from baseload.console.admin import Admin, Unreachable
from baseload.console.money import Tree
from baseload.console.wire import State
from baseload.units import NANO_PER_USD

TICK_S = 1.0
HOUR_EVERY_S = 15.0
PNL_EVERY_S = 5.0


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
            if state.pid != self._picture.state.pid:
                self._hour_s = self._pnl_s = float("-inf")
            hour, pnl, spend = self._picture.hour, self._picture.pnl, self._picture.spend
            if now_s - self._hour_s >= HOUR_EVERY_S:
                hour, self._hour_s = series.read(await self._admin.history(series.HOUR_S), state), now_s
            if now_s - self._pnl_s >= PNL_EVERY_S:
                pnl, spend, self._pnl_s = await self._admin.pnl(), await self._spend(), now_s
            self._picture = Picture(state=state, hour=hour, pnl=pnl, spend=spend, reachable=True)
        except Unreachable:
            self._picture = replace(self._picture, reachable=False)

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


def fresh(picture: Picture) -> str:
    """The word for how current the page is."""
    if picture.reachable:
        return "live"
    return "restarting" if picture.as_of_us else "starting"
