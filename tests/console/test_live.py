"""The live picture moves by the second, whatever else the gateway takes its time over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from baseload.console import live
from baseload.console.admin import Unreachable
from baseload.console.wire import History, State, Usage


class Gateway:
    """An admin client whose books may hang, and which may be away."""

    def __init__(self) -> None:
        self.second = 0
        self.pid = 1
        self.away = False
        self.books_open = asyncio.Event()
        self.books_open.set()

    async def state(self) -> State:
        if self.away:
            raise Unreachable("away")
        self.second += 1
        return State(pid=self.pid, as_of_us=self.second)

    async def history(self, seconds: int) -> History:
        return History(fields=["at_us"], rows=[[1e6]])

    async def pnl(self) -> dict[str, Any]:
        await self.books_open.wait()
        return {"as_of_us": self.pid}

    async def usage(self, by: str) -> Usage:
        return Usage()


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setattr(live, "TICK_S", 0.02)
    monkeypatch.setattr(live, "PNL_EVERY_S", 0.02)
    return Gateway()


async def watched(gateway: Any) -> AsyncIterator[live.Picture]:
    async with aclosing(live.Live(gateway).watch()) as pictures:
        async for picture in pictures:
            yield picture


async def test_the_first_picture_has_the_books(gateway: Gateway) -> None:
    picture = await live.Live(gateway).picture()  # type: ignore[arg-type]
    assert (picture.reachable, picture.pnl, picture.hour.at_us) == (True, {"as_of_us": 1}, [1e6])


async def test_books_that_take_long_do_not_hold_up_the_seconds(gateway: Gateway) -> None:
    gateway.books_open.clear()
    async with asyncio.timeout(5), aclosing(watched(gateway)) as pictures:
        seen = [await anext(pictures) for _ in range(3)]
        assert all(picture.reachable for picture in seen)
        assert len({picture.as_of_us for picture in seen}) == 3
        gateway.books_open.set()
        while not (await anext(pictures)).pnl:
            pass


async def test_a_gateway_that_goes_away_and_comes_back_is_told_and_asked_for_its_own_books(gateway: Gateway) -> None:
    async with asyncio.timeout(5), aclosing(watched(gateway)) as pictures:
        await anext(pictures)
        gateway.away = True
        while (await anext(pictures)).reachable:
            pass
        gateway.away, gateway.pid = False, 2
        while (await anext(pictures)).pnl != {"as_of_us": 2}:
            pass


async def test_the_last_watcher_ends_the_poller_and_the_next_starts_one(gateway: Gateway) -> None:
    shown = live.Live(gateway)  # type: ignore[arg-type]
    for _ in range(2):
        async with asyncio.timeout(5), aclosing(shown.watch()) as first, aclosing(shown.watch()) as second:
            await anext(first)
            await anext(second)
            await anext(first)
            await first.aclose()
            await anext(second)
        asked = gateway.second
        await asyncio.sleep(0.1)
        assert gateway.second == asked
