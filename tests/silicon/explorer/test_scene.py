"""Designs against bought chips, today and after the workload has moved."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from baseload.errors import SetupError
from baseload.silicon.explorer import judge, set_scene
from baseload.silicon.explorer.bought import SHOPPING_LIST, shop
from baseload.silicon.explorer.genome import together
from baseload.silicon.explorer.regret import best_costs, losses, regret
from baseload.silicon.explorer.scene import survives
from tests.silicon.explorer.mixes import MARKET, chip, mix, one_class, scene


def test_every_chip_of_the_shopping_list_has_a_price_and_a_day() -> None:
    found = shop(MARKET)
    assert set(found.chips.names) | set(found.left_out) == set(SHOPPING_LIST)
    assert len(found.chips.names) >= 6
    assert (found.total_usd > found.price_usd).all()
    assert (found.ready_months > 0).all()


def test_dearer_memory_is_passed_on_to_bought_chips_at_cost() -> None:
    now, surge = shop(MARKET), shop(replace(MARKET, memory_price=2.0))
    rise = surge.price_usd - now.price_usd
    held_gb = now.chips.memory_bytes / 1e9
    per_gb = rise / held_gb
    assert (per_gb > 2).all()
    assert (per_gb < 30).all()


def test_regret_is_nothing_for_whoever_is_always_best_and_never_negative() -> None:
    costs = np.array([[1.0, 2.0, 1.5], [2.0, 1.0, 1.0]])
    best = best_costs(costs)
    assert best == pytest.approx([1.0, 1.0])
    assert (losses(costs, best) >= 0).all()
    assert regret(costs, best) == pytest.approx([1.0, 1.0, 0.5])


def test_a_chip_without_the_feature_a_shift_needs_is_stranded_beside_bought_ones() -> None:
    here = scene()
    little, enough = chip(programmable=0.05), chip(programmable=0.5)
    shift = MARKET.technology.shifts["state-space"]
    found = judge(together(little, enough), here)
    assert survives(found.designs.chips, shift, MARKET).tolist() == [False, True]
    row = here.shift_names.index("state-space")
    tokens = 1024 + 2048
    bought = float(here.buying["state-space"].usd[0]) / tokens * 1e6
    assert found.costs[row, 0] == pytest.approx(found.priced.capital_usd_per_mtok[0] + bought)


def test_after_any_shift_a_design_costs_at_most_its_idle_capital_and_buying() -> None:
    here = scene()
    found = judge(together(chip(), chip(link_gb_per_s=50), chip(stacks=2)), here)
    for i, name in enumerate(here.shift_names[1:], start=1):
        bought = float(here.buying[name].usd[0]) / 3072 * 1e6
        assert (found.costs[i] <= found.priced.capital_usd_per_mtok + bought + 1e-12).all()


def test_a_class_that_a_design_cannot_serve_is_bought_in() -> None:
    here = set_scene(mix(one_class(1024, 2048, tpot_ms=25)), MARKET)
    weak = judge(chip(memory="lpddr5x", stacks=1, chiplets=1, compute_mm2=40, link_gb_per_s=50), here)
    assert weak.priced.coverage[0] == 0
    assert weak.costs[0, 0] == pytest.approx(here.bought_cost[0].min())


def test_a_promise_that_nothing_bought_keeps_says_which_class() -> None:
    with pytest.raises(SetupError, match="no bought chip serves 'Llama-3.1-70B' \\(external\\) within its promise"):
        set_scene(mix(one_class(tpot_ms=0.01)), MARKET)


def test_a_larger_volume_spreads_the_design_and_a_dearer_memory_costs() -> None:
    base = float(judge(chip(), scene()).costs[0, 0])
    many = set_scene(scene().traffic, replace(MARKET, volume=500_000.0))
    dear = set_scene(scene().traffic, replace(MARKET, memory_price=3.0))
    assert float(judge(chip(), many).costs[0, 0]) < base < float(judge(chip(), dear).costs[0, 0])


def test_one_chip_to_buy_is_enough_whatever_the_shifts_ask() -> None:
    """An H100's domain holds no recommender; after that shift one buys what does."""
    here = set_scene(mix(one_class()), MARKET, ("H100-SXM", "h100-sxm"))
    assert here.bought.chips.names == ("H100-SXM",)
    assert np.isfinite(here.bought_cost).all()


def test_a_chip_of_a_year_to_come_waits_for_its_middle_and_others_for_the_order() -> None:
    lead = MARKET.rules.bought_lead_months.value
    earlier = replace(MARKET, day=date(2024, 11, 1))
    months = dict(zip(SHOPPING_LIST, shop(earlier).ready_months, strict=True))
    assert months["H100-SXM"] == months["B200-SXM"] == lead
    assert months["MI355X"] == pytest.approx(lead + 8, abs=0.2)
    assert months["VR200-NVL72"] == pytest.approx(lead + 20, abs=0.2)


def test_with_nothing_sold_the_reasons_are_told() -> None:
    with pytest.raises(SetupError, match="MTIA-2i: no source says its price_usd"):
        shop(MARKET, ("MTIA-2i",))
