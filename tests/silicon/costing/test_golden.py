"""Reference sums, worked out by hand from the same formulas, and the ranges that analysts publish."""

from dataclasses import replace
from datetime import date

import pytest

from baseload.catalog.cost import CostInputs, cost_inputs
from baseload.silicon.costing import Design, Lines, bought, unit_cost_usd

POISSON = 1e9
"""A cluster parameter so large that defects fall independently."""
DAY = date(2025, 6, 1)


def reference(**values: float) -> CostInputs:
    """5 mm of edge, a 0.2 mm lane, no loss in the last test, no rise of prices: the terms of the hand-made sums."""
    terms = {"wafer_edge_exclusion": 5.0, "scribe_lane": 0.2, "final_test_yield": 1.0, "yield_cluster_alpha": 3.0}
    terms |= {"wafer_price_annual_rise_hpc": 0.0, "lpddr5x_contract_rise_q1_2026": 0.0, "wafer_price_n5_n4": 17_000.0}
    return cost_inputs().replaced(**{**terms, **values})


def of(design: Design, **values: float) -> Lines:
    return unit_cost_usd(design, day=DAY, inputs=reference(**values))


def whole(name: str) -> Design:
    """A design none of whose dies is repaired."""
    design = bought(name)
    return replace(design, dies=tuple(replace(die, repairable_fraction=0.0) for die in design.dies))


def test_h100_comes_to_3399() -> None:
    """N4 at 17,000, 0.10 defects/cm2, 70 % repairable, Poisson; HBM3 at 16.9 USD/GB."""
    bill = of(bought("H100-SXM"), yield_cluster_alpha=POISSON, hbm3_price=16.9)
    assert float(bill.logic) == pytest.approx(377, abs=1)
    assert (float(bill.memory), float(bill.package), float(bill.test)) == pytest.approx((1352, 750, 920))
    assert float(bill.made) == pytest.approx(3399, abs=1)


def test_mi300x_comes_to_5382() -> None:
    """Eight N5 dies of 115 mm2 and four N6 dies of 370 mm2, none repaired, clustered defects (3)."""
    bill = of(whole("MI300X"), hbm3_price=15.1)
    assert float(bill.logic) == pytest.approx(683, abs=1)
    assert (float(bill.memory), float(bill.package), float(bill.test)) == pytest.approx((2899.2, 1200, 600))
    assert float(bill.made) == pytest.approx(5382, abs=2)


@pytest.mark.parametrize(("usd_per_gb", "expected"), [(10.6, 3541), (15.0, 4162)])
def test_h200_comes_to_3541_to_4162(usd_per_gb: float, expected: float) -> None:
    bill = of(bought("H200-SXM"), yield_cluster_alpha=POISSON, hbm3e_price=usd_per_gb)
    assert float(bill.made) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(("usd_per_gb", "expected"), [(4.0, 860), (10.0, 1630)])
def test_mtia_2i_comes_to_860_to_1630(usd_per_gb: float, expected: float) -> None:
    bill = of(bought("MTIA-2i"), wafer_price_n5_n4=16_500.0, lpddr5x_price=usd_per_gb)
    assert float(bill.logic) == pytest.approx(199, abs=1)
    assert float(bill.die) == pytest.approx(134, abs=1)
    assert float(bill.made) == pytest.approx(expected, abs=2)


@pytest.mark.parametrize(
    ("name", "low", "high", "source"),
    [
        ("H100-SXM", 3000, 5875, "Raymond James 3,320; SemiAnalysis 5,875 with its share of the baseboard"),
        ("MI300X", 5300 * 0.8, 5300 * 1.2, "siliconanalysts.com/tools/cost-bridge 2026-02, 5,300"),
        ("H200-SXM", 3541, 4800, "siliconanalysts.com, 4,250 and 4,800"),
    ],
)
def test_with_the_catalogues_own_inputs_a_chip_costs_what_is_published(
    name: str, low: float, high: float, source: str
) -> None:
    made = float(unit_cost_usd(bought(name), day=date(2026, 2, 15)).made)
    assert low <= made <= high, f"expected {low} to {high} ({source}), got {made:.0f}"


def test_a_naive_yield_would_miss_an_h100_by_half() -> None:
    """Without repair an 814 mm2 die costs about 600 to 650 dollars; 200 to 364 are published."""
    assert float(of(whole("H100-SXM"), yield_cluster_alpha=10.0).logic) == pytest.approx(646, abs=5)
