"""Dies on a wafer: the formula against the grid, and the price of a good one."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.catalog.cost import cost_inputs
from baseload.silicon.costing.die import gross_dies, known_good_die_usd, placed_dies, wafer_price_usd
from baseload.silicon.costing.draw import Middle


def test_the_formula_gives_the_57_6_dies_of_its_source() -> None:
    """Chiplet Actuary with 5 mm of edge and a 0.2 mm lane, 814 mm2."""
    assert float(gross_dies(814, edge_mm=5.0, scribe_mm=0.2)) == pytest.approx(57.6, abs=0.1)


def test_a_real_grid_holds_60_to_65_dies_of_a_gh100() -> None:
    """Reticle maps of an 814 mm2 die of about 26 x 31.3 mm show 60 to 65."""
    assert 60 <= placed_dies(26.0, 31.3, edge_mm=5.0, scribe_mm=0.2) <= 65


def test_a_grid_on_a_wafer_that_holds_four_holds_four() -> None:
    assert placed_dies(100.0, 100.0, diameter_mm=300.0, edge_mm=0.0, scribe_mm=0.0) == 4
    assert placed_dies(400.0, 10.0) == 0


@given(st.floats(min_value=20, max_value=800), st.floats(min_value=1.0, max_value=1.2))
def test_more_area_never_means_more_dies(area: float, factor: float) -> None:
    assert gross_dies(area * factor) <= gross_dies(area)


@pytest.mark.parametrize("side", [5.0, 10.0, 20.0])
def test_formula_and_grid_agree_within_a_tenth(side: float) -> None:
    assert float(gross_dies(side * side)) == pytest.approx(placed_dies(side, side), rel=0.1)


def test_probing_the_bad_dies_is_paid_by_the_good() -> None:
    assert float(known_good_die_usd(10_000, 100, 0.5, sort_usd_per_die=2)) == 204


def test_a_wafer_rises_by_the_announced_share_a_year_and_an_old_node_does_not() -> None:
    def price(node: str, day: date) -> float:
        return float(wafer_price_usd(node, Middle(cost_inputs(), day)))

    assert price("n5", date(2024, 1, 1)) == 16_500
    assert price("n5", date(2026, 7, 1)) == pytest.approx(16_500 * 1.07, rel=0.001)
    assert price("n7", date(2026, 7, 1)) == pytest.approx(9_700 * 1.07, rel=0.001)
    assert price("n14", date(2030, 7, 1)) == 3_984
    days = [date(2024, 1, 1), date(2026, 1, 1), date(2028, 1, 1)]
    assert np.all(np.diff([price("n3", day) for day in days]) >= 0)
