"""The bill of a chip: sums, spreads, what moves it which way, and what it refuses."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.catalog.cost import cost_inputs
from baseload.catalog.design import designs
from baseload.errors import SetupError
from baseload.silicon.costing import Design, Die, bought, cost, nre_usd, unit_cost_usd
from baseload.silicon.costing.draw import Draws, Middle, drawn
from baseload.units import Mark

DAY = date(2026, 6, 1)
CHIP = Design(
    name="paper",
    dies=(
        Die(name="compute", node="n3", area_mm2=600.0, count=2, units=72, units_needed=68),
        Die(name="io", node="n6", area_mm2=200.0, module="network"),
    ),
    memory_type="hbm3e",
    memory_gb=288.0,
    memory_sites=8,
)


@pytest.mark.parametrize("name", sorted(designs()))
def test_lines_add_up_exactly_for_every_chip_of_the_catalogue(name: str) -> None:
    bill = cost(bought(name), day=DAY, draws=50)
    made = sum(bill.usd[line].mid for line in ("die", "yield_loss", "memory", "package", "test", "scrap"))
    chip = bill.usd["made"].mid + bill.usd["margin"].mid + bill.usd["nre"].mid
    assert bill.usd["made"].mid == pytest.approx(made, rel=1e-12)
    assert bill.usd["chip"].mid == pytest.approx(chip, rel=1e-12)
    assert bill.usd["total"].mid == pytest.approx(chip + bill.usd["server"].mid, rel=1e-12)
    assert bill.carbon_kg["total"].mid > bill.carbon_kg["module"].mid > bill.carbon_kg["logic"].mid > 0
    assert all(line.p10 <= line.p50 <= line.p90 for line in bill.usd.values())


def test_a_chip_is_asked_about_by_any_of_its_names() -> None:
    assert cost("h100", day=DAY, draws=50).usd == cost(bought("H100-SXM"), day=DAY, draws=50).usd
    with pytest.raises(SetupError, match="no chip 'H100-SMX'; did you mean 'H100-SXM'"):
        cost("H100-SMX")
    with pytest.raises(SetupError, match="nothing public says what TPU-v5p is made of"):
        cost("TPU v5p")


@pytest.mark.parametrize("name", ["H100-SXM", "MI300X", "MTIA-2i"])
def test_the_median_of_the_draws_is_near_the_central_value(name: str) -> None:
    made = cost(bought(name), day=DAY).usd["made"]
    assert made.p50 == pytest.approx(made.mid, rel=0.06)
    assert made.p10 < made.mid < made.p90


def test_a_seed_replays_a_bill_and_another_does_not() -> None:
    assert cost(CHIP, day=DAY, seed=3, draws=200).usd == cost(CHIP, day=DAY, seed=3, draws=200).usd
    assert cost(CHIP, day=DAY, seed=3, draws=200).usd != cost(CHIP, day=DAY, seed=4, draws=200).usd


@given(st.floats(min_value=1e3, max_value=1e7), st.floats(min_value=1.01, max_value=10))
def test_more_volume_is_never_dearer_a_chip(volume: float, factor: float) -> None:
    assert unit_cost_usd(CHIP, volume * factor, DAY).total < unit_cost_usd(CHIP, volume, DAY).total


def test_the_memory_bill_follows_the_price_of_the_day() -> None:
    days = [
        date(2025, 6, 1),
        date(2026, 2, 1),
        date(2026, 6, 27),
        date(2027, 1, 1),
        date(2027, 6, 30),
        date(2029, 1, 1),
    ]
    usd = [float(unit_cost_usd(CHIP, day=day).memory) / 288 for day in days]
    assert usd[0] == 12.5 and usd[2] == 15 and usd[4] == usd[5] == pytest.approx(22.5)
    assert usd == sorted(usd)


def test_lpddr_cost_half_before_the_first_quarter_of_2026() -> None:
    before, after = (
        float(unit_cost_usd(bought("MTIA-2i"), day=day).memory) for day in (date(2025, 6, 1), date(2026, 6, 1))
    )
    assert after == pytest.approx(before * 1.9)


def test_an_array_of_designs_is_priced_as_each_alone() -> None:
    areas, capacities, volumes = np.array([200.0, 500.0]), np.array([96.0, 288.0]), np.array([1e5, 1e6])
    die = Die(name="c", node="n3", area_mm2=areas, units=64, units_needed=60)
    family = unit_cost_usd(replace(CHIP, dies=(die,), memory_gb=capacities), volumes, DAY)
    for i in range(2):
        one = replace(CHIP, dies=(replace(die, area_mm2=float(areas[i])),), memory_gb=float(capacities[i]))
        assert float(family.total[i]) == pytest.approx(float(unit_cost_usd(one, float(volumes[i]), DAY).total))


def test_an_n3_programme_costs_what_its_parts_do() -> None:
    """Headline design 581, masks 30 and one respin's masks 30 million: 6.4 thousand a chip at 100,000."""
    one = replace(CHIP, dies=(Die(name="c", node="n3", area_mm2=600.0),))
    assert float(nre_usd(one, Middle(cost_inputs(), DAY))) == pytest.approx(641e6)
    per_chip = [float(unit_cost_usd(one, volume, DAY).nre) for volume in (1e5, 3e5, 1e6)]
    assert per_chip == pytest.approx([6410, 2137, 641], abs=1)


