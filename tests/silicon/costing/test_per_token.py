"""Dollars per million tokens on three bases."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.catalog.cost import cost_inputs
from baseload.silicon.costing.draw import Draws, Middle
from baseload.silicon.costing.per_token import Terms, annuity, terms, usd_per_hour, usd_per_mtok, yearly_usd

PLAIN = Terms(
    life_years=5.0,
    cost_of_capital=0.0,
    network_share=0.0,
    install_share=0.0,
    opex_share=0.0,
    facility_usd_per_w=0.0,
    facility_life_years=15.0,
    pue=1.0,
    usd_per_mwh=100.0,
    utilisation=1.0,
)


def test_a_chip_worked_out_by_hand() -> None:
    """43,830 USD over 43,830 hours is a dollar an hour; 1 kW at 100 USD/MWh ten cents; 1,000 tokens/s are 3.6 Mtok."""
    found = usd_per_mtok(tokens_per_s=1000.0, busy_w=1000.0, price_usd=43_830.0, site=PLAIN)
    assert float(found.capital) == pytest.approx(1 / 3.6)
    assert float(found.marginal) == pytest.approx(0.1 / 3.6)
    assert float(found.cash) == pytest.approx(0.1 / 3.6)
    assert float(found.fully_loaded) == pytest.approx(1.1 / 3.6)
    assert float(usd_per_hour(43_830.0, 1000.0, PLAIN)) == pytest.approx(1.1)


@pytest.mark.parametrize(("rate", "years", "expected"), [(0.0, 5, 0.2), (0.08, 5, 0.25046), (0.10, 3, 0.40211)])
def test_an_annuity_is_the_textbooks(rate: float, years: float, expected: float) -> None:
    assert float(annuity(rate, years)) == pytest.approx(expected, abs=1e-5)


@given(st.floats(min_value=0, max_value=0.3), st.integers(min_value=1, max_value=20))
def test_an_annuity_repays_its_dollar(rate: float, years: int) -> None:
    paid = float(annuity(rate, years))
    assert sum(paid / (1 + rate) ** year for year in range(1, years + 1)) == pytest.approx(1)


@given(st.floats(min_value=0.05, max_value=0.9), st.floats(min_value=0, max_value=500))
def test_bases_nest_and_a_busier_chip_is_cheaper_by_the_token(use: float, idle_w: float) -> None:
    middle = Middle(cost_inputs(), date(2026, 6, 1))

    def at(utilisation: float) -> tuple[float, float, float]:
        site = terms(middle, utilisation=utilisation)
        found = usd_per_mtok(tokens_per_s=2000.0, busy_w=1000.0, idle_w=idle_w, price_usd=3e4, site=site)
        return float(found.marginal), float(found.cash), float(found.fully_loaded)

    marginal, cash, full = at(use)
    assert 0 < marginal < cash < full
    assert at(use + 0.1)[0] == pytest.approx(marginal)
    assert at(use + 0.1)[2] < full


def test_parts_add_up_to_the_year() -> None:
    site = terms(Middle(cost_inputs(), date(2026, 6, 1)))
    year = yearly_usd(3e4, 1000.0, site, idle_w=100.0)
    assert float(year.full) == pytest.approx(float(sum(year)))


def test_a_grid_and_a_cloud_of_draws_are_one_call_each() -> None:
    speeds = np.array([[500.0], [1000.0]])
    site = terms(Draws(cost_inputs(), date(2026, 6, 1), seed=1, n=100))
    found = usd_per_mtok(tokens_per_s=speeds, busy_w=1000.0, price_usd=3e4, site=site)
    assert found.fully_loaded.shape == (2, 100)
    assert np.all(found.fully_loaded[0] == pytest.approx(2 * found.fully_loaded[1]))
