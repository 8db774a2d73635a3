"""Frontier, pairing, payback, programmable share and tornado of one design."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from baseload.silicon.explorer import judge, set_scene
from baseload.silicon.explorer.evaluate import price
from baseload.silicon.explorer.frontier import busiest, frontier
from baseload.silicon.explorer.money import busy_second
from baseload.silicon.explorer.pairing import best_pair
from baseload.silicon.explorer.payback import deadline, payback
from baseload.silicon.explorer.programmable import sweep, worth
from baseload.silicon.explorer.regret import best_costs
from baseload.silicon.explorer.schedule import maturity, mean_maturity, volume_months
from baseload.silicon.explorer.supply import supply
from baseload.silicon.explorer.tornado import ratio, tornado
from tests.silicon.explorer.mixes import MARKET, chip, mix, one_class, scene

GOOD = chip(compute_mm2=1200, programmable=0.1, chiplets=4, stacks=9)


def test_along_a_frontier_pace_falls_and_work_rises() -> None:
    here = scene()
    points = frontier(here.bought.chips, 0, busiest(here.traffic), here.model, MARKET, 1.0)
    assert len(points) > 3
    assert all(a.per_user > b.per_user and a.per_chip < b.per_chip for a, b in pairwise(points))


def test_a_pair_is_never_dearer_than_the_single_pool() -> None:
    here = scene()
    chips, total = here.bought.chips, here.bought.total_usd
    priced = price(chips, total, 1.0, here.traffic, here.model, MARKET)
    pair = best_pair(chips.names, priced, busy_second(total, 0.0, chips, MARKET).full, here.traffic)
    assert pair is not None
    assert pair.usd_per_mtok <= pair.single_usd_per_mtok + 1e-12


def test_at_the_break_even_volume_designing_costs_what_buying_costs() -> None:
    found = payback(judge(GOOD, scene()), 0, scene())
    assert found.chips is not None
    there = set_scene(scene().traffic, replace(MARKET, volume=found.chips))
    assert float(judge(GOOD, there).costs[0, 0]) == pytest.approx(found.bought_usd_per_mtok, rel=1e-6)


def test_the_curve_by_volume_falls_and_is_what_judging_at_a_volume_says() -> None:
    curve = payback(judge(GOOD, scene()), 0, scene()).by_volume
    assert all(a[1] > b[1] for a, b in pairwise(curve))
    chips, usd = curve[8]
    there = set_scene(scene().traffic, replace(MARKET, volume=chips))
    assert float(judge(GOOD, there).costs[0, 0]) == pytest.approx(usd, rel=1e-9)


def test_a_chip_that_saves_nothing_never_pays() -> None:
    weak = chip(memory="gddr7", stacks=4, chiplets=1, compute_mm2=200)
    found = payback(judge(weak, scene()), 0, scene())
    assert found.chips is None
    assert found.megawatts is None


def test_a_respin_moves_the_last_tape_out_by_its_months() -> None:
    found = judge(GOOD, scene())
    none, one = deadline(found, 0, scene(), respins=0), deadline(found, 0, scene(), respins=1)
    assert none.tape_out_by_months - one.tape_out_by_months == pytest.approx(MARKET.rules.respin_months.value)
    assert none.volume_by_months == one.volume_by_months


def test_volume_takes_design_fab_packaging_bring_up_and_respins() -> None:
    found = judge(chip(node="n5", memory="hbm3e", chiplets=1, stacks=4), scene())
    weeks = 365.25 / 12 / 7
    assert found.months[0] == pytest.approx(20 + (20 + 6) / weeks + 5 + 5)
    assert volume_months(found.designs, MARKET, respins=0)[0] == pytest.approx(found.months[0] - 5)


def test_a_port_goes_from_the_first_days_speed_to_all_of_it_in_eight_months() -> None:
    """MTIA 2i: 0.5 to 1.8 times in eight months (ISCA'25)."""
    assert maturity(0, MARKET) == pytest.approx(0.5 / 1.8, abs=0.001)
    assert maturity(8, MARKET) > 0.95
    assert 0.9 < mean_maturity(MARKET) < 1


def test_supply_counts_the_whole_volume_as_one_year() -> None:
    found = judge(GOOD, scene())
    took = supply(found.designs, 0, MARKET)
    assert took.memory_gb == pytest.approx(MARKET.volume * 9 * 36)
    assert took.chips_by_memory == pytest.approx(took.memory_gb_limit / (9 * 36))
    board = judge(chip(memory="lpddr5x", stacks=8, chiplets=1), scene())
    assert supply(board.designs, 0, MARKET).chips_by_interposers is None


def test_more_programmable_area_is_dearer_today_and_survives_no_fewer_shifts() -> None:
    here = scene()
    found = judge(GOOD, here)
    shares = sweep(GOOD, here, best_costs(found.costs, here.bought_cost))
    survived = [s.survives for s in shares]
    assert survived == sorted(survived)
    assert survived[-1] > survived[0]
    assert shares[-1].usd_per_mtok > shares[1].usd_per_mtok
    assert worth(shares)[0] == 0


def test_a_tornado_is_widest_first_and_its_ends_straddle_the_base() -> None:
    here = scene()
    base, bars = ratio(GOOD, here), tornado(GOOD, here)
    swings = [bar.swing for bar in bars]
    assert swings == sorted(swings, reverse=True)
    assert {"memory_price", "volume", "utilisation", "asic_partner_gross_margin"} <= {bar.name for bar in bars}
    one_way = [bar for bar in bars if bar.name != "life_years"]  # a long life spreads the port's slow start, too
    for bar in one_way:
        assert min(bar.ratio_at_low, bar.ratio_at_high) <= base + 1e-9
        assert max(bar.ratio_at_low, bar.ratio_at_high) >= base - 1e-9


def test_dearer_memory_and_a_smaller_volume_speak_for_buying() -> None:
    bars = {bar.name: bar for bar in tornado(GOOD, scene())}
    assert bars["memory_price"].ratio_at_high > bars["memory_price"].ratio_at_low
    assert bars["volume"].ratio_at_low > bars["volume"].ratio_at_high
    assert bars["bought_price"].ratio_at_low > bars["bought_price"].ratio_at_high


def test_two_classes_are_weighed_by_their_share() -> None:
    half = replace(one_class(1024, 2048), share=0.5)
    other = replace(one_class(1024, 2048), share=0.5, tier="internal")
    both = set_scene(mix(half, other), MARKET)
    assert np.allclose(judge(GOOD, both).costs[0], judge(GOOD, scene()).costs[0])