def test_a_module_that_another_chip_paid_for_is_cheaper_and_copies_are_free_to_design() -> None:
    def nre(design: Design) -> float:
        return float(unit_cost_usd(design, 1e5, DAY).nre)

    compute, io = CHIP.dies
    reused = replace(CHIP, dies=(compute, replace(io, reused=True)))
    shared = replace(CHIP, dies=(compute, replace(io, elsewhere=3e5)))
    assert nre(reused) < nre(shared) < nre(CHIP)
    assert nre(replace(CHIP, dies=(replace(compute, count=4), io))) == nre(CHIP)
    assert nre(replace(CHIP, replicated=True)) < nre(CHIP)
    assert nre(replace(CHIP, seller="merchant")) == 0


def test_a_package_is_never_cheaper_than_what_it_is_made_of() -> None:
    cheap = cost_inputs().replaced(cowos_s_package_cost_1die=1.0)
    assert unit_cost_usd(CHIP, day=DAY, inputs=cheap).package > 100
    rationed = replace(CHIP, packaging_premium=0.2)
    assert unit_cost_usd(rationed, day=DAY).package == pytest.approx(unit_cost_usd(CHIP, day=DAY).package * 1.2)


def test_a_partner_takes_his_share_of_the_price() -> None:
    bill = unit_cost_usd(CHIP, day=DAY)
    assert float(bill.margin / (bill.margin + bill.made)) == pytest.approx(0.5)
    assert float(unit_cost_usd(replace(CHIP, seller="own"), day=DAY).margin) == 0


def test_a_bill_tells_every_input_with_its_source_and_the_weakest_mark() -> None:
    bill = cost(CHIP, day=DAY, draws=50)
    assert {"wafer_price_n3", "defect_density_n3", "hbm3e_price", "mask_set_n3", "board_hgx"} <= set(bill.inputs)
    assert all(len(fact.source) > 10 for fact in bill.inputs.values())
    assert bill.mark is Mark.ASSUMED


@pytest.mark.parametrize(
    ("design", "volume", "said"),
    [
        (replace(CHIP, dies=(Die(name="huge", node="n3", area_mm2=900.0),)), 1e5, "reticle limit of 858 mm2"),
        (replace(CHIP, dies=(Die(name="old", node="n28", area_mm2=90.0),)), 1e5, "no wafer price for node 'n28'"),
        (replace(CHIP, dies=(Die(name="c", node="n3", area_mm2=np.ones(3)),)), 1e5, "a bill is of one design"),
        (CHIP, 0.0, "give at least one"),
        (CHIP, float("nan"), "give at least one"),
        (replace(CHIP, memory_type="hbm9"), 1e5, "no price for memory 'hbm9'"),
        (replace(CHIP, package="shoebox"), 1e5, "no price for package 'shoebox'"),
    ],
)
def test_what_has_no_price_is_refused_in_a_sentence(design: Design, volume: float, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        cost(design, volume, DAY)


def test_a_chip_without_a_parts_list_names_those_that_have_one() -> None:
    with pytest.raises(SetupError, match="what TPU-v5p is made of; chips with a parts list: A100-PCIe"):
        bought("TPU-v5p")


@pytest.mark.parametrize("spelling", ["H100 SXM", "h100-sxm", "NVIDIA H100 SXM 80 GB", "H100"])
def test_a_chip_is_found_by_any_of_its_spellings(spelling: str) -> None:
    assert bought(spelling).name == "H100-SXM"


@pytest.mark.parametrize("name", ["hbm3_price", "yield_cluster_alpha", "respins"])
def test_draws_keep_to_the_range_of_their_fact(name: str) -> None:
    fact = cost_inputs()[name]
    found = drawn(fact, np.random.default_rng(1), 20_000)
    if fact.shape == "lognormal":
        assert np.quantile(found, (0.05, 0.5, 0.95)) == pytest.approx([fact.low, fact.value, fact.high], rel=0.01)
    else:
        assert fact.low <= found.min() and found.max() <= fact.high


def test_a_draw_does_not_depend_on_what_else_was_drawn() -> None:
    one, two = (Draws(cost_inputs(), DAY, seed=1, n=10) for _ in range(2))
    two("hbm4_price")
    assert np.array_equal(one("hbm3_price"), two("hbm3_price"))
