"""The live state says null where it does not know: nobody takes silence for no watts or a price of nothing."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from baseload.console import series
from baseload.console.wire import History, State
from baseload.fleet.replicas import Replicas
from baseload.gateway.admin_changes import encoded
from baseload.gateway.metering import Metering
from baseload.gateway.state import describe
from tests.gateway.place import Place, place, stream


class Desk:
    """What the admin listener would say, through JSON as it goes."""

    def __init__(self, here: Place) -> None:
        self.here = here
        self.metering = Metering(here.runtime, Replicas(here.data))

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(
            bytes(encoded(describe(self.here.runtime, self.here.control, self.metering)).body)
        )
        return found

    def history(self) -> History:
        return msgspec.convert(self.here.runtime.meters.history_since(60), History)

    async def tick(self) -> None:
        await asyncio.sleep(0.01)
        await self.here.control.tick()


async def test_in_its_first_second_a_gateway_knows_no_watts_no_rates_and_no_ratio(tmp_path: Path) -> None:
    async with place(tmp_path, stream(4)) as here:
        state = Desk(here).state()
        assert (state["power"]["watts"], state["power"]["joules_per_token"]) == (None, None)
        assert set(state["rates"].values()) == {None}
        for key in ("waiting", "parked", "kv_used", "tokens_per_s", "watts", "joules_per_token"):
            assert state["replicas"][0][key] is None, key
        assert state["trust"]["checked_us"] is None
        assert Desk(here).history().rows == []


async def test_an_idle_cloud_has_watts_and_costs_but_no_price_cost_or_joules_of_a_token(tmp_path: Path) -> None:
    async with place(tmp_path, stream(4)) as here:
        desk = Desk(here)
        await desk.tick()
        await desk.metering.tick(force=True)
        state, hour = desk.state(), series.read(desk.history(), State())
        assert state["power"]["watts"] is not None
        assert state["rates"]["decode_tokens_per_s"] == 0
        assert state["replicas"][0]["usd_per_hour"] > 0
        assert state["trust"]["checked_us"] > 0
        assert (state["power"]["joules_per_token"], state["replicas"][0]["joules_per_token"]) == (None, None)
        for name in ("joules_per_token", "price_usd_per_mtok", "cost_usd_per_mtok"):
            assert hour.columns[name] == [None], name


async def test_with_the_first_answer_the_ratios_are_figures(tmp_path: Path) -> None:
    async with place(tmp_path, stream(4)) as here:
        desk = Desk(here)
        assert (await here.ask("acme")).status == 200
        assert desk.state()["power"]["joules_per_token"] is None
        await desk.tick()
        await desk.metering.tick(force=True)
        state, hour = desk.state(), series.read(desk.history(), State())
        assert state["power"]["joules_per_token"] >= 0
        assert state["replicas"][0]["joules_per_token"] is not None
        for name in ("joules_per_token", "price_usd_per_mtok", "cost_usd_per_mtok"):
            assert [v is None for v in hour.columns[name]] == [False], name


async def test_what_an_engine_elsewhere_could_do_is_unknown_and_so_is_utilisation(tmp_path: Path) -> None:
    async with place(tmp_path, stream(4)) as here:
        desk = Desk(here)
        await desk.tick()
        assert desk.state()["rates"]["capacity_tokens_per_s"] is None
        assert desk.state()["rates"]["utilisation"] is None
